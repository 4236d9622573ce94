"""The part of the composition root that builds use cases by what the routes call. See gateway.main."""

from dataclasses import dataclass

from gateway.adapters.mail import DirectoryMailer, SmtpMailer
from gateway.core.accept_invitation import AcceptInvitation
from gateway.core.confirm_address import ConfirmAddress
from gateway.core.invitations import Invitations
from gateway.core.learners import Learners
from gateway.core.mail import Send
from gateway.core.members import Members
from gateway.core.passkey import Ceremonies
from gateway.core.passkeys import Passkeys
from gateway.core.ports import NewUnitOfWork, Passwords
from gateway.core.post import Post
from gateway.core.queries import Queries
from gateway.core.register_client import RegisterClient, SecretReceipts
from gateway.core.remove_client import RemoveClient
from gateway.core.reset_password import ResetPassword
from gateway.core.rotate_secret import RotateSecret
from gateway.core.sessions import Sessions
from gateway.core.sign_in import SignIn
from gateway.core.sign_in_with_passkey import SignInWithPasskey
from gateway.core.sign_up import SignUp
from gateway.core.update_client import UpdateClient
from gateway.http import clients, members
from gateway.http.browser import Browsers
from gateway.http.login import LoginUses, RunServer
from gateway.settings import GatewaySettings
from service_kit.clock import Clock
from service_kit.ids import new_id
from service_kit.logs import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class AccountUses:
    """What the pages of an account call, beside signing in."""

    accept: AcceptInvitation
    passkeys: Passkeys
    confirm: ConfirmAddress
    reset: ResetPassword
    sign_up: SignUp


def client_uses(unit_of_work: NewUnitOfWork, receipts: SecretReceipts, clock: Clock) -> clients.ClientUses:
    """What the routes about clients call."""
    return clients.ClientUses(
        register=RegisterClient(unit_of_work=unit_of_work, receipts=receipts, clock=clock, ids=new_id),
        update=UpdateClient(unit_of_work=unit_of_work, clock=clock),
        rotate_secret=RotateSecret(unit_of_work=unit_of_work, receipts=receipts, clock=clock),
        remove=RemoveClient(unit_of_work=unit_of_work, clock=clock),
        queries=Queries(unit_of_work=unit_of_work),
    )


def member_uses(unit_of_work: NewUnitOfWork, receipts: SecretReceipts, post: Post, clock: Clock) -> members.MemberUses:
    """What the routes about members call."""
    return members.MemberUses(
        members=Members(unit_of_work=unit_of_work, clock=clock),
        invitations=Invitations(unit_of_work=unit_of_work, receipts=receipts, post=post, clock=clock, ids=new_id),
    )


def login_uses(
    settings: GatewaySettings,
    unit_of_work: NewUnitOfWork,
    run: RunServer,
    clock: Clock,
    *,
    ceremonies: Ceremonies,
    passwords: Passwords,
) -> LoginUses:
    """What the pages for people call."""
    return LoginUses(
        run=run,
        sign_in=SignIn(
            unit_of_work=unit_of_work,
            passwords=passwords,
            clock=clock,
            pepper=settings.secret_for("sign-in attempts"),
        ),
        with_passkey=SignInWithPasskey(
            unit_of_work=unit_of_work,
            ceremonies=ceremonies,
            clock=clock,
            pepper=settings.secret_for("sign-in attempts"),
        ),
        sessions=Sessions(unit_of_work=unit_of_work, clock=clock),
        browsers=Browsers(
            key=settings.secret_for("form tokens"),
            origins=settings.policy().origins,
            trusted_hops=settings.trusted_hops,
        ),
        learners=learners(settings, unit_of_work, clock),
        clock=clock,
        sends_mail=settings.mail.is_sent,
    )


def learners(settings: GatewaySettings, unit_of_work: NewUnitOfWork, clock: Clock) -> Learners:
    """Who takes people in."""
    return Learners(unit_of_work=unit_of_work, clock=clock, organization=settings.learners_organization)


def account_uses(
    settings: GatewaySettings,
    unit_of_work: NewUnitOfWork,
    clock: Clock,
    *,
    ceremonies: Ceremonies,
    passwords: Passwords,
    post: Post,
) -> AccountUses:
    """What the pages of an account call, beside signing in."""
    confirm = ConfirmAddress(unit_of_work=unit_of_work, post=post, clock=clock)
    return AccountUses(
        accept=AcceptInvitation(
            unit_of_work=unit_of_work, passwords=passwords, confirm=confirm, clock=clock, ids=new_id
        ),
        passkeys=Passkeys(unit_of_work=unit_of_work, ceremonies=ceremonies, post=post, clock=clock, ids=new_id),
        confirm=confirm,
        reset=ResetPassword(
            unit_of_work=unit_of_work,
            passwords=passwords,
            post=post,
            clock=clock,
            pepper=settings.secret_for("password resets"),
        ),
        sign_up=SignUp(
            unit_of_work=unit_of_work,
            passwords=passwords,
            post=post,
            clock=clock,
            ids=new_id,
            pepper=settings.secret_for("sign-ups"),
            learners=learners(settings, unit_of_work, clock),
        ),
    )


def mailer(settings: GatewaySettings, clock: Clock) -> Send | None:
    """Who carries mail; None where none is sent."""
    mail = settings.mail
    if mail.directory:
        log.warning("mail_goes_to_files", directory=str(mail.directory), why="development: nobody is sent anything")
        return DirectoryMailer(mail.directory, clock=clock)
    if mail.url and mail.sender:
        return SmtpMailer(
            mail.server(), sender=mail.sender, timeout_s=mail.timeout_s, clock=clock, ca_file=mail.ca_file
        )
    log.warning("mail_is_not_sent", why="no mail.url: addresses stay unconfirmed, forgotten passwords forgotten")
    return None
