"""Mail is sent at least once, by a real SMTP server, and never stands readable in the database or a log."""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import structlog
from pydantic import SecretStr
from sqlalchemy import func, select

from gateway.adapters.housekeeping import sweep
from gateway.adapters.mail import DirectoryMailer, SmtpMailer
from gateway.adapters.people_tables import MAILS
from gateway.adapters.sending import Sending
from gateway.core.mail import Mail, MailId, MailRefused, MailUnavailable
from gateway.core.send_mail import Outcome, pause
from gateway.main import post_office
from gateway.settings import GatewaySettings, MailSettings
from tests.gateway.post_office import (
    SENDER,
    Mailbox,
    PostOffice,
    knows,
    mail_settings,
    open_post_office,
    server_context,
    smtp_server,
    text_of,
)
from tools.certificates import Certificate, localhost

pytestmark = [pytest.mark.db, pytest.mark.asyncio]
ADA = "ada@lakeside.example"
LINK = f"http://localhost:8080/login/password?token=laurel_reset_{'x' * 43}"
MAIL = Mail(ADA, "Grüße von Östra", f"Ein Wort über Umlaute:\n\n{LINK}\n")
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def clock() -> datetime:
    return NOW


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with smtp_server(Mailbox()) as found:
        yield found


@pytest_asyncio.fixture
async def office(gateway_settings: GatewaySettings, mailbox: Mailbox) -> AsyncIterator[PostOffice]:
    async with open_post_office(gateway_settings, mailbox, mail_settings(mailbox.port)) as found:
        yield found


async def put(office: PostOffice, mail: Mail = MAIL, **until: float) -> None:
    post = post_office(office.gateway.settings, office.gateway.clock)
    async with office.gateway.unit_of_work() as work:
        await post.put(work, mail, office.gateway.clock() + timedelta(**until) if until else None)
        await work.commit()


async def waiting(office: PostOffice) -> int:
    async with office.gateway.unit_of_work() as work:
        return await work.session.scalar(select(func.count()).select_from(MAILS)) or 0


def outcomes(attempts: list[Any]) -> list[tuple[int, Outcome]]:
    return [(one.number, one.outcome) for one in attempts]


class TestTheBox:
    async def test_a_mail_arrives_as_it_was_written(self, office: PostOffice) -> None:
        await put(office)
        assert outcomes(await office.deliver()) == [(1, Outcome.SENT)]
        (made,), (envelope,) = office.mailbox.messages, office.mailbox.envelopes
        assert (made["From"], made["To"], made["Subject"]) == (f"Laurel <{SENDER}>", ADA, MAIL.subject)
        assert made["Auto-Submitted"] == "auto-generated"
        assert text_of(made) == MAIL.text
        assert (envelope.mail_from, envelope.rcpt_tos) == (SENDER, [ADA])
        assert await waiting(office) == 0
        assert await office.deliver() == []

    async def test_what_rolls_back_is_not_sent(self, office: PostOffice) -> None:
        post = post_office(office.gateway.settings, office.gateway.clock)
        async with office.gateway.unit_of_work() as work:
            await post.put(work, MAIL)
        assert await office.deliver() == []

    async def test_the_row_tells_neither_address_nor_text(self, office: PostOffice) -> None:
        await put(office)
        async with office.gateway.unit_of_work() as work:
            (row,) = (await work.session.execute(select(MAILS))).mappings().all()
        shown = str(dict(row)) + bytes(row["box"]).decode("latin-1")
        for secret in (ADA, "lakeside", MAIL.subject, "laurel_reset_"):
            assert secret not in shown

    async def test_a_mail_sealed_under_another_key_is_given_up(
        self, office: PostOffice, gateway_settings: GatewaySettings
    ) -> None:
        await put(office)
        async with office.gateway.unit_of_work() as work:
            await work.session.execute(MAILS.update().values(box=b"not a box of ours" * 4))
            await work.commit()
        assert outcomes(await office.deliver()) == [(1, Outcome.UNREADABLE)]
        assert await waiting(office) == 0

    async def test_a_server_that_is_busy_is_asked_again_later_and_the_mail_stays_one(self, office: PostOffice) -> None:
        await put(office)
        office.mailbox.replies = ["451 4.3.0 later"]
        assert outcomes(await office.deliver()) == [(1, Outcome.PUT_OFF)]
        office.gateway.clock.forward(seconds=5)
        assert outcomes(await office.deliver()) == [(2, Outcome.SENT)]
        assert len(office.mailbox.messages) == 1

    async def test_a_server_that_is_away_is_asked_ever_less_often(self, office: PostOffice) -> None:
        async def away(name: MailId, mail: Mail) -> None:
            raise MailUnavailable("ConnectionRefusedError")

        await put(office)
        for number in range(1, 4):
            assert outcomes(await office.deliver(away)) == [(number, Outcome.PUT_OFF)]
            office.gateway.clock.forward(seconds=5 * 2 ** (number - 1) - 1)
            assert await office.deliver(away) == []
            office.gateway.clock.forward(seconds=1)
        assert [pause(number) for number in (1, 2, 8, 9, 500)] == [
            timedelta(seconds=5),
            timedelta(seconds=10),
            timedelta(seconds=640),
            timedelta(minutes=15),
            timedelta(minutes=15),
        ]

    async def test_an_address_that_the_server_refuses_is_given_up(self, office: PostOffice) -> None:
        await put(office)
        office.mailbox.replies = ["550 5.1.1 no such person"]
        (attempt,) = await office.deliver()
        assert (attempt.outcome, attempt.reason) == (Outcome.REFUSED, "SMTPDataError 550")
        assert await waiting(office) == 0

    async def test_after_its_end_a_mail_is_not_sent(self, office: PostOffice) -> None:
        await put(office, minutes=30)
        office.gateway.clock.forward(minutes=30)
        assert outcomes(await office.deliver()) == [(1, Outcome.EXPIRED)]
        assert office.mailbox.messages == []
        await put(office, minutes=30)
        office.gateway.clock.forward(minutes=36)
        await sweep(office.gateway.database, office.gateway.clock)
        assert await waiting(office) == 0

    async def test_a_process_that_dies_with_a_mail_delays_it_by_two_minutes(self, office: PostOffice) -> None:
        async def dies(name: MailId, mail: Mail) -> None:
            raise KeyboardInterrupt

        await put(office)
        with pytest.raises(KeyboardInterrupt):
            await office.sender(dies)()
        assert await office.deliver() == []
        office.gateway.clock.forward(minutes=2)
        assert outcomes(await office.deliver()) == [(2, Outcome.SENT)]

    async def test_of_many_senders_each_takes_another_mail(self, office: PostOffice) -> None:
        for number in range(12):
            await put(office, Mail(f"{number}@lakeside.example", "x", "x"))
        senders = [office.sender() for _ in range(4)]
        found = await asyncio.gather(*(sender() for sender in senders * 3))
        assert len({one.mail for one in found if one}) == len(office.mailbox.messages)
        await office.deliver()
        assert sorted(str(one["To"]) for one in office.mailbox.messages) == sorted(
            f"{number}@lakeside.example" for number in range(12)
        )

    async def test_no_transaction_is_open_while_a_mail_travels(self, office: PostOffice) -> None:
        opened: list[int] = []

        async def looks(name: MailId, mail: Mail) -> None:
            pool: Any = office.gateway.database.engine.pool
            opened.append(pool.checkedout())

        await put(office)
        await office.deliver(looks)
        assert opened == [0]

    async def test_the_task_sends_and_says_so_without_an_address(
        self, office: PostOffice, caplog: pytest.LogCaptureFixture
    ) -> None:
        stop = asyncio.Event()
        await put(office)
        with structlog.testing.capture_logs() as lines, caplog.at_level(logging.DEBUG):
            async with asyncio.timeout(10), asyncio.TaskGroup() as group:
                group.create_task(Sending(office.sender()).run(stop))
                while await waiting(office):
                    await asyncio.sleep(0)
                stop.set()
        (line,) = [one for one in lines if one["event"] == "mail"]
        assert (line["outcome"], line["attempt"]) == (Outcome.SENT, 1)
        ours = str(lines) + "".join(one.getMessage() for one in caplog.records if one.name != "mail.log")  # aiosmtpd's
        for secret in (ADA, "lakeside", "laurel_reset_"):
            assert secret not in ours


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return localhost(tmp_path_factory.mktemp("tls"))


class TestTheServer:
    def mailer(self, url: str, ca_file: Path | None = None, timeout_s: float = 5) -> SmtpMailer:
        settings = MailSettings(url=SecretStr(url), sender=SENDER)
        return SmtpMailer(settings.server(), sender=SENDER, timeout_s=timeout_s, clock=clock, ca_file=ca_file)

    async def test_starttls_with_a_password(self, certificate: Certificate) -> None:
        context = server_context(certificate.chain, certificate.private_key)
        options = {"authenticator": knows("laurel", "p@ss/word"), "auth_required": True, "require_starttls": True}
        with smtp_server(Mailbox(), tls_context=context, **options) as mailbox:
            good = self.mailer(f"smtp://laurel:p%40ss%2Fword@localhost:{mailbox.port}", certificate.authority)
            await good(MailId("m1"), MAIL)
            for wrong in ("laurel:wrong@", "other:p%40ss%2Fword@", ""):
                refused = self.mailer(f"smtp://{wrong}localhost:{mailbox.port}", certificate.authority)
                with pytest.raises(MailUnavailable):
                    await refused(MailId("m2"), MAIL)
            assert [one["Message-ID"] for one in mailbox.messages] == ["<m1@laurel.example>"]

    async def test_tls_from_the_first_byte(self, certificate: Certificate) -> None:
        context = server_context(certificate.chain, certificate.private_key)
        with smtp_server(Mailbox(), ssl_context=context) as mailbox:
            await self.mailer(f"smtps://localhost:{mailbox.port}", certificate.authority)(MailId("m1"), MAIL)
            assert len(mailbox.messages) == 1

    async def test_a_certificate_of_a_stranger_gets_no_mail(self, certificate: Certificate) -> None:
        context = server_context(certificate.chain, certificate.private_key)
        with smtp_server(Mailbox(), tls_context=context) as mailbox:
            with pytest.raises(MailUnavailable):
                await self.mailer(f"smtp://localhost:{mailbox.port}")(MailId("m1"), MAIL)
            assert mailbox.messages == []

    async def test_a_server_without_starttls_gets_no_mail(self, mailbox: Mailbox) -> None:
        with pytest.raises(MailUnavailable):
            await self.mailer(f"smtp://127.0.0.1:{mailbox.port}")(MailId("m1"), MAIL)
        assert mailbox.messages == []

    async def test_a_server_that_says_nothing_is_left(self) -> None:
        async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await hung_up.wait()
            writer.close()

        hung_up = asyncio.Event()
        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(MailUnavailable):
                await self.mailer(f"smtp+plain://127.0.0.1:{port}", timeout_s=0.2)(MailId("m1"), MAIL)
            hung_up.set()

    async def test_a_server_that_is_not_there(self) -> None:
        with pytest.raises(MailUnavailable):
            await self.mailer("smtp+plain://127.0.0.1:1")(MailId("m1"), MAIL)

    @pytest.mark.parametrize(
        "address",
        ["a,b@x.example", "a b@x.example", "<a@x.example>", "a@x.example>,<b@y.example", "ä@x.example", "@", ""],
    )
    async def test_an_address_that_no_header_takes_is_refused(self, mailbox: Mailbox, address: str) -> None:
        with pytest.raises(MailRefused):
            await self.mailer(f"smtp+plain://127.0.0.1:{mailbox.port}")(MailId("m1"), Mail(address, "x", "x"))
        assert mailbox.messages == []

    async def test_a_subject_brings_no_header_of_its_own(self, mailbox: Mailbox) -> None:
        with pytest.raises(MailRefused):
            hostile = Mail(ADA, "Hello\r\nBcc: eve@evil.example", "x")
            await self.mailer(f"smtp+plain://127.0.0.1:{mailbox.port}")(MailId("m1"), hostile)
        assert mailbox.messages == []


async def test_in_development_mail_is_files(tmp_path: Path) -> None:
    mailer = DirectoryMailer(tmp_path / "mail", clock=clock)
    await mailer(MailId("m1"), MAIL)
    (file,) = (tmp_path / "mail").iterdir()
    assert (file.name, file.parent.stat().st_mode & 0o777) == ("m1.eml", 0o700)
    read = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert (read["To"], read["Date"]) == (ADA, "Sun, 29 Nov 2026 12:00:00 +0000")
    assert LINK in file.read_text()  # whole, on one line: people take it from there
