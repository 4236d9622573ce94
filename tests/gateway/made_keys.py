"""For tests: the RSA keys that the server signs with are made once. Finding their primes takes longer than most tests.

Each is a real one, and no test sees one twice: they come round again only when many others were used.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle

import pytest
from joserfc.jwk import Key

from gateway.adapters import signing_keys
from gateway.core.signing_key import Algorithm

ENOUGH = 24
"""More than any test makes."""

generate = signing_keys.generate


def _keys() -> Iterator[Key]:
    made = []
    for _ in range(ENOUGH):
        made.append(generate(Algorithm.RS256))
        yield made[-1]
    yield from cycle(made)


_next = _keys()


def _made(algorithm: Algorithm) -> Key:
    return next(_next) if algorithm is Algorithm.RS256 else generate(algorithm)


@contextmanager
def made_keys() -> Iterator[None]:
    """Whatever server runs meanwhile takes its keys from there."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(signing_keys, "generate", _made)
        yield
