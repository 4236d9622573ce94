"""Checkpoints: a log's signed size and root (C2SP tlog-checkpoint), and proofs to carry along (C2SP tlog-proof).

A `LogProof` is an offline receipt: with the log's key, and witnesses' if the reader asks for them, it shows that an
entry is in the log. Times are POSIX seconds. Every refusal is a LogError, or LimitError for size.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from credential_core import note
from credential_core.errors import LimitError, LogError
from credential_core.keys import SigningKey
from credential_core.merkle import HASH_BYTES, MAX_SIZE, root_of_inclusion
from credential_core.note import Note, Signature, Signed, VerifierKey, from_base64, to_base64

PROOF_HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_PROOF_BYTES: Final = 2 * note.MAX_BYTES
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_MAX_PATH: Final = 63  # hashes: the height of the largest tree
_MAX_EXTRA: Final = 64 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: who it is, how many leaves, and their root. Extension lines are opaque."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not all(line and "\n" not in line for line in (self.origin, *self.extensions)):
            raise LogError("checkpoint_malformed", "the origin and the extension lines are lines, and not empty")
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_BYTES:
            raise LogError("checkpoint_malformed", f"a checkpoint has a size and a root of {HASH_BYTES} bytes")

    @property
    def text(self) -> str:
        """The text that is signed."""
        return "".join(f"{line}\n" for line in (self.origin, self.size, to_base64(self.root), *self.extensions))

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read the text of a checkpoint, without signatures. LogError for any text but the one that `text` writes."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop():
            raise LogError("checkpoint_malformed", "a checkpoint has at least three lines")
        origin, size, root, *extensions = lines
        digest = from_base64(root)
        if digest is None:
            raise LogError("checkpoint_malformed", "the root is base64")
        return cls(origin, _number(size, "checkpoint_malformed"), digest, tuple(extensions))

    def sign(self, key: SigningKey, *, name: str | None = None) -> Note:
        """The checkpoint as a note, signed by the log; its key is named like the origin unless said otherwise."""
        return Note(self.text, (note.sign(self.text, name or self.origin, key),))


@dataclass(frozen=True, slots=True)
class OpenedCheckpoint:
    """A checkpoint whose log did sign it, and the witnesses that cosigned, with their times."""

    checkpoint: Checkpoint
    witnesses: tuple[Signed, ...]


def open_checkpoint(
    signed: Note | bytes | str,
    log_key: VerifierKey,
    *,
    witnesses: Sequence[VerifierKey] = (),
    quorum: int = 0,
    origin: str | None = None,
) -> OpenedCheckpoint:
    """The checkpoint in a note, if the log signed it and at least `quorum` of `witnesses` did too.

    The origin must be `origin`, or the name of the log's key. LogError `note_signature_invalid`, `note_unsigned`,
    `checkpoint_origin_mismatch`, `checkpoint_quorum_missing`, or what parsing refuses.
    """
    opened = signed if isinstance(signed, Note) else Note.parse(signed)
    seen = opened.verify([log_key, *witnesses])
    if log_key not in [found.key for found in seen]:
        raise LogError("note_unsigned", "the log did not sign the checkpoint")
    checkpoint = Checkpoint.parse(opened.text)
    if checkpoint.origin != (log_key.name if origin is None else origin):
        raise LogError("checkpoint_origin_mismatch", "the checkpoint is of another log")
    cosigned = tuple(found for found in seen if found.key != log_key)
    if len({found.key.public for found in cosigned}) < quorum:
        raise LogError("checkpoint_quorum_missing", f"{quorum} witnesses must have signed, {len(cosigned)} did")
    return OpenedCheckpoint(checkpoint, cosigned)


def cosign(signed: Note, name: str, key: SigningKey, *, time: int) -> Note:
    """Add a witness's cosignature to a checkpoint.

    It says that the witness saw this tree grow consistently: check `open_checkpoint` and `merkle.verify_consistency`
    first.
    """
    Checkpoint.parse(signed.text)
    cosignature: Signature = note.cosign(signed.text, name, key, time=time)
    return signed.with_signature(cosignature)


@dataclass(frozen=True, slots=True)
class LogProof:
    """That an entry is number `index` of a log: an inclusion proof and a checkpoint. `extra` is not authenticated."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: Note
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index <= MAX_SIZE or len(self.hashes) > _MAX_PATH:
            raise LogError("log_proof_malformed", f"a proof has an index and at most {_MAX_PATH} hashes")
        if any(len(item) != HASH_BYTES for item in self.hashes):
            raise LogError("log_proof_malformed", f"a hash has {HASH_BYTES} bytes")
        if len(self.extra or b"") > _MAX_EXTRA:
            raise LimitError("log_proof_too_large", f"the extra data may have {_MAX_EXTRA} bytes")

    def __str__(self) -> str:
        extra = [] if self.extra is None else [f"extra {to_base64(self.extra)}"]
        head = [PROOF_HEADER, *extra, f"index {self.index}", *map(to_base64, self.hashes)]
        return "\n".join([*head, "", str(self.checkpoint)])

    @classmethod
    def parse(cls, proof: bytes | str) -> LogProof:
        """Read a proof (media type text/plain, `.tlog-proof`). LogError for any text but the one that `str` writes."""
        if len(proof) > MAX_PROOF_BYTES:
            raise LimitError("log_proof_too_large", f"a proof may have {MAX_PROOF_BYTES} bytes")
        try:
            text = proof.decode() if isinstance(proof, bytes) else proof
        except UnicodeDecodeError:
            raise LogError("log_proof_malformed", "a proof is UTF-8") from None
        head, blank, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines.pop(0) != PROOF_HEADER or len(lines) > _MAX_PATH + 2:
            raise LogError("log_proof_malformed", f"a proof begins with {PROOF_HEADER} and holds a checkpoint")
        extra = _bytes(lines.pop(0).removeprefix("extra ")) if lines and lines[0].startswith("extra ") else None
        if not lines or not lines[0].startswith("index "):
            raise LogError("log_proof_malformed", "a proof has an index")
        index = _number(lines.pop(0).removeprefix("index "), "log_proof_malformed")
        return cls(index, tuple(map(_bytes, lines)), Note.parse(checkpoint), extra)

    def verify(
        self,
        leaf: bytes,
        log_key: VerifierKey,
        *,
        witnesses: Sequence[VerifierKey] = (),
        quorum: int = 0,
        origin: str | None = None,
    ) -> OpenedCheckpoint:
        """Check that `leaf`, the leaf hash of the entry (`merkle.leaf_hash`), is in the log; its checkpoint if it is.

        LogError of `open_checkpoint`, `inclusion_proof_malformed` or `inclusion_proof_invalid`.
        """
        opened = open_checkpoint(self.checkpoint, log_key, witnesses=witnesses, quorum=quorum, origin=origin)
        root = root_of_inclusion(leaf, self.index, opened.checkpoint.size, self.hashes)
        if root != opened.checkpoint.root:
            raise LogError("inclusion_proof_invalid", "the proof leads to another root than the checkpoint's")
        return opened


def _number(text: str, code: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) > MAX_SIZE:
        raise LogError(code, "a number is decimal, without leading zeros, at most 2^63 - 1")
    return int(text)


def _bytes(text: str) -> bytes:
    data = from_base64(text)
    if data is None:
        raise LogError("log_proof_malformed", "hashes and extra data are base64")
    return data
