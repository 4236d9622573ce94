"""SVG: an element of Open Badges as the first child of `<svg>` (Open Badges 3.0 §5.3.2, Open Badges 2.0 Baking).

Expat reads, and this module only listens: where elements begin and end, in bytes, so that what is not ours is copied
untouched. No entity is ever declared, no external subset read, no reference left out in silence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from credential_core.bake.badge import MAX_IMAGE_BYTES, Baked, Standard, badge_text, without
from credential_core.errors import ImageError, LimitError
from credential_core.json_input import MAX_BYTES, parse

SVG_NAMESPACE: Final = "http://www.w3.org/2000/svg"
NAMESPACES: Final = {Standard.OB3: "https://purl.imsglobal.org/ob/v3p0", Standard.OB2: "http://openbadges.org"}
_NAMES: Final = {Standard.OB3: "credential", Standard.OB2: "assertion"}
_PREFIX: Final = "openbadges"
_MAX_ELEMENTS: Final = 20_000
_MAX_DEPTH: Final = 256
_MAX_ATTRIBUTES: Final = 100_000  # counted by their equals signs, before any is read
_MAX_PREFIXES: Final = 256  # that the root declares
_SEPARATOR: Final = "\n"
_TAG: Final = re.compile(rb"""<(/?[^\s/>]+)((?:[^"'>]++|"[^"]*"|'[^']*')*+)>""")
_REFERENCE: Final = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)")
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(slots=True)
class _Element:
    """An element of Open Badges: where it is in the file, and what it holds."""

    standard: Standard
    verify: str | None
    depth: int
    begin: int
    end: int = 0
    body: list[str] = field(default_factory=list)


def bake_svg(svg: bytes, credential: str, *, standard: Standard = Standard.OB3, overwrite: bool = False) -> bytes:
    """The SVG with the credential as the first child of its root. See `bake`."""
    baked = badge_text(credential)
    reader = _Reader(svg)
    old = [element for element in reader.found if element.standard is standard]
    if old and not overwrite:
        raise ImageError("image_already_baked", "the SVG holds a credential already")
    kept = without(svg, [(element.begin, element.end) for element in _outermost(old)])
    return _inserted(kept, reader, standard, baked)


def unbake_svg(svg: bytes) -> Baked:
    """The credential in an SVG. See `unbake`."""
    found = _Reader(svg).found
    for standard in Standard:
        for element in found:
            if element.standard is standard:
                return Baked(standard, _text_of(element))
    raise ImageError("image_not_baked", "the SVG holds no credential")


class _Reader:
    """One pass over a file. Its `found` elements are in document order; `root` is where `<svg>` begins, in bytes.

    `prefixes` are those that the root declares.
    """

    def __init__(self, svg: bytes) -> None:
        if len(svg) > MAX_IMAGE_BYTES:
            raise LimitError("image_too_large", f"an image may have {MAX_IMAGE_BYTES} bytes")
        if svg.count(b"=") > _MAX_ATTRIBUTES:
            raise LimitError("image_too_large", f"an SVG may have {_MAX_ATTRIBUTES} attributes")
        self.found: list[_Element] = []
        self.root = -1
        self.prefixes: dict[str | None, str] = {}
        self._svg = svg
        self._open: list[_Element] = []
        self._depth = self._elements = 0
        self._parser = parser = expat.ParserCreate("utf-8", _SEPARATOR)
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._refuse
        parser.SkippedEntityHandler = self._refuse
        parser.ExternalEntityRefHandler = self._refuse
        parser.StartNamespaceDeclHandler = self._prefix
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        try:
            parser.Parse(svg, True)
        except expat.ExpatError:
            raise ImageError("svg_malformed", "the SVG is not well-formed XML in UTF-8") from None

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii", "ascii"):
            raise ImageError("svg_encoding_unsupported", "only SVG in UTF-8 is read")

    def _doctype(self, _name: str, _system: str | None, _public: str | None, internal: int) -> None:
        if internal:
            raise ImageError("svg_entities_refused", "an SVG with declarations of its own is not read")

    def _refuse(self, *_: Any) -> int:
        raise ImageError("svg_entities_refused", "an SVG with entities is not read")

    def _prefix(self, prefix: str | None, namespace: str) -> None:
        self.prefixes[prefix] = namespace
        if len(self.prefixes) > _MAX_PREFIXES:
            raise LimitError("image_too_large", f"an SVG may declare {_MAX_PREFIXES} prefixes on its root")

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > _MAX_DEPTH or self._elements > _MAX_ELEMENTS:
            raise LimitError("image_too_large", f"an SVG may have {_MAX_ELEMENTS} elements, {_MAX_DEPTH} deep")
        if self.root < 0:
            if name != f"{SVG_NAMESPACE}{_SEPARATOR}svg":
                raise ImageError("svg_malformed", "the root is not an svg element")
            self.root = self._parser.CurrentByteIndex
            self._parser.StartNamespaceDeclHandler = None
        for standard in Standard:
            if name == f"{NAMESPACES[standard]}{_SEPARATOR}{_NAMES[standard]}":
                self._found(_Element(standard, attributes.get("verify"), self._depth, self._parser.CurrentByteIndex))

    def _found(self, element: _Element) -> None:
        # Expat drops a reference in an attribute when a subset that it did not read might declare it.
        if _REFERENCE.search(_tag(self._svg, element.begin).group()):
            raise ImageError("svg_entities_refused", "an SVG with entities is not read")
        self.found.append(element)
        self._open.append(element)
        self._parser.CharacterDataHandler = self._text  # only here: each newline of a text is a call

    def _end(self, _name: str) -> None:
        if self._open and self._open[-1].depth == self._depth:
            element = self._open.pop()
            if not self._open:
                self._parser.CharacterDataHandler = None
            start = _tag(self._svg, element.begin)
            is_empty = start.group(2).endswith(b"/")
            element.end = start.end() if is_empty else _tag(self._svg, self._parser.CurrentByteIndex).end()
        self._depth -= 1

    def _text(self, text: str) -> None:
        for element in self._open:
            if element.depth == self._depth:
                element.body.append(text)


def _tag(svg: bytes, place: int) -> re.Match[bytes]:
    """The tag that begins at a place where Expat saw one."""
    match = _TAG.match(svg, place)
    if match is None:
        raise ImageError("svg_malformed", "a tag cannot be found again")
    return match


def _outermost(elements: list[_Element]) -> list[_Element]:
    outer: list[_Element] = []
    for element in elements:
        if not outer or element.begin >= outer[-1].end:
            outer.append(element)
    return outer


def _text_of(element: _Element) -> str:
    verify, body = (element.verify or "").strip(), "".join(element.body).strip()
    if element.standard is Standard.OB3 and verify and body:
        raise ImageError("svg_malformed", "a credential is either signed text or JSON, not both")
    text = body or verify
    if len(text) > MAX_BYTES:
        raise LimitError("badge_too_large", f"a baked credential may have {MAX_BYTES} bytes")
    if not text:
        raise ImageError("image_not_baked", "the element for a credential is empty")
    return text


def _inserted(svg: bytes, reader: _Reader, standard: Standard, baked: Baked) -> bytes:
    tag = _tag(svg, reader.root)
    name, attributes = tag.group(1), tag.group(2)
    closing = b""
    if attributes.endswith(b"/"):
        attributes, closing = attributes[:-1], b"</" + name + b">"
    declared = reader.prefixes.get(_PREFIX)
    namespace, here = f' xmlns:{_PREFIX}="{NAMESPACES[standard]}"'.encode(), b""
    if declared is None:
        attributes = namespace + attributes
    elif declared != NAMESPACES[standard]:  # the prefix is taken: an image that is baked for the other standard too
        here = namespace
    child = _element(standard, baked, here)
    return svg[: tag.start()] + b"<" + name + attributes + b">" + child + closing + svg[tag.end() :]


def _element(standard: Standard, baked: Baked, namespace: bytes) -> bytes:
    name = f"{_PREFIX}:{_NAMES[standard]}".encode()
    if baked.is_jws:
        return b"<" + name + namespace + b' verify="' + baked.text.encode() + b'"></' + name + b">"
    text = _NOT_XML.sub(lambda found: f"\\u{ord(found.group()):04x}", baked.text)
    body = "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
    return b"<" + name + namespace + _hosted(standard, baked) + b">" + body.encode() + b"</" + name + b">"


def _hosted(standard: Standard, baked: Baked) -> bytes:
    """The attribute that names where an Open Badges 2.0 assertion is hosted: its id."""
    identifier = parse(baked.text).get("id") if standard is Standard.OB2 else None
    if not isinstance(identifier, str) or _NOT_XML.search(identifier):
        return b""
    escaped = identifier.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return f' verify="{escaped}"'.encode()
