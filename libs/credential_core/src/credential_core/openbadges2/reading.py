"""An assertion and the chain it hangs on: assertion, badge class, issuer profile, key, revocation list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from credential_core.jose.jws import Jws
from credential_core.json_input import parse
from credential_core.verify.inputs import Resolution

HOSTED: Final = frozenset({"HostedBadge", "hosted"})
SIGNED: Final = frozenset({"SignedBadge", "signed"})


@dataclass(frozen=True, slots=True)
class Badge:
    """An assertion as it was received: JSON, or the payload of `jws`. Nothing of it is verified."""

    assertion: Mapping[str, Any]
    jws: Jws | None = None


def read_badge(body: bytes | str | Mapping[str, Any]) -> Badge:
    """An assertion from JSON or from a compact JWS. CredentialError if it is neither, or over the budgets."""
    if isinstance(body, Mapping):
        return Badge(parse(body))
    text = body.decode("utf-8", "replace").strip() if isinstance(body, bytes) else body
    if not isinstance(text, str) or text.lstrip().startswith("{"):
        return Badge(parse(body))
    jws = Jws.parse(text.strip())
    return Badge(jws.claims, jws)


@dataclass(frozen=True, slots=True)
class Chain:
    """The documents of one badge, as far as they are here. A name without its document still has to be fetched."""

    documents: Mapping[str, Resolution]
    badge: Badge

    @property
    def assertion_id(self) -> str | None:
        """The address of a hosted assertion."""
        return _text(self.badge.assertion.get("id"))

    @property
    def kind(self) -> str:
        """The verification type that the assertion claims."""
        verification = self.badge.assertion.get("verification", self.badge.assertion.get("verify"))
        return _text(verification.get("type") if isinstance(verification, Mapping) else None) or ""

    @property
    def badge_class(self) -> Mapping[str, Any] | None:
        """The badge class: embedded (then the assertion vouches for it), or fetched from its id."""
        return self._embedded_or_fetched(self.badge.assertion.get("badge"))

    @property
    def issuer_id(self) -> str | None:
        """The issuer that the badge class names."""
        return _reference(self.badge_class.get("issuer")) if self.badge_class is not None else None

    @property
    def issuer(self) -> Mapping[str, Any] | None:
        """The issuer's profile, always from its own address: whoever embeds one could put in a key of their own."""
        return self.fetched(self.issuer_id)

    @property
    def key_id(self) -> str | None:
        """The key of a signed assertion: `verification.creator`, else the only key of the issuer."""
        verification = self.badge.assertion.get("verification")
        creator = _text(verification.get("creator")) if isinstance(verification, Mapping) else None
        listed = self.issuer_keys
        return creator or (listed[0] if len(listed) == 1 else None)

    @property
    def issuer_keys(self) -> list[str]:
        """The ids of the keys in the issuer's profile."""
        listed = self.issuer.get("publicKey") if self.issuer is not None else None
        return [name for item in as_list(listed) if (name := _reference(item)) is not None]

    @property
    def key(self) -> Mapping[str, Any] | None:
        """The CryptographicKey, from the issuer's profile or from its address."""
        listed = as_list(self.issuer.get("publicKey")) if self.issuer is not None else []
        for item in listed:
            if isinstance(item, Mapping) and item.get("id") == self.key_id and "publicKeyPem" in item:
                return item
        return self.fetched(self.key_id)

    @property
    def revocations_id(self) -> str | None:
        """The address of the issuer's revocation list, if it has one."""
        return _reference(self.issuer.get("revocationList")) if self.issuer is not None else None

    def fetched(self, name: str | None) -> Mapping[str, Any] | None:
        """A document by its address, if it came and says that it is the one."""
        found = self.documents.get(name) if name is not None else None
        return found if isinstance(found, Mapping) and found.get("id") == name else None

    def missing(self) -> Iterator[str]:
        """The addresses to fetch next."""
        wanted: list[str | None] = [self.assertion_id] if self.kind in HOSTED else []
        if self.badge_class is None:
            wanted.append(_reference(self.badge.assertion.get("badge")))
        wanted.append(self.issuer_id)
        if self.kind in SIGNED:
            wanted += [self.key_id if self.issuer is not None and self.key is None else None, self.revocations_id]
        for name in dict.fromkeys(wanted):
            if name is not None and name not in self.documents and name.startswith(("https://", "http://")):
                yield name

    def _embedded_or_fetched(self, value: Any) -> Mapping[str, Any] | None:
        return value if isinstance(value, Mapping) and "issuer" in value else self.fetched(_reference(value))


def badge_needs(badge: Badge, documents: Mapping[str, Resolution]) -> tuple[str, ...]:
    """What to fetch next, given what is here: call it again with the answers until it is empty (four times at most)."""
    return tuple(Chain(documents, badge).missing())


def badge_issuer(badge: Badge, documents: Mapping[str, Resolution]) -> str | None:
    """The issuer that the badge class names, if that is here."""
    return Chain(documents, badge).issuer_id


def as_list(value: Any) -> list[Any]:
    """One value or many."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _reference(value: Any) -> str | None:
    return _text(value.get("id") if isinstance(value, Mapping) else value)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
