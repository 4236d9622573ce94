"""A keyed permutation of list indexes, so that neighbours in time are not neighbours in a list.

A Feistel network is a bijection on numbers of an even count of bits; walking the cycle until the result falls inside
the list makes it one on any smaller range (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002).
"""

import hashlib
from functools import lru_cache

KEY_BYTES = 16
ROUNDS = 6


def permute(key: bytes, number: int, size: int) -> int:
    """The place of `number` in a permutation of [0, size) that only the key's holder can foresee."""
    if not 0 <= number < size:
        raise ValueError(f"{number} is not below {size}")
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    mask = (1 << half) - 1
    while True:
        left, right = number >> half, number & mask
        for of_round in _rounds(key, mask):
            left, right = right, left ^ of_round[right]
        number = left << half | right
        if number < size:
            return number


class _Round(dict[int, int]):
    """What one round of the network makes of each half, found when it is first asked for."""

    def __init__(self, key: bytes, turn: int, mask: int) -> None:
        self._hash = hashlib.blake2s(key=key, salt=turn.to_bytes(8), digest_size=8)
        self._mask = mask

    def __missing__(self, value: int) -> int:
        hashed = self._hash.copy()
        hashed.update(value.to_bytes(8))
        made = self[value] = int.from_bytes(hashed.digest()) & self._mask
        return made


@lru_cache(maxsize=8)  # lists; of the usual size each has some 3,000 values
def _rounds(key: bytes, mask: int) -> tuple[_Round, ...]:
    return tuple(_Round(key, turn, mask) for turn in range(ROUNDS))
