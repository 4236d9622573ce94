"""Requests to the OAuth endpoints: form bodies, read as RFC 6749 wants them, in the shape that Authlib knows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

MEDIA_TYPE = "application/x-www-form-urlencoded"
MAX_BODY = 32 * 1024
MAX_FIELDS = 40
REPEATABLE = frozenset({"resource"})  # RFC 8707 §2


@dataclass(frozen=True, slots=True)
class Form:
    """The parameters that have a value, once each, and all values of `resource`."""

    fields: Mapping[str, str]
    resources: tuple[str, ...] = ()


def read_form(content_type: str, query: str, body: bytes) -> Form:
    """Read a form body. Raises InvalidRequestError, never quoting the input.

    A query is refused: parameters, and credentials above all, do not belong into addresses (RFC 6749 §2.3.1).
    """
    if query:
        raise InvalidRequestError("parameters belong into the body, not into the address")
    if content_type.partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise InvalidRequestError(f"the content type must be {MEDIA_TYPE}")
    return read_parameters(body.decode("latin-1"))


def read_parameters(text: str) -> Form:
    """Read the query of an authorization request. Raises InvalidRequestError, never quoting the input."""
    try:
        pairs = parse_qsl(
            text.encode("ascii").decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict"
        )
    except ValueError as error:
        raise InvalidRequestError("the parameters cannot be read") from error
    if any("\x00" in text for pair in pairs for text in pair):
        raise InvalidRequestError("a parameter holds the character NUL")
    counts = Counter(name for name, _ in pairs if name not in REPEATABLE)
    if any(count > 1 for count in counts.values()):
        raise InvalidRequestError("a parameter appears twice")
    # "Parameters sent without a value MUST be treated as if they were omitted" (RFC 6749 §3.2)
    fields = {name: value for name, value in pairs if value and name not in REPEATABLE}
    return Form(fields, tuple(value for name, value in pairs if value and name in REPEATABLE))


class FormRequest(OAuth2Request):  # type: ignore[misc]  # Authlib has no types
    """A form, the Authorization header and the DPoP headers, as Authlib's grants and endpoints expect them."""

    def __init__(self, form: Form, authorization: str | None = None, proofs: Sequence[str] = ()) -> None:
        # Plain HTTP is refused by the settings in production; TLS ends at the edge, so the address says nothing here.
        super().__init__("POST", "https://localhost/")
        self.authorization = authorization
        self.proofs = proofs
        self.resources = form.resources
        self.payload = BasicOAuth2Payload(dict(form.fields))

    @property
    def form(self) -> dict[str, str]:
        """What Authlib's endpoints read."""
        fields: dict[str, str] = self.payload.data
        return fields
