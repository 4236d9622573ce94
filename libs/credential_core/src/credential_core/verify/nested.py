"""Documents inside a document: endorsements, the credentials of a CLR, and those of a presentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from credential_core.errors import CredentialError
from credential_core.rdfc import TOO_COSTLY
from credential_core.report import Report
from credential_core.verify.reading import parse

MAX_NESTED: Final = 100  # documents inside one document, at all depths
MAX_DEPTH: Final = 3  # a presentation of a record of records
MAX_COSTLY: Final = 4  # of them that were given up: the document around them has failed then, whatever the others are
# Where plain JSON is signed, a type may be said by its IRI.
_RECORD: Final = frozenset({"ClrCredential", "https://purl.imsglobal.org/spec/vc/clr/vocab.html#ClrCredential"})
_HOLDERS: Final = ("issuer", "credentialSubject", "achievement", "creator", "source", "parentOrg")


@dataclass(frozen=True, slots=True)
class Inner:
    """A document found inside another. `about` is the id of what bears it, which an endorsement must speak of."""

    role: str
    path: str
    body: Any
    about: str | None = None

    def read(self) -> dict[str, Any]:
        """The document. CredentialError if it cannot be read."""
        return parse(self.body if isinstance(self.body, str | Mapping) else {}, selective=True)


def endorsements_in(document: Mapping[str, Any]) -> list[Inner]:
    """Endorsements of the credential, its issuer, its achievement and the profiles there, embedded or as JWT."""
    return list(islice(_endorsements(document, ""), MAX_NESTED + 1))


def _endorsements(holder: Mapping[str, Any], path: str) -> Iterator[Inner]:
    about = holder.get("id")
    for member in ("endorsement", "endorsementJwt"):
        for index, body in enumerate(_listed(holder.get(member))):
            place = f"{path}{member}[{index}]"
            yield Inner("endorsement", place, body, about if isinstance(about, str) else None)
    for member in _HOLDERS:
        value = holder.get(member)
        for index, inner in enumerate(_listed(value)):
            if isinstance(inner, Mapping):
                yield from _endorsements(
                    inner, f"{path}{member}[{index}]." if isinstance(value, list) else f"{path}{member}."
                )


def credentials_in(document: Mapping[str, Any]) -> list[Inner]:
    """The credentials of a presentation, or those that the subjects of a CLR hold."""
    return list(islice(_credentials(document), MAX_NESTED + 1))


def _credentials(document: Mapping[str, Any]) -> Iterator[Inner]:
    for index, body in enumerate(_listed(document.get("verifiableCredential"))):
        yield Inner("credential", f"verifiableCredential[{index}]", body)
    if any(isinstance(name, str) and name in _RECORD for name in _listed(document.get("type"))):
        for subject in _listed(document.get("credentialSubject")):
            inner = subject.get("verifiableCredential") if isinstance(subject, Mapping) else None
            for index, body in enumerate(_listed(inner)):
                yield Inner("credential", f"credentialSubject.verifiableCredential[{index}]", body)


def documents_within(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All documents inside that can be read, at all depths, as many as are verified."""
    found: list[Mapping[str, Any]] = []
    level: list[Mapping[str, Any]] = [document]
    for _ in range(MAX_DEPTH):
        inner = [each for outer in level for each in (*credentials_in(outer), *endorsements_in(outer))]
        level = list(_readable(inner[: MAX_NESTED - len(found)]))
        found += level
    return found


def _readable(inner: list[Inner]) -> Iterator[Mapping[str, Any]]:
    for each in inner:
        try:
            yield each.read()
        except CredentialError:
            continue  # its report will say why


class Room:
    """How many more nested documents may be verified."""

    def __init__(self, left: int = MAX_NESTED) -> None:
        self.left = left
        self._costly: Counter[str] = Counter()

    def is_spent(self, role: str) -> bool:
        """Whether so many took all the work that there is for one that the rest is left alone.

        Each role by itself: endorsements need not decide, and take nothing away from credentials, which do.
        """
        return self._costly[role] >= MAX_COSTLY

    def spend(self, role: str, report: Report) -> None:
        """Count a document whose canonicalization was given up."""
        self._costly[role] += any(check.code == TOO_COSTLY for check in report.checks)

    def take(self, wanted: int) -> bool:
        """Whether there is room for so many; if so, it is taken."""
        if wanted > self.left:
            return False
        self.left -= wanted
        return True


def room_for(document: Mapping[str, Any]) -> Room:
    """Room for all documents inside, or for none if they are too many: which comes first must not matter."""
    count, level = 0, [document]
    for _ in range(MAX_DEPTH):
        inner = [each for outer in level for each in (*credentials_in(outer), *endorsements_in(outer))]
        count += len(inner)
        if count > MAX_NESTED:
            return Room(0)
        level = list(_readable(inner))
    return Room()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
