"""Bodies of the VC-API, read by hand: whatever is wrong with one is a 400 there, never a 422."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from credential_core.errors import CredentialError
from credential_core.timestamps import parse_timestamp
from issuer.core.credentials.any_credentials import MAX_NAME, AnyOrder, refused
from issuer.core.credentials.any_status import AnyStatus
from issuer.core.credentials.securing import Form
from issuer.core.model import Algorithm, Json
from service_kit.auth import Caller
from service_kit.inputs import IdempotencyKey

ISSUE_OPTIONS = frozenset({"created", "domain", "challenge", "mandatoryPointers", "credentialId"})
MAX_POINTERS = 200
MAX_TEXT = 2048


def order(body: Any, caller: Caller, *, form: str | None, key_type: str | None, key: IdempotencyKey | None) -> AnyOrder:
    """What POST /credentials/issue asks for. Raises Malformed."""
    members = _object(body, "body")
    options = _object(members.get("options", {}), "options")
    unknown = sorted(options.keys() - ISSUE_OPTIONS)
    if unknown:
        raise refused(f"options.{unknown[0][:100]}", f"is not one of {', '.join(sorted(ISSUE_OPTIONS))}")
    return AnyOrder(
        org_id=caller.org,
        actor=caller.actor,
        document=_object(members.get("credential"), "credential"),
        form=_form(form),
        algorithm=_algorithm(key_type),
        created=_moment(options.get("created")),
        domain=_domain(options.get("domain")),
        challenge=_text(options, "challenge"),
        mandatory=_mandatory(options.get("mandatoryPointers")),
        name=_text(options, "credentialId", MAX_NAME),
        key=key,
    )


def status_command(body: Any, caller: Caller) -> AnyStatus:
    """What POST /credentials/status asks for. Raises Malformed."""
    members = _object(body, "body")
    name, status = members.get("credentialId"), members.get("status", True)
    if not isinstance(name, str) or not name or len(name) > MAX_NAME:
        raise refused("credentialId", "is the id that the credential was issued by")
    if not isinstance(status, bool):
        raise refused("status", "must be true or false")
    entry = _object(members.get("credentialStatus"), "credentialStatus")
    return AnyStatus(org_id=caller.org, actor=caller.actor, name=name, entry=entry, status=status)


def derivation(body: Any) -> tuple[Json, tuple[str, ...]]:
    """The credential to derive from, and what to show of it. Raises Malformed."""
    members = _object(body, "body")
    options = _object(members.get("options", {}), "options")
    pointers = _pointers(options.get("selectivePointers"), "options.selectivePointers")
    return _object(members.get("verifiableCredential"), "verifiableCredential"), pointers


def _object(value: Any, field: str) -> Json:
    if not isinstance(value, dict):
        raise refused(field, "must be a JSON object")
    return value


def _form(name: str | None) -> Form | None:
    try:
        return None if name is None else Form(name)
    except ValueError:
        raise refused("path", f"ways to secure a credential are {', '.join(Form)}") from None


def _algorithm(name: str | None) -> Algorithm | None:
    found = next((known for known in get_args(Algorithm) if known == name), None)
    if name is not None and found is None:
        raise refused("keyType", f"kinds of keys are {', '.join(get_args(Algorithm))}")
    return found


def _moment(value: Any) -> datetime | None:
    try:
        return None if value is None else parse_timestamp(value)
    except CredentialError as error:
        raise refused("options.created", error.detail) from error


def _domain(value: Any) -> str | tuple[str, ...] | None:
    several = value if isinstance(value, list) else [value]
    if value is not None and not (
        several and all(isinstance(one, str) and 0 < len(one) <= MAX_TEXT for one in several)
    ):
        raise refused("options.domain", "must be a string, or a list of strings")
    return tuple(several) if isinstance(value, list) else value


def _text(options: Mapping[str, Any], name: str, longest: int = MAX_TEXT) -> str | None:
    value = options.get(name)
    if value is not None and (not isinstance(value, str) or not 0 < len(value) <= longest):
        raise refused(f"options.{name}", f"must be a string of at most {longest} characters")
    return value


def _mandatory(value: Any) -> tuple[str, ...] | None:
    return None if value is None else _pointers(value, "options.mandatoryPointers")


def _pointers(value: Any, field: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_POINTERS:
        raise refused(field, f"must be a list of at most {MAX_POINTERS} JSON pointers")
    if not all(isinstance(pointer, str) and len(pointer) <= MAX_TEXT for pointer in value):
        raise refused(field, "must be JSON pointers (RFC 6901)")
    return tuple(value)
