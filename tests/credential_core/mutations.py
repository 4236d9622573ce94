"""Random changes to real credentials, against PyLD: `python -m tests.credential_core.mutations 10000` prints counts."""

from __future__ import annotations

import copy
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from credential_core.errors import CredentialError
from credential_core.jsonld import to_quads
from credential_core.rdfc import canonicalize
from tests.credential_core.oracle import pyld_quads

V2 = "https://www.w3.org/ns/credentials/v2"
OB = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
SEED = 20260301
VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors"


def nodes(value: Any) -> Iterator[Any]:
    yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(item)


SCALARS: list[Any] = [
    None,
    True,
    0,
    1,
    -3,
    2.5,
    1.0,
    "",
    "x",
    "urn:x",
    "https://a.test/ü",
    "relative",
    "a b:c",
    "@id",
    "type",
    '"\\\n\x07',
    "assertionMethod",
    "Profile",
    "Achievement",
    "2026-01-01T00:00:00Z",
    [],
    {},
    [None],
    [["nested"]],
    ["urn:a", "urn:b"],
    {"id": "urn:n"},
    {"type": "Profile", "id": "urn:p", "name": "P"},
    {"@value": "v", "@language": "de"},
]


NAMES = ["name", "id", "type", "undefined", "proof", "narrative", "tag", "image"]
TYPES = ["Profile", "Achievement", "Result", "Image", "DataIntegrityProof", "Evidence"]


def mutate(document: dict[str, Any], choose: random.Random) -> dict[str, Any]:
    """One to three changes that a hostile or careless hand could make."""
    changed = copy.deepcopy(document)
    for _ in range(choose.randint(1, 3)):
        objects = [node for node in nodes(changed) if isinstance(node, dict) and node]
        target = choose.choice(objects)
        name = choose.choice(list(target))
        donor = choose.choice(objects)
        match choose.randrange(7):
            case 0:
                target[name] = copy.deepcopy(choose.choice(SCALARS))
            case 1:
                del target[name]
            case 2:
                target[choose.choice(NAMES)] = target[name]
            case 3:
                target[name] = [target[name], copy.deepcopy(choose.choice(SCALARS))]
            case 4:
                target[choose.choice(list(donor))] = copy.deepcopy(choose.choice(list(donor.values())))
            case 5:
                target["type"] = choose.sample(TYPES, 2)
            case 6:
                target["@context"] = choose.choice([V2, OB, [V2, OB]])
    return changed


def compare(originals: Sequence[dict[str, Any]], count: int, seed: int = SEED) -> Counter[str]:
    """Mutate so often: how many are `equal` to PyLD's, and the codes of our refusals. Raises on a difference."""
    choose = random.Random(seed)  # noqa: S311  # a fixed seed, nothing secret
    seen: Counter[str] = Counter()
    for _ in range(count):
        document = mutate(choose.choice(originals), choose)
        try:
            ours = canonicalize(to_quads(document)).nquads
        except CredentialError as error:
            seen[error.code] += 1
            continue
        assert ours == canonicalize(pyld_quads(document)).nquads, json.dumps(document)
        seen["equal"] += 1
    return seen


def samples(vectors: Path = VECTORS) -> list[dict[str, Any]]:
    """1EdTech's Open Badges 3.0 samples."""
    files = sorted((vectors / "1edtech-public-validator/ob30").glob("*.json"))
    return [json.loads(file.read_bytes()) for file in files]


if __name__ == "__main__":
    from benchmarks.credential import credential

    found = compare([credential(), *samples()], int(sys.argv[1]))
    for code, number in found.most_common():
        print(f"{number:>8} {code}")
    print(f"{found.total():>8} in all, seed {SEED}; none differs")
