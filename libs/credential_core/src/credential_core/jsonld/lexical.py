"""The lexical side of RDF: IRIs checked, literals and numbers written as canonical N-Quads has them."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from credential_core.errors import DocumentError
from credential_core.json_input import MAX_SAFE_INTEGER

XSD: Final = "http://www.w3.org/2001/XMLSchema#"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
I18N: Final = "https://www.w3.org/ns/i18n#"

# RFC 3987 in the reading that keeps an IRI safe inside <>: a scheme, then nothing N-Quads forbids (IRIREF).
_ABSOLUTE_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\\ud800-\udfff]*\Z")
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*\Z")
_TO_ESCAPE = re.compile('[\x00-\x1f\x7f"\\\\\ud800-\udfff]')
_SHORT_ESCAPES = {
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\f": "\\f",
    "\r": "\\r",
    '"': '\\"',
    "\\": "\\\\",
}
_EXPONENTIAL = Context(prec=16, rounding=ROUND_HALF_UP)


def is_absolute_iri(text: str) -> bool:
    """Whether `text` has a scheme and can stand inside an N-Quads IRIREF unescaped."""
    return _ABSOLUTE_IRI.match(text) is not None


def iri(text: str) -> str:
    """`<text>`. DocumentError unless absolute."""
    if not is_absolute_iri(text):
        raise DocumentError("iri_malformed", f"not an absolute IRI: {text[:200]!r}")
    return f"<{text}>"


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character >= "\ud800":
        raise DocumentError("text_unsafe", "text holds a lone surrogate")
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04X}"


def quoted(text: str) -> str:
    """A string literal in canonical N-Quads (RDFC-1.0 §5, RDF 1.2 N-Quads canonical form)."""
    if text.isprintable() and '"' not in text and "\\" not in text:  # most text: a fast look, nothing to escape
        return f'"{text}"'
    return f'"{_TO_ESCAPE.sub(_escape, text)}"'


def literal(text: str, datatype: str | None) -> str:
    """A literal with its datatype IRI; none for xsd:string."""
    if datatype is None or datatype == XSD + "string":
        return quoted(text)
    return f"{quoted(text)}^^<{datatype}>"


def tagged_literal(text: str, language: str | None, direction: str | None) -> str:
    """A literal with language and base direction (rdfDirection `i18n-datatype`, JSON-LD 1.1 API §8.2)."""
    if language is not None and not _LANGUAGE.match(language):
        raise DocumentError("language_malformed", "a language tag is not well-formed (BCP 47)")
    language = language.lower() if language else None
    if direction is not None:
        return literal(text, f"{I18N}{language or ''}_{direction}")
    return f"{quoted(text)}@{language}" if language else quoted(text)


def native_literal(value: bool | int | float, datatype: str | None) -> str:
    """A JSON boolean or number as a literal (JSON-LD 1.1 API §8.2.2, numbers as ECMAScript prints them).

    DocumentError `number_unsafe` for a number that implementations write differently.
    """
    if isinstance(value, bool):
        return literal("true" if value else "false", datatype or XSD + "boolean")
    if not math.isfinite(value):
        raise DocumentError("number_unsafe", "NaN and Infinity are not JSON numbers")
    if isinstance(value, int) or value.is_integer():
        if abs(value) > MAX_SAFE_INTEGER:
            raise DocumentError("number_unsafe", "an integer is larger than 2^53 - 1")
        if datatype == XSD + "double":
            return literal(_double(value or 0), datatype)
        return literal(str(int(value)), datatype or XSD + "integer")
    if abs(value) < 1e-6 and "." not in repr(value):  # jsonld.js takes 1e-7 for an integer and writes 0
        raise DocumentError("number_unsafe", "implementations disagree on a number as small as this")
    return literal(_double(value), datatype or XSD + "double")


def _double(value: float) -> str:
    """Canonical xsd:double: 16 significant digits, ties away from zero as ECMAScript's toExponential(15) does."""
    text = format(_EXPONENTIAL.plus(Decimal(value)), ".15E")
    mantissa, exponent = text.split("E")
    mantissa = mantissa.rstrip("0")
    return f"{mantissa}{'0' if mantissa.endswith('.') else ''}E{int(exponent)}"
