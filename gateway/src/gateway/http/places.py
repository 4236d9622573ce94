"""Addresses of the pages for people, and where one goes after signing in when a page asked for that.

A place is one of our own, never an address from outside.
"""

from enum import StrEnum
from urllib.parse import urlencode

from gateway.oauth.form import Form

LOGIN_PATH = "/login"
PASSKEYS_PATH = "/login/passkeys"
ADDRESS_PATH = "/login/address"
ORGANIZATION_PATH = "/login/organization"
FORGOTTEN_PATH = "/login/forgotten"
SIGN_UP_PATH = "/login/sign-up"
LEAVE_PATH = "/login/leave"
MEMBERSHIP_PATH = "/login/sign-up/membership"


class Place(StrEnum):
    """The name in the form."""

    PASSKEYS = "passkeys"
    ADDRESS = "address"
    ORGANIZATION = "organization"

    @property
    def path(self) -> str:
        """Its address."""
        return _PLACES[self][0]

    @property
    def purpose(self) -> str:
        """What is done there, for the page that asks to sign in again."""
        return _PLACES[self][1]


_PLACES = {
    Place.PASSKEYS: (PASSKEYS_PATH, "change your passkeys"),
    Place.ADDRESS: (ADDRESS_PATH, "change your e-mail address"),
    Place.ORGANIZATION: (ORGANIZATION_PATH, "act for your organization"),
}


def place(text: str | None) -> Place | None:
    """The place of this name; None for any other text."""
    return next((one for one in Place if one == text), None)


def with_request(path: str, handle: str | None) -> str:
    """A page of ours that knows of a request that waits, or of none."""
    return f"{path}?{urlencode({'request': handle})}" if handle else path


def sign_in_again(to: Place) -> str:
    """The sign-in page that leads there."""
    return f"{LOGIN_PATH}?{urlencode({'to': to})}"


def as_get(path: str, form: Form) -> str:
    """The same request by GET: browsers send no cookies with a POST from another site, and would seem signed out."""
    return f"{path}?{urlencode([*form.fields.items(), *(('resource', one) for one in form.resources)])}"
