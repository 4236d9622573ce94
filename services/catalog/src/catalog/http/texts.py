"""Kinds of text that requests may hold. Markup is text like any other: stored as it is, never interpreted."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from catalog.core import vocabulary as limits
from credential_core.jsonld.lexical import is_absolute_iri
from credential_core.model.shapes import ENUMERATIONS
from credential_core.organizations.countries import THREE_LETTERS

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
LINE_BREAK = re.compile(r"[\t\n\r]")
LANGUAGE = r"^[a-z]{2,4}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"
SCHEMES = frozenset({"http", "https", "urn", "did"})
IMAGE_DATA = re.compile(r"data:image/(png|svg\+xml|jpeg|gif|webp)(;[A-Za-z0-9=-]+)*,[A-Za-z0-9+/=%._~!$&'()*;:@-]*")
DURATION = re.compile(r"PT(?=\d)(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,2})M)?", re.ASCII)
EXTENSION = re.compile(r"ext:[A-Za-z0-9._-]{1,100}")


def no_controls(text: str) -> str:
    """Text without control characters other than tab and line breaks."""
    if CONTROL.search(text):
        raise ValueError("must not hold control characters")
    return text


def one_line(text: str) -> str:
    """Text without any control character."""
    if LINE_BREAK.search(text):
        raise ValueError("must be one line")
    return no_controls(text)


def spaces_collapsed(text: str) -> str:
    """Every run of white space as one space: lists that people typed are full of them."""
    return " ".join(text.split())


def web_address(uri: str) -> str:
    """An absolute http, https, urn or did URI: nothing that a page could run."""
    scheme = uri.partition(":")[0].lower()
    if scheme not in SCHEMES or not is_absolute_iri(uri):
        raise ValueError("must be an absolute http, https, urn or did URI")
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError as error:
        raise ValueError("must be an absolute http, https, urn or did URI") from error
    if scheme in {"http", "https"} and not parts.hostname:
        raise ValueError("must name a host")
    return uri


def image_address(uri: str) -> str:
    """A web address, or the image itself as a data URI."""
    if uri[:5].lower() != "data:":
        if len(uri) > limits.URI:
            raise ValueError(f"must have at most {limits.URI} characters")
        return web_address(uri)
    if not IMAGE_DATA.fullmatch(uri):
        raise ValueError("must be a data URI of a PNG, SVG, JPEG, GIF or WebP image")
    return uri


def _one_of(enumeration: str, text: str) -> str:
    if text not in ENUMERATIONS[enumeration] and not EXTENSION.fullmatch(text):
        raise ValueError(f"must be a value of Open Badges 3.0's {enumeration}, or start with ext:")
    return text


def achievement_type(text: str) -> str:
    """A value of AchievementType."""
    return _one_of("achievementType", text)


def target_type(text: str) -> str:
    """A value of AlignmentTargetType."""
    return _one_of("targetType", text)


def result_type(text: str) -> str:
    """A value of ResultType."""
    return _one_of("resultType", text)


def identifier_type(text: str) -> str:
    """A value of IdentifierTypeEnum."""
    return _one_of("identityType", text)


def duration(text: str) -> str:
    """An ISO 8601 duration in hours and minutes, above zero."""
    found = DURATION.fullmatch(text)
    if found is None or not int(found["hours"] or 0) + int(found["minutes"] or 0):
        raise ValueError("must be an ISO 8601 duration in hours and minutes, such as PT60H or PT7H30M")
    return text


def country(text: str) -> str:
    """A code of ISO 3166-1, two letters."""
    if text not in THREE_LETTERS:
        raise ValueError("must be a country's code of two letters (ISO 3166-1), such as IE")
    return text


def _line(most: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=most)


Name = Annotated[str, _line(limits.NAME), AfterValidator(one_line)]
Label = Annotated[str, _line(limits.LABEL), AfterValidator(one_line)]
Prose = Annotated[str, _line(limits.PROSE), AfterValidator(no_controls)]
Uri = Annotated[str, _line(limits.URI), AfterValidator(web_address)]
ImageUri = Annotated[str, _line(limits.DATA_URI), AfterValidator(image_address)]
Language = Annotated[str, StringConstraints(max_length=20, pattern=LANGUAGE)]
Duration = Annotated[str, StringConstraints(max_length=20), AfterValidator(duration)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), AfterValidator(country)]
Credits = Annotated[float, Field(strict=True, ge=0, le=limits.CREDITS, allow_inf_nan=False)]
AchievementType = Annotated[str, StringConstraints(max_length=110), AfterValidator(achievement_type)]
TargetType = Annotated[str, StringConstraints(max_length=110), AfterValidator(target_type)]
ResultType = Annotated[str, StringConstraints(max_length=110), AfterValidator(result_type)]
IdentifierType = Annotated[str, StringConstraints(max_length=110), AfterValidator(identifier_type)]
