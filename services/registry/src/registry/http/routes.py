"""The public addresses. Everybody may read; nothing here can be written."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Request, Response

from contracts.states import issuer_state
from registry.core.exports import open_badges
from registry.core.lookup import Lookup
from registry.http import pages
from registry.http.schemas import IssuerAnswer, RecordAnswer
from registry.http.views import issuer_answer, record_answer
from service_kit.app import router
from service_kit.described import UNCHANGED, problems
from service_kit.errors import NotFound
from service_kit.representation import HTML, JSON, negotiate, reply

LD_JSON = "application/ld+json"
DID_TYPES = (JSON, "application/did+json", "application/did+ld+json", "application/did")
LIST_TYPES = (JSON, "application/vc", "application/vc+ld+json", "application/ld+json")
KEPT_A_MINUTE = "public, max-age=60"
KEPT_FOR_EVER = "public, max-age=31536000, immutable"

Slug = Annotated[str, Path(description="the issuer's short name")]
RecordId = Annotated[
    str,
    Path(description="the last segment of the credential's id, or the whole id percent-encoded"),
]
ListId = Annotated[str, Path(description="last segment of the list's address")]


def routes(lookup: Lookup) -> APIRouter:
    """Every public address of the registry."""
    public = router(tags=["public record"])
    _status_lists(public, lookup)  # first: matching is in order, and this one is asked for most
    _records(public, lookup)
    _issuers(public, lookup)
    return public


def _issuers(public: APIRouter, lookup: Lookup) -> None:
    async def issuer(request: Request, slug: Slug) -> Response:
        """An issuer's Open Badges profile, keys and standing; a page for a browser.

        `Accept: application/ld+json` gives the Profile as JSON-LD.
        """
        wanted = negotiate(request, JSON, HTML, LD_JSON)
        as_page = wanted == HTML
        try:
            found = await lookup.issuer(slug)
        except NotFound as error:
            return _missing(request, error, as_page)
        said = await lookup.endorsements(found)
        if wanted == LD_JSON:
            linked = orjson.dumps(open_badges(found, said, lookup.public_base_url))
            return reply(request, linked, media_type=LD_JSON, cache_control=KEPT_A_MINUTE)
        answer = issuer_answer(found, said, lookup.public_base_url)
        if as_page:
            return _page(request, pages.issuer_page(answer), KEPT_A_MINUTE)
        body = answer.model_dump_json(by_alias=True, exclude_unset=True).encode()
        state = issuer_state(found.issuer_id, found.revision)
        return reply(request, body, cache_control=KEPT_A_MINUTE, state=state)

    async def did_document(request: Request, slug: Slug) -> Response:
        """The issuer's controller document, as did:web resolvers read it: the bytes change only when a key does."""
        found = await lookup.issuer(slug)
        media_type = negotiate(request, *DID_TYPES)
        return reply(request, found.did_document, media_type=media_type, cache_control=KEPT_A_MINUTE)

    _read(public, "/issuers/{slug}", issuer, _described(IssuerAnswer, HTML, LD_JSON))
    _read(public, "/issuers/{slug}/did.json", did_document, _described(dict[str, Any], *DID_TYPES[1:]))


def _records(public: APIRouter, lookup: Lookup) -> None:
    async def stylesheet(request: Request, v: str = "") -> Response:
        """The pages' look. `v` names the edition, so that it can be kept for ever."""
        del v
        return reply(request, pages.STYLESHEET, media_type=pages.CSS, cache_control=KEPT_FOR_EVER)

    async def record(request: Request, credential: RecordId) -> Response:
        """The public record of one credential; a page for a browser. It says nothing about the learner."""
        as_page = negotiate(request, JSON, HTML) == HTML
        try:
            answer = record_answer(await lookup.record(credential), lookup.now(), lookup.public_base_url)
        except NotFound as error:
            return _missing(request, error, as_page)
        if as_page:
            return _page(request, pages.record_page(answer))
        return reply(request, answer.model_dump_json(by_alias=True).encode())

    public.add_api_route("/records/page.css", stylesheet, methods=["GET"], include_in_schema=False)
    _read(public, "/records/{credential:path}", record, _described(RecordAnswer, HTML))


def _status_lists(public: APIRouter, lookup: Lookup) -> None:
    async def status_list(request: Request, list_id: ListId) -> Response:
        """A signed BitstringStatusListCredential, byte for byte as its issuer published it; kept for a minute."""
        found = await lookup.status_list(list_id)
        media_type = negotiate(request, *LIST_TYPES)
        return reply(request, found.credential, media_type=media_type, cache_control=f"public, max-age={found.ttl_s}")

    _read(public, "/status-lists/{list_id}", status_list, _described(dict[str, Any], *LIST_TYPES[1:]))


def _read(public: APIRouter, path: str, endpoint: Callable[..., Any], responses: dict[int | str, Any]) -> None:
    public.add_api_route(path, endpoint, methods=["GET"], responses=responses, response_class=Response)


def _described(model: Any, *other_types: str) -> dict[int | str, Any]:
    found = {"model": model, "description": "Found", "content": {name.partition(";")[0]: {} for name in other_types}}
    missing = problems(404)
    if HTML in other_types:  # a browser is told in a page
        missing[404]["content"] |= {"text/html": {}}
    return {200: found, **UNCHANGED, **missing}


def _page(request: Request, body: bytes, cache_control: str | None = None, status: int = 200) -> Response:
    kept = {"cache_control": cache_control} if cache_control else {}
    return reply(request, body, media_type=HTML, headers=pages.SECURITY, status=status, **kept)


def _missing(request: Request, error: NotFound, as_page: bool) -> Response:
    if not as_page:
        raise error
    return _page(request, pages.missing_page(error.detail), "no-store", HTTPStatus.NOT_FOUND)
