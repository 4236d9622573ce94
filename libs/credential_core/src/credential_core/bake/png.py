"""PNG: one iTXt chunk, uncompressed, with the keyword of the standard (PNG 1.2 §4.2.3).

Reading also takes what others wrote: compressed text, which never inflates beyond the budget, and the tEXt of Open
Badges 1. Every chunk's CRC must hold.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from credential_core.bake.badge import MAX_IMAGE_BYTES, Baked, Standard, badge_text, without
from credential_core.errors import ImageError, LimitError
from credential_core.json_input import MAX_BYTES

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS: Final = 16_384
_AFTER_IHDR: Final = 33  # bytes: the signature and the chunk IHDR
_KEYWORDS: Final = {standard.value.encode(): standard for standard in Standard}


@dataclass(frozen=True, slots=True)
class _Chunk:
    kind: bytes
    data: bytes
    begin: int
    end: int

    @property
    def standard(self) -> Standard | None:
        """Whose credential the chunk holds, if it is one of text and has a keyword of Open Badges."""
        if self.kind not in (b"iTXt", b"tEXt", b"zTXt"):
            return None
        standard = _KEYWORDS.get(self.data[:80].partition(b"\0")[0])
        return None if self.kind != b"iTXt" and standard is Standard.OB3 else standard


def bake_png(png: bytes, credential: str, *, standard: Standard = Standard.OB3, overwrite: bool = False) -> bytes:
    """The PNG with the credential in a chunk right after its header. See `bake`."""
    text = badge_text(credential).text.encode()
    old = [chunk for chunk in _chunks(png) if chunk.standard is standard]
    if old and not overwrite:
        raise ImageError("image_already_baked", "the PNG holds a credential already")
    kept = without(png, [(chunk.begin, chunk.end) for chunk in old])
    new = _written(b"iTXt", standard.value.encode() + b"\0" + b"\0\0" + b"\0" + b"\0" + text)
    return kept[:_AFTER_IHDR] + new + kept[_AFTER_IHDR:]


def unbake_png(png: bytes) -> Baked:
    """The credential in a PNG. See `unbake`."""
    chunks = [chunk for chunk in _chunks(png) if chunk.standard]
    for standard in Standard:
        for kind in ((b"iTXt",), (b"tEXt", b"zTXt")):
            for chunk in chunks:
                if chunk.kind in kind and chunk.standard is standard:
                    return Baked(standard, _READERS[chunk.kind](chunk.data))
    raise ImageError("image_not_baked", "the PNG holds no credential")


def _chunks(png: bytes) -> Iterator[_Chunk]:
    """The chunks from IHDR to IEND, each checked; what follows IEND is no part of the image."""
    if len(png) > MAX_IMAGE_BYTES:
        raise LimitError("image_too_large", f"an image may have {MAX_IMAGE_BYTES} bytes")
    if not png.startswith(PNG_SIGNATURE):
        raise ImageError("png_malformed", "not a PNG")
    place = len(PNG_SIGNATURE)
    for number in range(MAX_CHUNKS):
        chunk = _chunk(png, place)
        if (chunk.kind == b"IHDR") is not (number == 0) or (number == 0 and chunk.end != _AFTER_IHDR):
            raise ImageError("png_malformed", "a PNG begins with its one header")
        yield chunk
        if chunk.kind == b"IEND":
            return
        place = chunk.end
    raise LimitError("image_too_large", f"a PNG may have {MAX_CHUNKS} chunks")


def _chunk(png: bytes, begin: int) -> _Chunk:
    length = int.from_bytes(png[begin : begin + 4])
    end = begin + 12 + length
    kind = png[begin + 4 : begin + 8]
    if end > len(png) or not (kind.isalpha() and kind.isascii()):
        raise ImageError("png_malformed", "the PNG is cut short, or a chunk has no type")
    if zlib.crc32(png[begin + 4 : end - 4]) != int.from_bytes(png[end - 4 : end]):
        raise ImageError("png_malformed", "the checksum of a chunk does not hold")
    return _Chunk(kind, png[begin + 8 : end - 4], begin, end)


def _written(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def _read_international(data: bytes) -> str:
    _, _, rest = data.partition(b"\0")
    flags, rest = rest[:2], rest[2:]
    _, language, rest = rest.partition(b"\0")
    _, translated, text = rest.partition(b"\0")
    if not language or not translated or flags not in (b"\0\0", b"\1\0"):
        raise ImageError("png_malformed", "an iTXt chunk lacks a field")
    return _decoded(_inflated(text) if flags[0] else text, "utf-8")


def _read_plain(data: bytes) -> str:
    return _decoded(data.partition(b"\0")[2], "latin-1")


def _read_compressed(data: bytes) -> str:
    rest = data.partition(b"\0")[2]
    if rest[:1] != b"\0":
        raise ImageError("png_malformed", "a zTXt chunk names an unknown compression")
    return _decoded(_inflated(rest[1:]), "latin-1")


_READERS: Final = {b"iTXt": _read_international, b"tEXt": _read_plain, b"zTXt": _read_compressed}


def _inflated(data: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data, MAX_BYTES + 1)
    except zlib.error:
        raise ImageError("png_malformed", "a compressed text cannot be inflated") from None
    if len(text) <= MAX_BYTES and not inflater.eof:
        raise ImageError("png_malformed", "a compressed text is cut short")
    return text


def _decoded(text: bytes, encoding: str) -> str:
    if len(text) > MAX_BYTES:
        raise LimitError("badge_too_large", f"a baked credential may have {MAX_BYTES} bytes")
    try:
        return text.decode(encoding)
    except UnicodeDecodeError:
        raise ImageError("png_malformed", "the text of a chunk is not in its encoding") from None
