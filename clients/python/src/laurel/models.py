"""What the API speaks of. Members that this client does not know are kept in `json`: the API only ever adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Self, TypeVar

from laurel.advice import advice
from laurel.errors import UnexpectedAnswer

Json = dict[str, Any]
Verdict = Literal["valid", "invalid", "indeterminate"]
Outcome = Literal["passed", "failed", "unknown", "skipped"]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who receives a credential: exactly one of `email`, `did`, or `identifier` with `identifier_type`.

    `email` and `identifier` stand in the credential as a salted hash unless `plaintext`; `name` always in plain text.
    """

    email: str | None = None
    did: str | None = None
    identifier: str | None = None
    identifier_type: str | None = None
    name: str | None = None
    plaintext: bool = False

    def to_json(self) -> Json:
        """As a request has it."""
        members = {
            "email": self.email,
            "did": self.did,
            "identifier": self.identifier,
            "identifierType": self.identifier_type,
            "name": self.name,
            "plaintext": self.plaintext or None,
        }
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Achievement:
    """What can be earned: the published version, or the draft to its owner."""

    id: str
    name: str
    status: str
    json: Json = field(repr=False)

    @classmethod
    def from_json(cls, body: Json) -> Self:
        """Read an answer. UnexpectedAnswer if it is none."""
        return cls(_of(body, "id", str), _of(body, "name", str), _of(body, "status", str), body)


@dataclass(frozen=True, slots=True)
class Issuer:
    """A profile that signs. `id` is its DID."""

    id: str
    slug: str
    name: str
    json: Json = field(repr=False)

    @classmethod
    def from_json(cls, body: Json) -> Self:
        """Read an answer. UnexpectedAnswer if it is none."""
        return cls(_of(body, "id", str), _of(body, "slug", str), _of(body, "name", str), body)


@dataclass(frozen=True, slots=True)
class Key:
    """What an issuer signs with. `id` is its verification method, `key_id` what it is called in requests.

    `state` is published, active, retiring, retired or revoked, `since` when it became so.
    """

    id: str
    key_id: str
    algorithm: str
    purpose: str
    state: str
    since: datetime
    json: Json = field(repr=False)

    @classmethod
    def from_json(cls, body: Json) -> Self:
        """Read an answer. UnexpectedAnswer if it is none."""
        return cls(
            id=_of(body, "id", str),
            key_id=_of(body, "keyId", str),
            algorithm=_of(body, "algorithm", str),
            purpose=_of(body, "purpose", str),
            state=_of(body, "state", str),
            since=moment(body.get("since")),
            json=body,
        )


@dataclass(frozen=True, slots=True)
class IssuedCredential:
    """A credential that was just signed; `document` is what the learner gets."""

    id: str
    document: Json = field(repr=False)

    @classmethod
    def from_json(cls, body: Json) -> Self:
        """Read an answer. UnexpectedAnswer if it is none."""
        return cls(_of(body, "id", str), _of(body, "credential", dict))


@dataclass(frozen=True, slots=True)
class CredentialSummary:
    """A credential in a list."""

    id: str
    status: str
    achievement: str
    issued_at: datetime
    json: Json = field(repr=False)

    @classmethod
    def from_json(cls, body: Json) -> Self:
        """Read an answer. UnexpectedAnswer if it is none."""
        return cls(
            _of(body, "id", str),
            _of(body, "status", str),
            _of(body, "achievement", str),
            moment(body.get("issuedAt")),
            body,
        )


@dataclass(frozen=True, slots=True)
class Credential(CredentialSummary):
    """A credential to its owner: the document, and every step of its life."""

    @property
    def document(self) -> Json:
        """The signed credential."""
        return _of(self.json, "credential", dict)

    @property
    def history(self) -> Sequence[Json]:
        """The steps, the issuing first: {status, at, actor, reason, revision}."""
        return tuple(_of(self.json, "history", list))


@dataclass(frozen=True, slots=True)
class Stack:
    """What was awarded for a completed pathway, or waits for approval. `credential` is what was issued for it."""

    id: str
    status: str
    pathway: str
    credential: str | None
    json: Json = field(repr=False)

    @classmethod
    def from_json(cls, body: Json) -> Self:
        """Read an answer. UnexpectedAnswer if it is none."""
        credential = None if body.get("credential") is None else _of(body, "credential", str)
        return cls(_of(body, "id", str), _of(body, "status", str), _of(body, "pathway", str), credential, body)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two institutions agreed, or one proposed. `digest` is what is signed, of the document in `json`."""

    id: str
    status: str
    version: int
    digest: str
    json: Json = field(repr=False)

    @classmethod
    def from_json(cls, body: Json) -> Self:
        """Read an answer. UnexpectedAnswer if it is none."""
        version = _of(body, "version", int)
        return cls(_of(body, "id", str), _of(body, "status", str), version, _of(body, "digest", str), body)


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a learner brought, and what was decided. `credential` was awarded; `reasons` are codes of why not."""

    id: str
    status: str
    programme: str
    credential: str | None
    reasons: tuple[str, ...]
    json: Json = field(repr=False)

    @classmethod
    def from_json(cls, body: Json) -> Self:
        """Read an answer. UnexpectedAnswer if it is none."""
        credential = None if body.get("credential") is None else _of(body, "credential", str)
        reasons = tuple(_of(reason, "code", str) for reason in _of(body, "reasons", list))
        status, programme = _of(body, "status", str), _of(body, "programme", str)
        return cls(_of(body, "id", str), status, programme, credential, reasons, body)


@dataclass(frozen=True, slots=True)
class SandboxCase:
    """A credential that fails on purpose, and what a verifier says of it. `code` is None if it is valid."""

    name: str
    verdict: str
    code: str | None
    how: str
    json: Json = field(repr=False)

    @classmethod
    def from_json(cls, body: Json) -> Self:
        """Read an item of the list. UnexpectedAnswer if it is none."""
        code = None if body.get("code") is None else _of(body, "code", str)
        return cls(_of(body, "name", str), _of(body, "verdict", str), code, str(body.get("how", "")), body)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `code` is stable, `detail` is for people."""

    check: str
    outcome: Outcome
    code: str
    detail: str
    source: str | None

    @classmethod
    def from_json(cls, body: Json) -> Self:
        """Read a part of an answer. UnexpectedAnswer if it is none."""
        source = body.get("source")
        return cls(
            _of(body, "check", str),
            _of(body, "outcome", str),  # type: ignore[arg-type]  # a new outcome is the reader's to handle
            _of(body, "code", str),
            str(body.get("detail", "")),
            None if source is None else str(source),
        )

    @property
    def advice(self) -> str:
        """What whoever was shown the credential does about it, in a sentence; empty if there is nothing to be done."""
        return advice(self.check, self.outcome, self.code)


@dataclass(frozen=True, slots=True)
class Verification:
    """A verdict with its reasons. `credential` is the credential's own words, None when it cannot be read."""

    id: str
    verdict: Verdict
    checks: tuple[Check, ...]
    credential: Json | None
    json: Json = field(repr=False)

    @classmethod
    def from_json(cls, body: Json) -> Self:
        """Read an answer. UnexpectedAnswer if it is none."""
        credential = body.get("credential")
        return cls(
            _of(body, "id", str),
            _of(body, "verdict", str),  # type: ignore[arg-type]  # a new verdict is the reader's to handle
            tuple(Check.from_json(check) for check in _of(body, "checks", list)),
            credential if isinstance(credential, dict) else None,
            body,
        )

    @property
    def reasons(self) -> tuple[Check, ...]:
        """The checks that keep it from being valid; those that failed before those that are in doubt."""
        failed = [check for check in self.checks if check.outcome == "failed"]
        return (*failed, *(check for check in self.checks if check.outcome == "unknown"))


def moment(text: object) -> datetime:
    """An aware datetime. UnexpectedAnswer for anything but an RFC 3339 timestamp."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        raise UnexpectedAnswer(f"{text!r} is no timestamp") from None
    if found.tzinfo is None:
        raise UnexpectedAnswer(f"{text!r} has no offset")
    return found


def _of(body: Mapping[str, Any], name: str, kind: type[_T]) -> _T:
    value = body.get(name)
    if not isinstance(value, kind):
        raise UnexpectedAnswer(f"an answer's {name!r} is missing, or no {kind.__name__}")
    return value
