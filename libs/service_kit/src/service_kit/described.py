"""What routes say of their answers: the words for each status, and what descriptions are corrected by."""

from collections.abc import Mapping
from typing import Any

from fastapi.routing import APIRoute

from service_kit.problems import MEDIA_TYPE

Json = dict[str, Any]
TEXT = {"type": "string"}
OBJECT = {"type": "object"}
OF_OBJECTS = {
    *("application/ld+json", "application/vc+ld+json", "application/vc", "application/vc+json"),
    *("application/did+ld+json", "application/did+json", "application/did"),
}
MEANINGS = {
    400: "The request cannot be read",
    401: "No access token, or one that is not accepted",
    403: "The token lacks a scope, or a rule forbids it",
    404: "There is no such thing, or it is another organization's",
    406: "No representation of the kind that was asked for",
    409: "The request contradicts the present state; the problem's type says how",
    410: "What the request is about was removed for good",
    412: "If-Match names a state that is no longer the present one",
    413: "The body is too large",
    415: "The body is of a media type that is not read here",
    422: "A member, a parameter or a header is wrong; `errors` names it",
    503: "Something this needs is away for now",
}
SCHEMA = {"$ref": "#/components/schemas/Problem"}
UNCHANGED: dict[int | str, Json] = {304: {"description": "What If-None-Match names is current"}}
RETRY_AFTER = {"Retry-After": {"description": "seconds", "schema": {"type": "integer"}}}
ETAG = {"ETag": {"description": "names this state: for If-Match and If-None-Match", "schema": TEXT}}
MADE: dict[int | str, Json] = {
    201: {
        "headers": {"Location": {"description": "where it is", "schema": {"type": "string", "format": "uri"}}, **ETAG}
    }
}
"""A new thing: where it is, and the tag of its first state."""
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": TEXT,
    "description": "the ETag you have: 304 if it is current",
}
PAGE = "text/html"
TAKEN = {
    "Accept": {"description": "media types that are read here; also as Accept-Post or Accept-Patch", "schema": TEXT}
}
HEADERS: Mapping[str, Json] = {
    "401": {"WWW-Authenticate": {"description": "what would be accepted", "schema": TEXT}},
    "409": {"Retry-After": {"description": "seconds, where waiting helps", "schema": {"type": "integer"}}},
    "415": TAKEN,
    "429": RETRY_AFTER,
    "503": RETRY_AFTER,
}


def problems(*statuses: int) -> dict[int | str, Json]:
    """`responses=` for these. What all operations may answer, or all with a token or a body, need not be said."""
    return {status: _problem(status) for status in statuses}


def correct(operation: Json, route: APIRoute) -> None:
    """Say 422 where a route may answer so and nowhere else, and name the headers of refusals and of conditions."""
    responses: Json = operation["responses"]
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _given(parameter["schema"])
    _say_conditions(operation, responses)
    if getattr(route, "open_query", True):  # a protocol of others, where whatever is wrong is a 400
        responses.pop("422", None)
    else:
        responses.setdefault("422", _problem(422))
    unreadable = responses["400"].setdefault("content", {})
    if "imsx_" not in str(unreadable):  # 1EdTech's own form; all others have problem documents beside theirs
        unreadable.setdefault(MEDIA_TYPE, {"schema": SCHEMA})
    for status, headers in HEADERS.items():
        if MEDIA_TYPE in responses.get(status, {}).get("content", {}):
            responses[status]["headers"] = {**headers, **responses[status].get("headers", {})}
    if "GET" in (route.methods or ()):
        _say_pages(responses)
    for answer in responses.values():
        if "content" in answer:
            inside = sorted(answer["content"].items(), key=lambda one: _rank(one[0]))
            answer["content"] = {name: _plainly(name, media) for name, media in inside}
    operation["responses"] = dict(sorted(responses.items()))


def _say_pages(responses: Json) -> None:
    """A browser that reads is refused by a page."""
    for answer in responses.values():
        if MEDIA_TYPE in (content := answer.get("content", {})):
            content.setdefault(PAGE, {"schema": TEXT})


def _rank(media_type: str) -> int:
    """Plain JSON first, pages last: generated clients read an answer as the first of its media types."""
    if media_type in ("application/json", MEDIA_TYPE):
        return 0
    return 1 if media_type in OF_OBJECTS else 2


def _plainly(media_type: str, media: Json) -> Json:
    """A model alone where it is named, without what an endpoint's annotation says less well; and text as text.

    Generators of clients take `additionalProperties` beside a `$ref` for a map, and no schema for anything.
    """
    otherwise = TEXT if media_type.startswith("text/") else OBJECT if media_type in OF_OBJECTS else {}
    schema: Json = media.get("schema") or otherwise
    if "$ref" in schema:
        schema = {name: schema[name] for name in ("$ref", "description") if name in schema}
    return {**media, "schema": schema} if schema else media


def _given(schema: Json) -> Json:
    """Of a parameter when it is there: what may be left out is not null then, as a query and a header are text."""
    alternatives = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    others = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**others, **alternatives[0]} if len(alternatives) == 1 else schema


def _say_conditions(operation: Json, responses: Json) -> None:
    """What may be 304 has a tag and takes If-None-Match; what takes If-Match may be 412, and gives the new tag."""
    parameters = operation.get("parameters", [])
    tagged: list[str] = []
    if "304" in responses and "requestBody" not in operation:
        operation["parameters"] = [*parameters, IF_NONE_MATCH]
        tagged += ["200", "304"]
    if any(each["name"] == "If-Match" for each in parameters):
        responses["412"] = _problem(412)
        tagged += [status for status in responses if status < "204" or status == "412"]
    for status in tagged:
        responses[status]["headers"] = {**ETAG, **responses[status].get("headers", {})}


def _problem(status: int) -> Json:
    return {"description": MEANINGS[status], "content": {MEDIA_TYPE: {"schema": SCHEMA}}}
