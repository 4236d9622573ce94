"""What a target of the fuzzer is, and what every one of them may use."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from credential_core.errors import CredentialError
from credential_core.report import Report
from credential_core.verify import (
    trust_only,
    verify,
)
from tests.fuzz import samples


@dataclass(frozen=True, slots=True)
class Target:
    """`run` takes one input. `runs` are those of the short run in `make test`."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    runs: int


TARGETS: Final[dict[str, Target]] = {}


def target(*, seeds: Iterable[bytes | str] = (), runs: int = 3000) -> Callable[[Callable[[bytes], None]], None]:
    encoded = tuple(seed.encode() if isinstance(seed, str) else seed for seed in seeds)

    def register(parser: Callable[[bytes], None]) -> None:
        def run(data: bytes) -> None:
            with contextlib.suppress(CredentialError):
                parser(data)

        TARGETS[parser.__name__] = Target(run, encoded, runs)

    return register


def any_text(data: bytes) -> str:
    """Any text, also with lone surrogates, of any bytes."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


def judge(document: Mapping[str, Any], *, status_list: Any = samples.STATUS_LIST, schemas: Any = None) -> Report:
    """Verify with issuers that are trusted and a list on which nothing is revoked, unless said otherwise."""
    return verify(
        document,
        controllers={},
        status_lists={samples.LIST: status_list},
        schemas=schemas,
        now=samples.NOW,
        trusted_issuers=trust_only([samples.ISSUER, samples.P256_ISSUER]),
    )


def as_read(value: Any) -> Any:
    """What JSON-LD reads: null and empty arrays are left out, one value may stand alone, arrays have no order.

    Contexts only say what the names mean; one that defines none of those used may come and go.
    """
    if isinstance(value, dict):
        members = {name: as_read(item) for name, item in value.items() if name != "@context"}
        return {name: item for name, item in members.items() if item not in (None, [])}
    if not isinstance(value, list):
        return value
    items = {json.dumps(item, sort_keys=True): item for item in map(as_read, value) if item is not None}
    plain = [items[key] for key in sorted(items)]
    return plain[0] if len(plain) == 1 else plain
