"""Signed notes: a text and the signatures under it (C2SP signed-note), with Ed25519 keys.

Two kinds of signature are made and verified: plain ones over the text, and the timestamped cosignatures of witnesses
(C2SP tlog-cosignature, `cosignature/v1`). Signatures of unknown keys are kept and ignored, as the format asks.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from credential_core.errors import LimitError, LogError
from credential_core.keys import PublicKey, SigningKey

MAX_BYTES: Final = 512 * 1024  # of a note
MAX_SIGNATURES: Final = 64  # the format asks for at least 16
MAX_TIME: Final = 2**63 - 1
_DASH: Final = "\u2014 "
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_VERIFIER_KEY: Final = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")


class Kind(IntEnum):
    """What a key signs: its signature type identifier byte."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A named public key. Its `text` is the `vkey` that logs and witnesses publish."""

    name: str
    public: PublicKey
    kind: Kind = Kind.ED25519

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.public.algorithm != "Ed25519":
            raise LogError("note_key_malformed", "notes are signed with Ed25519 keys")

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart; no protection against a forger."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public.raw).digest()[:4]

    @property
    def text(self) -> str:
        """`<name>+<key id in hex>+<base64 of type and key>`."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.kind]) + self.public.raw)}"

    @classmethod
    def from_text(cls, text: str) -> VerifierKey:
        """Read a vkey. LogError `note_key_malformed`, or `note_key_unsupported` for another kind of key."""
        match = _VERIFIER_KEY.fullmatch(text) if isinstance(text, str) and len(text) < MAX_BYTES else None
        data = from_base64(match[3]) if match else None
        if match is None or not data:
            raise LogError("note_key_malformed", "a verifier key is <name>+<key id>+<base64>")
        if data[0] not in set(Kind):
            raise LogError("note_key_unsupported", "only Ed25519 keys and Ed25519 cosignature keys are read")
        if len(data) != 33:
            raise LogError("note_key_malformed", "an Ed25519 key has 32 bytes")
        key = cls(match[1], PublicKey("Ed25519", data[1:]), Kind(data[0]))
        if key.key_id.hex() != match[2]:
            raise LogError("note_key_malformed", "the key id is not that of the name and the key")
        return key


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line. `body` is what its kind of key defines: 64 bytes, with 8 of time before for a cosignature."""

    name: str
    key_id: bytes
    body: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if len(self.key_id) != 4 or not self.body:
            raise LogError("note_malformed", "a signature has a key id of 4 bytes and a body")

    @property
    def line(self) -> str:
        """The line, with its newline."""
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.body)}\n"


@dataclass(frozen=True, slots=True)
class Signed:
    """A key that did sign; `time` is the POSIX time of a cosignature, in seconds."""

    key: VerifierKey
    time: int | None


@dataclass(frozen=True, slots=True)
class Note:
    """A text, ending in a newline, and its signatures. Nothing in it counts before `verify`."""

    text: str
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        if not self.text.endswith("\n") or not _is_clean(self.text):
            raise LogError("note_malformed", "a text ends in a newline and holds no other control character")
        if not self.signatures:
            raise LogError("note_malformed", "a note has a signature")
        if len(self.signatures) > MAX_SIGNATURES:
            raise LimitError("note_too_large", f"a note may have {MAX_SIGNATURES} signatures")

    def __str__(self) -> str:
        return self.text + "\n" + "".join(signature.line for signature in self.signatures)

    @classmethod
    def parse(cls, note: bytes | str) -> Note:
        """Read a note. LogError `note_malformed` for any text but the one that `str` writes; LimitError."""
        if len(note) > MAX_BYTES:
            raise LimitError("note_too_large", f"a note may have {MAX_BYTES} bytes")
        text, blank, lines = _decoded(note).rpartition("\n\n")
        if not blank or not lines.endswith("\n"):
            raise LogError("note_malformed", "a note is a text, a blank line and signature lines")
        return cls(text + "\n", tuple(_signature(line) for line in lines[:-1].split("\n")))

    def verify(self, keys: Iterable[VerifierKey]) -> tuple[Signed, ...]:
        """Which of `keys` signed, in their order, each once.

        LogError `note_signature_invalid` if any signature under the name and id of a given key fails,
        `note_unsigned` if none of the keys signed.
        """
        signed: list[Signed] = []
        for key in dict.fromkeys(keys):
            mine = [
                _checked(self.text, s, key) for s in self.signatures if (s.name, s.key_id) == (key.name, key.key_id)
            ]
            signed.extend(mine[:1])
        if not signed:
            raise LogError("note_unsigned", "no key that is trusted signed the note")
        return tuple(signed)

    def with_signature(self, signature: Signature) -> Note:
        """The note with one more signature at its end."""
        return Note(self.text, (*self.signatures, signature))


def sign(text: str, name: str, key: SigningKey) -> Signature:
    """Sign a text, which ends in a newline, under the name of a key."""
    return Signature(name, VerifierKey(name, key.public).key_id, key.sign(text.encode()))


def cosign(text: str, name: str, key: SigningKey, *, time: int) -> Signature:
    """Cosign the text of a checkpoint as a witness, at a POSIX time in seconds (0 to 2^63 - 1; LogError beyond)."""
    if not 0 <= time <= MAX_TIME:
        raise LogError("note_malformed", "a time is 0 to 2^63 - 1 seconds")
    key_id = VerifierKey(name, key.public, Kind.COSIGNATURE).key_id
    return Signature(name, key_id, time.to_bytes(8) + key.sign(_cosigned(text, time)))


def check_name(name: str) -> None:
    """Refuse what no key may be called: nothing, spaces, plus signs, control characters. LogError."""
    spaced = any(character.isspace() for character in name)
    if not name or "+" in name or spaced or not _is_clean(name):
        raise LogError(
            "note_malformed", "a key's name is not empty and has no spaces, plus signs or control characters"
        )


def to_base64(data: bytes) -> str:
    """Standard base64, padded."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes | None:
    """The bytes of the one padded standard base64 text that stands for them; None for any other text."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return data if to_base64(data) == text else None


def _decoded(note: bytes | str) -> str:
    try:
        return note.decode() if isinstance(note, bytes) else note.encode().decode()
    except UnicodeError:
        raise LogError("note_malformed", "a note is UTF-8") from None


def _is_clean(text: str) -> bool:
    """Whether a text is UTF-8 without control characters but newlines."""
    if _CONTROL.search(text):
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    data = from_base64(encoded)
    if not line.startswith(_DASH) or not space or data is None or len(data) < 5:
        raise LogError("note_malformed", "a signature line is an em dash, a name and base64 of key id and signature")
    return Signature(name, data[:4], data[4:])


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _checked(text: str, signature: Signature, key: VerifierKey) -> Signed:
    body = signature.body
    time = int.from_bytes(body[:8]) if key.kind is Kind.COSIGNATURE else None
    if time is None:
        holds = key.public.verify(body, text.encode())
    else:
        holds = time <= MAX_TIME and key.public.verify(body[8:], _cosigned(text, time))
    if not holds:
        raise LogError("note_signature_invalid", "a signature under a trusted key's name does not verify")
    return Signed(key, time)
