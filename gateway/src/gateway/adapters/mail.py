"""Who carries mail: an SMTP server by aiosmtplib, or, in development, a directory that anybody can look into."""

import asyncio
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from pathlib import Path

import aiosmtplib

from gateway.core.mail import Mail, MailId, MailRefused, MailUnavailable
from service_kit.clock import Clock
from service_kit.offload import offload
from service_kit.tls import trusting

SENDER_NAME = "Laurel"


class Security(StrEnum):
    """TLS asked for after the greeting and needed, TLS from the first byte, or none (development only)."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in."""

    host: str
    port: int
    security: Security
    username: str | None
    password: str | None


class SmtpMailer:
    """A connection for each mail: there are few. `timeout_s` is for the whole of it."""

    def __init__(
        self, server: SmtpServer, *, sender: str, timeout_s: float, clock: Clock, ca_file: Path | None = None
    ) -> None:
        self._server = server
        self._sender = sender
        self._timeout_s = timeout_s
        self._clock = clock
        self._tls = trusting(ca_file)

    async def __call__(self, name: MailId, mail: Mail) -> None:
        """Raises MailRefused or MailUnavailable, never quoting the server: it may quote the address."""
        made = message(name, mail, self._sender, self._clock)
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._hand_in(made, mail.recipient)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _judged(error.recipients[0]) from error
        except (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError) as error:
            raise _judged(error) from error
        except aiosmtplib.SMTPNotSupported as error:  # an address in other letters than ASCII's
            raise MailRefused(type(error).__name__) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise MailUnavailable(type(error).__name__) from error

    async def _hand_in(self, made: EmailMessage, recipient: str) -> None:
        server, security = self._server, self._server.security
        await aiosmtplib.send(
            made,
            sender=self._sender,
            recipients=[recipient],
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            local_hostname=_domain(self._sender),
            timeout=self._timeout_s,
            use_tls=security is Security.TLS,
            start_tls=security is Security.STARTTLS,
            tls_context=self._tls if security is not Security.NONE else None,
        )


class DirectoryMailer:
    """Files `<id>.eml` in a directory, which is made. Whoever reads them becomes whoever they are for."""

    def __init__(self, directory: Path, *, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock

    async def __call__(self, name: MailId, mail: Mail) -> None:
        """Raises MailRefused or MailUnavailable."""
        made = message(name, mail, "laurel@localhost", self._clock, encoding="8bit")  # people take links from the file
        try:
            await offload(self._write, self._directory / f"{name}.eml", made.as_bytes())
        except OSError as error:
            raise MailUnavailable(type(error).__name__) from error

    def _write(self, path: Path, body: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_suffix(".part")
        part.write_bytes(body)
        part.replace(path)


def message(name: MailId, mail: Mail, sender: str, clock: Clock, *, encoding: str | None = None) -> EmailMessage:
    """The message of RFC 5322. Raises MailRefused for an address that is none."""
    made = EmailMessage(policy=SMTP)
    try:
        made["From"] = Address(SENDER_NAME, addr_spec=sender)
        made["To"] = Address(addr_spec=mail.recipient)
        made["Subject"] = mail.subject
    except (MessageError, ValueError, IndexError) as error:
        raise MailRefused("not an address") from error
    made["Date"] = format_datetime(clock())
    made["Message-ID"] = f"<{name}@{_domain(sender)}>"  # the same at every attempt, so that readers see it once
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody answers it by machine
    made.set_content(mail.text, cte=encoding)
    return made


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _judged(error: aiosmtplib.SMTPResponseException) -> MailRefused | MailUnavailable:
    """A reply of 5yz is for ever, one of 4yz for now (RFC 5321 §4.2.1)."""
    reason = f"{type(error).__name__} {error.code}"
    return MailRefused(reason) if error.code >= 500 else MailUnavailable(reason)
