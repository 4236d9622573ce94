"""From an SD-JWT's claims and disclosures to the claims they make together (RFC 9901 §7.1), or a refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from credential_core.errors import LimitError, ProofError
from credential_core.json_input import MAX_DEPTH, check_tree
from credential_core.sdjwt.compact import ALGORITHM, DIGESTS, ELEMENT, Disclosure, SdJwt
from credential_core.sdjwt.paths import Path

# SD-JWT VC §3.2.2.2: what a verifier must be able to rely on whatever the holder shows.
ALWAYS_DISCLOSED: Final = frozenset({"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status"})


@dataclass(frozen=True, slots=True)
class Processed:
    """The claims as far as they are disclosed, and where each disclosure (by its text) belongs."""

    claims: dict[str, Any]
    places: Mapping[str, Path]


def process(sd_jwt: SdJwt) -> Processed:
    """Put every disclosure in its place.

    ProofError if one has none, if a digest or a name occurs twice, if a disclosure is of the wrong kind for its place,
    or if it holds a claim of `ALWAYS_DISCLOSED`. Digests without a disclosure are dropped: withheld, or decoys.
    """
    walk = _Walk({sd_jwt.digest(each.text): each for each in sd_jwt.disclosures})
    claims = walk.object(sd_jwt.jws.claims, ())
    claims.pop(ALGORITHM, None)
    if len(walk.places) != len(sd_jwt.disclosures):
        raise ProofError("sd_jwt_disclosure_unused", "a disclosure belongs to no digest of the SD-JWT")
    check_tree(claims)
    return Processed(claims, walk.places)


class _Walk:
    """One pass over the claims. Every digest is met at most once, so that it takes no longer than the text is."""

    def __init__(self, disclosures: Mapping[str, Disclosure]) -> None:
        self._disclosures = disclosures
        self._met: set[str] = set()
        self.places: dict[str, Path] = {}

    def object(self, members: Mapping[str, Any], path: Path) -> dict[str, Any]:
        if ELEMENT in members:
            raise ProofError("sd_jwt_malformed", "the name ... stands for an element outside an array")
        plain = {name: self._value(value, (*path, name)) for name, value in members.items() if name != DIGESTS}
        for disclosure in self._disclosed(members.get(DIGESTS, []), path):
            if disclosure.name is None:
                raise ProofError("sd_jwt_disclosure_misplaced", "a disclosure without name stands in an object")
            if disclosure.name in plain or (not path and disclosure.name == ALGORITHM):
                raise ProofError("sd_jwt_claim_repeated", "a disclosure names a claim that is already there")
            place = (*path, disclosure.name)
            self._place(disclosure, place)
            plain[disclosure.name] = self._value(disclosure.value, place)
        return plain

    def _value(self, value: Any, path: Path) -> Any:
        if len(path) > MAX_DEPTH:
            raise LimitError("document_too_deep", f"a document may nest {MAX_DEPTH} levels")
        if isinstance(value, Mapping):
            return self.object(value, path)
        return self._elements(value, path) if isinstance(value, list) else value

    def _elements(self, values: list[Any], path: Path) -> list[Any]:
        """The elements that are shown. Their places count those only: decoys and what is withheld close ranks."""
        shown: list[Any] = []
        for value in values:
            place = (*path, str(len(shown)))
            if not isinstance(value, Mapping) or ELEMENT not in value:
                shown.append(self._value(value, place))
                continue
            if len(value) != 1:
                raise ProofError("sd_jwt_malformed", "a digest of an element stands alone in its object")
            for disclosure in self._disclosed([value[ELEMENT]], path):
                if disclosure.name is not None:
                    raise ProofError("sd_jwt_disclosure_misplaced", "a disclosure with a name stands in an array")
                self._place(disclosure, place)
                shown.append(self._value(disclosure.value, place))
        return shown

    def _disclosed(self, digests: Any, path: Path) -> Iterator[Disclosure]:
        if not isinstance(digests, list) or not all(isinstance(digest, str) for digest in digests):
            raise ProofError("sd_jwt_malformed", "digests are a list of strings")
        if digests and path and path[0] in ALWAYS_DISCLOSED:
            raise _not_disclosable(path[0])
        for digest in digests:
            if digest in self._met:
                raise ProofError("sd_jwt_digest_repeated", "the SD-JWT holds a digest twice")
            self._met.add(digest)
            if digest in self._disclosures:
                yield self._disclosures[digest]

    def _place(self, disclosure: Disclosure, place: Path) -> None:
        if place[0] in ALWAYS_DISCLOSED:
            raise _not_disclosable(place[0])
        self.places[disclosure.text] = place


def _not_disclosable(name: str) -> ProofError:
    return ProofError("sd_jwt_claim_not_disclosable", f"the claim {name} must not be selectively disclosable")
