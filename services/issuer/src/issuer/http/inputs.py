"""Types that request bodies are made of: bounded texts, addresses, moments with an offset."""

import re
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema

from credential_core.errors import CredentialError
from credential_core.jsonld.lexical import is_absolute_iri
from credential_core.timestamps import parse_timestamp
from service_kit.internet_names import ascii_address, ascii_url

MAX_URL = 2048
MAILBOX = re.compile(r"^[^\s@<>]{1,64}@[^\s@<>.]+(\.[^\s@<>.]+)+$")
SCHEMES = frozenset({"http", "https", "urn", "did", "ipfs"})


class Body(BaseModel):
    """A request body, or a part of one: unknown members and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _moment(value: Any) -> datetime:
    try:
        return parse_timestamp(value)
    except CredentialError as error:
        raise ValueError(error.detail) from error


def _mailbox(value: str) -> str:
    """Said in words: who fills in a class list reads no pattern."""
    if not MAILBOX.search(value):
        raise ValueError("must be an e-mail address, such as ada@students.example")
    return ascii_address(value)


def _iri(value: str) -> str:
    if not is_absolute_iri(value):
        raise ValueError("must be an absolute IRI")
    return value


def _web_url(value: str) -> str:
    if not value.startswith(("https://", "http://")) or len(value.split("/")) < 3 or not value.split("/")[2]:
        raise ValueError("must be an http or https URL")
    return _iri(value)


def _address(value: str) -> str:
    if value.partition(":")[0].lower() not in SCHEMES:
        raise ValueError("must be an absolute http, https, urn, did or ipfs URI")
    return _iri(value)


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-06-30T12:00:00Z"]}),
]
Line = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
Iri = Annotated[str, Field(max_length=MAX_URL), AfterValidator(_iri)]
Address = Annotated[str, Field(max_length=MAX_URL), AfterValidator(_address)]
"""What a reader may follow: nothing that a page would run."""
WebUrl = Annotated[str, Field(max_length=MAX_URL), AfterValidator(_web_url)]
Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=254),
    Field(json_schema_extra={"pattern": MAILBOX.pattern}),
    AfterValidator(_mailbox),
]
HostUrl = Annotated[WebUrl, AfterValidator(ascii_url)]
"""One that is asked for: its host in the form for machines."""
Did = Annotated[str, StringConstraints(max_length=MAX_URL, pattern=r"^did:[a-z0-9]+:[A-Za-z0-9._:%-]+$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{1,58})[a-z0-9]$")]
