"""The `claims` parameter (OpenID Connect Core §5.5): single claims that a program asks for, beside those of its scopes.

A claim about the person is asked for by the scope that shows it, so that the person sees it and agrees.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import InvalidRequestError

from service_kit import strict_json

MAX_LENGTH = 4096
PLACES = ("userinfo", "id_token")
SHOWN_BY = {"name": "profile", "email": "email", "email_verified": "email"}


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """`scopes` show what is asked for. `subject` is the only person meant. One of `classes` must be met.

    Other claims, and other values of these, are wishes that stay open (§5.5.1).
    """

    scopes: tuple[str, ...] = ()
    subject: str | None = None
    classes: tuple[str, ...] = ()


def read_claims_request(text: str | None) -> ClaimsRequest:
    """Raises InvalidRequestError, never quoting the input."""
    if text is None:
        return ClaimsRequest()
    asked = _parsed(text)
    wanted = [asked.get(place) or {} for place in PLACES]
    scopes = tuple(dict.fromkeys(SHOWN_BY[name] for place in wanted for name in place if name in SHOWN_BY))
    for_token = wanted[1]
    subjects, acr = _values(for_token.get("sub")), for_token.get("acr")
    is_essential = isinstance(acr, dict) and acr.get("essential") is True
    return ClaimsRequest(scopes, subjects[0] if subjects else None, _values(acr) if is_essential else ())


def _parsed(text: str) -> Mapping[str, Mapping[str, Any]]:
    try:
        asked = strict_json.loads(text.encode())
    except strict_json.JsonError as error:
        raise InvalidRequestError("claims is not acceptable JSON") from error
    if not isinstance(asked, dict) or not all(_is_place(asked.get(place)) for place in PLACES):
        raise InvalidRequestError("claims must have the shape of OpenID Connect Core 5.5")
    return asked


def _is_place(claims: object) -> bool:
    return claims is None or (isinstance(claims, dict) and all(_is_request(one) for one in claims.values()))


def _is_request(one: object) -> bool:
    """`null`, or an object whose three members have their types (§5.5.1)."""
    if one is None:
        return True
    if not isinstance(one, dict) or not isinstance(one.get("essential", False), bool):
        return False
    return isinstance(one.get("values", []), list)


def _values(one: Mapping[str, Any] | None) -> tuple[str, ...]:
    given = one or {}
    found = [given["value"]] if "value" in given else given.get("values", [])
    return tuple(value for value in found if isinstance(value, str))
