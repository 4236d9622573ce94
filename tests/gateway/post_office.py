"""A real SMTP server for tests, the fleet's own sender, and people who read their mail and open its links."""

from __future__ import annotations

import email
import email.policy
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from pydantic import SecretStr

from gateway.adapters.unit_of_work import SqlUnitOfWork
from gateway.core.mail import Send
from gateway.core.send_mail import Attempt, SendMail
from gateway.main import post_office
from gateway.settings import GatewaySettings, MailSettings
from gateway.uses import mailer
from tests.gateway.conftest import serving
from tests.gateway.harness import BASE, Gateway
from tools.ports import free_ports

SENDER = "no-reply@laurel.example"
LINK = re.compile(rf"{re.escape(BASE)}(/login/\S+\?token=\S+)")


@dataclass
class Mailbox:
    """What the server was handed, and what it says to the next attempts instead of taking them."""

    messages: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        if self.replies:
            return self.replies.pop(0)
        assert isinstance(envelope.content, bytes)
        made = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(made, EmailMessage)
        self.messages.append(made)
        self.envelopes.append(envelope)
        return "250 OK"

    def of(self, address: str) -> list[EmailMessage]:
        return [one for one in self.messages if one["To"] == address]

    def link(self, address: str) -> str:
        """The path and query of the link in the newest mail to this address."""
        found = LINK.search(text_of(self.of(address)[-1]))
        assert found
        return found[1]


def text_of(message: EmailMessage) -> str:
    content: str = message.get_content()
    return content.replace("\r\n", "\n")


@contextmanager
def smtp_server(mailbox: Mailbox, **options: Any) -> Iterator[Mailbox]:
    """A server on a free port, until left."""
    (mailbox.port,) = free_ports(1)
    controller = Controller(
        mailbox, hostname="127.0.0.1", port=mailbox.port, server_hostname="mail.laurel.example", **options
    )
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


def knows(username: str, password: str) -> Any:
    """An authenticator of the server for one client."""

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        known = LoginPassword(username.encode(), password.encode())
        return AuthResult(success=data == known)

    return authenticate


def server_context(chain: Any, key: Any) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)
    return context


def mail_settings(port: int, **changes: Any) -> MailSettings:
    return MailSettings(url=SecretStr(f"smtp+plain://127.0.0.1:{port}"), sender=SENDER, timeout_s=5, **changes)


@dataclass
class PostOffice:
    """A gateway that sends mail, and the server that takes it."""

    gateway: Gateway
    mailbox: Mailbox

    def sender(self, send: Send | None = None) -> SendMail:
        settings, clock = self.gateway.settings, self.gateway.clock
        carried = send or mailer(settings, clock)
        assert carried
        database = self.gateway.database
        return SendMail(
            unit_of_work=lambda: SqlUnitOfWork(database), post=post_office(settings, clock), send=carried, clock=clock
        )

    async def deliver(self, send: Send | None = None) -> list[Attempt]:
        """Send whatever is due."""
        sender, attempts = self.sender(send), []
        while attempt := await sender():
            attempts.append(attempt)
        return attempts


@asynccontextmanager
async def open_post_office(
    settings: GatewaySettings, mailbox: Mailbox, mail: MailSettings
) -> AsyncIterator[PostOffice]:
    async with serving(settings.model_copy(update={"mail": mail})) as gateway:
        yield PostOffice(gateway, mailbox)
