"""What mails say. Plain text, and nothing in it that a stranger could have written but an organization's name."""

from gateway.core.mail import Mail
from gateway.core.people import Invitation
from gateway.core.roles import Role

CONFIRM_PATH = "/login/address/confirm"
RESET_PATH = "/login/password"
INVITATION_PATH = "/login/invitations"
SIGN_UP_LINK_PATH = "/login/sign-up/account"


def confirmation(address: str, link: str) -> Mail:
    """Asks whoever has the mailbox, and the account, to say so."""
    return Mail(
        address,
        "Confirm your e-mail address",
        "Somebody, we hope you, gave this address for an account at Laurel.\n\n"
        f"To confirm it, sign in and open\n\n{link}\n\n"
        "The link is good for a day, and once. If it was not you, do nothing.\n",
    )


def address_taken(address: str) -> Mail:
    """To an address that has an account already, when another person wants to have it."""
    return Mail(
        address,
        "Your e-mail address was given for another account",
        "Somebody tried to use this address for an account at Laurel. There is one with it already,\n"
        "so nothing has changed.\n\n"
        "If it was you: sign in with the account that has this address.\n",
    )


def address_changed(address: str) -> Mail:
    """To the address that an account had until now."""
    return Mail(
        address,
        "Your account has another e-mail address",
        "Your account at Laurel has another e-mail address from now on.\n\n"
        "If it was not you, tell the operator of this Laurel at once.\n",
    )


def sign_up(address: str, organization: str, link: str) -> Mail:
    """Lets whoever has the mailbox make an account with it."""
    return Mail(
        address,
        "Make your account",
        f"Somebody, we hope you, gave this address for an account at Laurel, as a learner at {organization}.\n\n"
        f"To choose a name and a password, open\n\n{link}\n\n"
        "The link is good for a day, and once. If it was not you, do nothing: no account is made.\n",
    )


def membership(address: str, organization: str, link: str) -> Mail:
    """Lets whoever has the mailbox, and an account with it, join with that."""
    return Mail(
        address,
        "You have an account already",
        "Somebody, we hope you, wanted to make an account at Laurel with this address. There is one with it\n"
        "already.\n\n"
        f"To join {organization} as a learner with it, open\n\n{link}\n\n"
        "The link is good for a day, and once. If it was not you, do nothing: nothing has changed.\n",
    )


def account_exists(address: str) -> Mail:
    """To a learner's address, when somebody wants to make an account with it."""
    return Mail(
        address,
        "You have an account already",
        "Somebody, we hope you, wanted to make an account at Laurel with this address. There is one with it\n"
        "already, so nothing has changed.\n\n"
        "If it was you: sign in, and if you forgot the password, have a link sent there to choose another one.\n",
    )


def password_reset(address: str, link: str) -> Mail:
    """Lets whoever has the mailbox choose a password."""
    return Mail(
        address,
        "Choose a new password",
        "Somebody, we hope you, forgot the password of your account at Laurel.\n\n"
        f"To choose a new one, open\n\n{link}\n\n"
        "The link is good for half an hour, and once. It signs you out everywhere and removes your passkeys.\n"
        "If it was not you, do nothing: your password stays as it is.\n",
    )


def password_changed(address: str) -> Mail:
    """After a reset."""
    return Mail(
        address,
        "Your password was changed",
        "The password of your account at Laurel was changed by a link that was sent to this address.\n"
        "You were signed out everywhere, programs that acted for you do so no longer, and your passkeys\n"
        "were removed.\n\n"
        "If it was not you, tell the operator of this Laurel at once.\n",
    )


def passkey_added(address: str) -> Mail:
    """So that nobody else adds one in silence."""
    return Mail(
        address,
        "A passkey was added to your account",
        "A passkey was added to your account at Laurel: whoever has it can sign in as you.\n\n"
        "If it was not you, remove it on the page of your account, and have a link sent to choose a new password.\n",
    )


def invitation_mail(invitation: Invitation, link: str) -> Mail:
    """Brings an invitation to the mailbox that it is for."""
    roles = ", ".join(_spoken(role) for role in invitation.roles)
    return Mail(
        invitation.email,
        f"Join {invitation.organization_name}",
        f"{invitation.organization_name} invites you to Laurel, as {roles}.\n\nTo join, open\n\n{link}\n\n"
        "The link is good for a week, and once. If you do not know why you get this, do nothing.\n",
    )


def _spoken(role: Role) -> str:
    return role.replace("_", " ")
