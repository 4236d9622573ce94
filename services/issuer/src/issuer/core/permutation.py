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
    while True:
        number = _feistel(key, number, half)
        if number < size:
            return number


def _feistel(key: bytes, number: int, half: int) -> int:
    mask = (1 << half) - 1
    left, right = number >> half, number & mask
    for turn in range(ROUNDS):
        left, right = right, left ^ (_round(key, turn, right) & mask)
    return left << half | right


@lru_cache(maxsize=1 << 14)  # all rounds of five lists of the usual size
def _round(key: bytes, turn: int, value: int) -> int:
    digest = hashlib.blake2s(value.to_bytes(8), key=key, salt=turn.to_bytes(8), digest_size=8)
    return int.from_bytes(digest.digest())
