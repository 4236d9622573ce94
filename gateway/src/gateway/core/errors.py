"""The gateway's own refusals."""

from collections.abc import Sequence

from gateway.core.model import Actor
from gateway.core.scopes import Kind, allowed
from service_kit.errors import Forbidden, Invalid, NotFound, invalid_field


def no_such_organization() -> NotFound:
    """Also for one that is out of the caller's reach."""
    return NotFound("there is no such organization")


def no_such_client() -> NotFound:
    """Also for one that is out of the caller's reach."""
    return NotFound("there is no such client")


def no_such_member() -> NotFound:
    """Also for one that is out of the caller's reach."""
    return NotFound("there is no such member")


def no_such_invitation() -> NotFound:
    """Also for one that was used, withdrawn or has expired."""
    return NotFound("there is no such invitation, or it was used, withdrawn or has expired")


def unknown_scopes(scopes: Sequence[str]) -> Invalid:
    """Some scopes exist nowhere."""
    return invalid_field("scopes", f"unknown: {' '.join(scopes)}", code="scope-not-allowed")


def scopes_beyond(kind: Kind, scopes: Sequence[str]) -> Invalid:
    """Some scopes are not for this kind of organization."""
    held = " ".join(sorted(allowed(kind)))
    detail = f"not for clients of the kind {kind}: {' '.join(scopes)}; they may hold {held}"
    return invalid_field("scopes", detail, code="scope-not-allowed")


def check_audiences(actor: Actor, audiences: Sequence[str]) -> None:
    """Raises Forbidden where others than an operator name any: they show their client every tenant's tokens."""
    if audiences and not actor.is_operator:
        raise Forbidden("only an operator names the audiences that a client answers for")
