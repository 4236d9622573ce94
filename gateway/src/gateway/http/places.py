"""Where a person goes after signing in, when a page asked for that: one of our own, never an address from outside."""

from enum import StrEnum
from urllib.parse import urlencode

LOGIN_PATH = "/login"
PASSKEYS_PATH = "/login/passkeys"


class Place(StrEnum):
    """The name in the form, and what is done there, in a person's words."""

    PASSKEYS = "passkeys"

    @property
    def path(self) -> str:
        """Its address."""
        return {Place.PASSKEYS: PASSKEYS_PATH}[self]

    @property
    def purpose(self) -> str:
        """For the page that asks to sign in again."""
        return {Place.PASSKEYS: "change your passkeys"}[self]


def place(text: str | None) -> Place | None:
    """The place of this name; None for any other text."""
    return next((one for one in Place if one == text), None)


def sign_in_again(to: Place) -> str:
    """The sign-in page that leads there."""
    return f"{LOGIN_PATH}?{urlencode({'to': to})}"
