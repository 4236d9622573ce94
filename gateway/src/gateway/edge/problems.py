"""What the edge answers by itself: problem documents (RFC 9457) in the form the services give theirs.

Below /ims/ of the Open Badges API it is that API's `imsx_StatusInfo`.

Everything here configures Envoy's local replies, so a refused token, an unknown address and a room that is away
look the same to a caller as a refusal by a service.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from contracts.problems import PROBLEM_TYPES
from gateway.edge import queries
from service_kit import problem_page
from service_kit.problems import RESOURCE_METADATA_PATH

MEDIA_TYPE = "application/problem+json"
NOT_KEPT = ("cache-control", "no-store")
VARY = ("vary", "Accept")
OPEN_BADGES = "/ims/"
# Written by Envoy for each refusal; for a token it says what is wrong with it ("Jwt is expired").
REASON = "%LOCAL_REPLY_BODY%"
# Beside it, what is not known (of a request whose header lines Envoy refuses) is an empty text and not null.
NOTHING = "%REQ(X-NOTHING)%"


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    code: str
    detail: str
    headers: tuple[tuple[str, str], ...] = ()
    seen_as: int | None = None
    """The status Envoy itself gives, where that is another."""
    minor: str = "unknown"
    """The nearest value of Open Badges' Imsx_CodeMinorFieldValue."""
    with_header: str = ""
    """Only for requests that have this header."""
    why: str = ""
    """Only where this is in what Envoy says of why (its response code details)."""


# The reason itself stands in the body: Envoy adds headers before there is one.
CHALLENGE = 'Bearer realm="laurel", error="invalid_token", error_description="the access token is not valid here"'
CHALLENGE += f', resource_metadata="{{base}}{RESOURCE_METADATA_PATH}"'
# Envoy answers 403; what looks like a refused token would send a program to look for another one.
UPGRADE = "nothing here speaks another protocol: ask again without Upgrade"
BAD_TOKEN = Refusal(401, "unauthorized", REASON, (("www-authenticate", CHALLENGE),), minor="unauthorizedrequest")
NOT_SPOKEN = "only HTTP/1.1 and HTTP/2 are spoken here"
NOT_TAKEN = "this address does not take this method; Allow lists those that it takes"
REFUSALS = (
    Refusal(400, "malformed-request", "the request cannot be read", minor="invalid_data"),
    Refusal(400, "malformed-request", UPGRADE, seen_as=403, minor="invalid_data", with_header="upgrade"),
    # A 426 is to say what to upgrade to (RFC 9110 §15.5.22), and Envoy lets no such header out.
    Refusal(400, "malformed-request", NOT_SPOKEN, seen_as=426, minor="invalid_data"),
    # Envoy has no keys: it has just begun, and the gateway is away. The token may be as good as any.
    Refusal(
        503,
        "unavailable",
        "no access token can be checked for now; try again",
        (("retry-after", "2"),),
        seen_as=401,
        minor="server_busy",
        why="Jwks_remote_fetch",
    ),
    BAD_TOKEN,
    # A token for somebody else is an invalid one (RFC 6750 §3.1); nothing else at the edge answers 403.
    replace(BAD_TOKEN, seen_as=403),
    Refusal(404, "not-found", "there is nothing at this address"),
    Refusal(405, "method-not-allowed", NOT_TAKEN, minor="invalid_data"),
    Refusal(408, "request-timeout", "the request took too long to arrive"),
    Refusal(429, "limit-exceeded", "too many requests; try again in a second", minor="server_busy"),
    Refusal(431, "headers-too-large", "the request's headers, or its address, are too large"),
    Refusal(501, "method-not-known", "there is no such method", minor="invalid_data", with_header=":method"),
    # A coding of transfer that Envoy does not know: it has looked no further.
    Refusal(400, "malformed-request", "the request cannot be read", seen_as=501, minor="invalid_data"),
    Refusal(503, "unavailable", "the service is away for now; try again", (("retry-after", "2"),), minor="server_busy"),
    Refusal(504, "timeout", "the service took too long to answer; the request may have had its effect"),
)


def local_replies(public_base_url: str) -> dict[str, Any]:
    """The `local_reply_config`: one mapper for each refusal, and one for every other error.

    What is refused in a room's place comes first, then Open Badges', then the pages for a person with a browser.
    """
    rest = {
        "filter": _status("GE", 400),
        "body_format_override": _document("about:blank", "Error", "the request was refused"),
    }
    open_badges_rest = {
        "filter": _below_ims(_status("GE", 400)),
        "body_format_override": _status_info("the request was refused", "unknown"),
    }
    refusals = [_at(refusal, public_base_url) for refusal in REFUSALS]
    open_badges = [_open_badges_mapper(refusal) for refusal in refusals]
    pages = [_page_mapper(refusal, public_base_url) for refusal in refusals]
    plain = [_plain_mapper(refusal, public_base_url) for refusal in refusals]
    return {"mappers": [*_queries(public_base_url), *open_badges, open_badges_rest, *pages, *plain, rest]}


def _queries(public_base_url: str) -> Iterator[dict[str, Any]]:
    """405 where Envoy gives a 400 for the Content-Type that a QUERY lacks."""
    said = {"safe_regex": {"regex": ".+"}}
    lacks = _header("content-type", string_match=said, treat_missing_header_as_empty=True, invert_match=True)
    of_envoy = (_status("EQ", 400), _header(":method", string_match={"exact": "QUERY"}), lacks)
    for expression, allow in queries.allowed():
        refusal = Refusal(405, "method-not-allowed", NOT_TAKEN, (("allow", allow),), minor="invalid_data")
        wanted = _all(*of_envoy, _header(":path", string_match={"safe_regex": {"regex": expression}}))
        if OPEN_BADGES in expression:
            yield _mapper(refusal, _below_ims(wanted), _status_info(refusal.detail, refusal.minor))
        yield _plain_mapper(refusal, public_base_url, wanted)


def _at(refusal: Refusal, base: str) -> Refusal:
    return replace(refusal, headers=tuple((name, value.format(base=base)) for name, value in refusal.headers))


def _plain_mapper(refusal: Refusal, public_base_url: str, wanted: dict[str, Any] | None = None) -> dict[str, Any]:
    problem = PROBLEM_TYPES[refusal.code]
    return _mapper(
        refusal, wanted or _seen(refusal), _document(problem.address(public_base_url), problem.title, refusal.detail)
    )


def _page_mapper(refusal: Refusal, public_base_url: str) -> dict[str, Any]:
    """Only words of ours: what Envoy writes into a text is not escaped."""
    known = PROBLEM_TYPES[refusal.code]
    detail = known.detail if REASON in refusal.detail else refusal.detail
    text = problem_page.problem_page(refusal.status, known.title, detail, known.address(public_base_url))
    body = {
        "content_type": problem_page.MEDIA_TYPE,
        "text_format_source": {"inline_string": text.replace("%", "%%")},
    }
    headers = (*refusal.headers, *((name.lower(), value) for name, value in problem_page.SECURITY.items()), VARY)
    return _mapper(replace(refusal, headers=headers), _for_a_reader(_seen(refusal)), body)


def _open_badges_mapper(refusal: Refusal) -> dict[str, Any]:
    return _mapper(refusal, _below_ims(_seen(refusal)), _status_info(refusal.detail, refusal.minor))


def _mapper(refusal: Refusal, wanted: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    headers = [header(name, value) for name, value in (NOT_KEPT, *refusal.headers)]
    return {
        "filter": wanted,
        "status_code": refusal.status,
        "body_format_override": body,
        "headers_to_add": headers,
    }


def header(name: str, value: str) -> dict[str, Any]:
    """A header that replaces any of its name."""
    return {"header": {"key": name, "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}


def _seen(refusal: Refusal) -> dict[str, Any]:
    wanted = [_status("EQ", refusal.seen_as or refusal.status)]
    wanted += [_header(refusal.with_header, present_match=True)] if refusal.with_header else []
    wanted += [_details(refusal.why)] if refusal.why else []
    return _all(*wanted) if len(wanted) > 1 else wanted[0]


def _below_ims(wanted: dict[str, Any]) -> dict[str, Any]:
    return _all(wanted, _header(":path", string_match={"prefix": OPEN_BADGES}))


def _for_a_reader(wanted: dict[str, Any]) -> dict[str, Any]:
    """A browser that was sent here by a person, not by a script or a form."""
    reads = _header(":method", string_match={"safe_regex": {"regex": "GET|HEAD"}})
    return _all(wanted, reads, _header("accept", string_match={"contains": "text/html"}))


def _all(*filters: dict[str, Any]) -> dict[str, Any]:
    return {"and_filter": {"filters": list(filters)}}


def _details(part: str) -> dict[str, Any]:
    name = "envoy.access_loggers.extension_filters.cel"
    kind = "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"
    expression = f"response.code_details.contains('{part}')"
    return {"extension_filter": {"name": name, "typed_config": {"@type": kind, "expression": expression}}}


def _header(name: str, **matches: Any) -> dict[str, Any]:
    return {"header_filter": {"header": {"name": name, **matches}}}


def _status(comparison: str, status: int) -> dict[str, Any]:
    value = {"default_value": status, "runtime_key": "edge.refusal"}
    return {"status_code_filter": {"comparison": {"op": comparison, "value": value}}}


def _document(problem_type: str, title: str, detail: str) -> dict[str, Any]:
    members = {
        "type": problem_type,
        "title": title,
        "status": "%RESPONSE_CODE%",
        "detail": detail,
        "instance": f"%PATH(NQ:ORIG_OR_PATH)%{NOTHING}",
        "requestId": f"%REQ(X-REQUEST-ID)%{NOTHING}",
    }
    return {"content_type": MEDIA_TYPE, "json_format": members, "omit_empty_values": True}


def _status_info(description: str, minor: str) -> dict[str, Any]:
    """Open Badges 3.0: as the issuer's own."""
    code = {"imsx_codeMinorFieldName": "laurel", "imsx_codeMinorFieldValue": minor}
    members = {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": description,
        "imsx_codeMinor": {"imsx_codeMinorField": [code]},
    }
    return {"content_type": "application/json", "json_format": members}
