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
COMPARED = frozenset({"acr", "sub"})  # with what we know: a value that is no text could only be passed over
SHOWN_BY = {"name": "profile", "email": "email", "email_verified": "email"}


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """`scopes` show what is asked for. One of `subjects` is the person meant; one of `classes` must be met.

    None says nothing; of an empty list there is nobody, and no way. Other claims are wishes that stay open (§5.5.1).
    """

    scopes: tuple[str, ...] = ()
    subjects: tuple[str, ...] | None = None
    classes: tuple[str, ...] | None = None


def read_claims_request(text: str | None) -> ClaimsRequest:
    """Raises InvalidRequestError, never quoting the input."""
    if text is None:
        return ClaimsRequest()
    asked = _parsed(text)
    wanted = [asked.get(place) or {} for place in PLACES]
    scopes = tuple(dict.fromkeys(SHOWN_BY[name] for place in wanted for name in place if name in SHOWN_BY))
    sub, acr = (wanted[1].get(name) or {} for name in ("sub", "acr"))
    return ClaimsRequest(scopes, _values(sub), _values(acr) if acr.get("essential") else None)


def _parsed(text: str) -> Mapping[str, Mapping[str, Any]]:
    try:
        asked = strict_json.loads(text.encode())
    except strict_json.JsonError as error:
        raise InvalidRequestError("claims is not acceptable JSON") from error
    if not isinstance(asked, dict) or not all(_is_place(asked.get(place)) for place in PLACES):
        raise InvalidRequestError("claims must have the shape of OpenID Connect Core 5.5")
    return asked


def _is_place(claims: object) -> bool:
    return claims is None or (isinstance(claims, dict) and all(_is_request(*one) for one in claims.items()))


def _is_request(name: str, one: object) -> bool:
    """`null`, or an object whose three members have their types (§5.5.1)."""
    if one is None:
        return True
    if not isinstance(one, dict) or not isinstance(one.get("essential", False), bool):
        return False
    return isinstance(one.get("values", []), list) and (name not in COMPARED or _is_text(one))


def _is_text(one: Mapping[str, Any]) -> bool:
    """Whether it has one of the two members at most, and text there."""
    return not {"value", "values"} <= one.keys() and all(isinstance(value, str) for value in _values(one) or ())


def _values(one: Mapping[str, Any]) -> tuple[Any, ...] | None:
    if "value" in one:
        return (one["value"],)
    return tuple(one["values"]) if "values" in one else None
