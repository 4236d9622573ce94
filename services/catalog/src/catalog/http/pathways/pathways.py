"""The routes of pathways: drafts and versions for their owner, what is published and trials for everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from catalog.core.exports import CTDL, PATHWAY_FORMATS
from catalog.core.exports.pathway_source import pathway_source
from catalog.core.model import PathwayDraft, PathwayView
from catalog.core.pathways.pathways import (
    NO_PATHWAY,
    ChangePathway,
    CreatePathway,
    DeletePathway,
    PublishPathway,
    RetirePathway,
    address,
)
from catalog.core.pathways.trial import TryPathway
from catalog.core.ports import PathwayQuery, PathwayReadings
from catalog.http.achievements.paths import PathVersion
from catalog.http.answers import as_a_page, documented
from catalog.http.callers import Anybody, Writer, editor, organization, required_editor
from catalog.http.contexts import LD_JSON
from catalog.http.list_page import LIST_SECURITY, PATHWAYS, list_page
from catalog.http.page import SECURITY, missing_page
from catalog.http.parameters import Filter, Words, clean
from catalog.http.pathways.page import pathway_page
from catalog.http.pathways.paths import PathId
from catalog.http.pathways.replies import (
    EvaluationAnswer,
    PathwayAnswer,
    PathwayDraftAnswer,
    PathwayPage,
    PathwayVersionAnswer,
    PathwayVersionPage,
    draft_reply,
    draft_tag,
    evaluation_reply,
    summary_reply,
    version_reply,
    view_reply,
)
from catalog.http.pathways.schemas import PathwayChanges, PathwayRequest, PathwayRetirement, Trial
from catalog.http.pathways.trial import held_of, setting_of
from catalog.http.replies import page_reply
from catalog.http.representation import PRIVATE, SHORTLY, dumped, reply, stored
from service_kit.app import router
from service_kit.clock import Clock
from service_kit.described import MADE, UNCHANGED
from service_kit.entity_tags import Seen
from service_kit.errors import NotFound
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey, PageRequest
from service_kit.offload import offload
from service_kit.pagination import LINK, next_page, page_request
from service_kit.representation import HTML, JSON, negotiate

ForReader = {"Vary": "Authorization, Accept"}
Paging = Annotated[PageRequest, Depends(page_request)]


@dataclass(frozen=True, slots=True)
class PathwayUseCases:
    """What the routes call."""

    create: CreatePathway
    change: ChangePathway
    delete: DeletePathway
    publish: PublishPathway
    retire: RetirePathway
    attempt: TryPathway
    readings: PathwayReadings
    clock: Clock
    base_url: str


@dataclass(frozen=True, slots=True)
class PathwayFilters:
    """The query parameters of a list of pathways."""

    q: Words = None
    organization: Filter = None
    mine: Annotated[bool, Query(description="your organization's, as drafts")] = False


def routes(use: PathwayUseCases) -> APIRouter:
    """Everything about pathways. What has more behind the id comes first."""
    pathways = router(tags=["pathways"])
    _publication(pathways, use)
    _history(pathways, use)
    _drafts(pathways, use)
    _reading(pathways, use)
    return pathways


def _publication(pathways: APIRouter, use: PathwayUseCases) -> None:
    def tag(draft: PathwayDraft) -> str:
        return draft_tag(draft, use.base_url)

    @pathways.post(
        "/pathways/{pathway_id:path}/publish", responses=documented(PathwayVersionAnswer, 401, 403, 404, 409)
    )
    async def publish_pathway(caller: Writer, pathway_id: PathId, seen: Seen, response: Response) -> dict[str, Any]:
        """Make the draft an immutable version, unless nobody could complete it: then `errors` says why not."""
        draft, version = await use.publish(organization(caller), pathway_id, expect=seen.expect(tag))
        answer = version_reply(version, use.base_url)
        response.headers["ETag"] = tag(draft)
        response.headers["Content-Location"] = str(answer["versionId"])
        return answer

    @pathways.post(
        "/pathways/{pathway_id:path}/retire", responses=documented(PathwayDraftAnswer, 400, 401, 403, 404, 409)
    )
    async def retire_pathway(
        caller: Writer, pathway_id: PathId, seen: Seen, response: Response, body: PathwayRetirement | None = None
    ) -> dict[str, Any]:
        """Close one version, or all, for new completions. What was awarded stays."""
        version = body.version if body else None
        draft = await use.retire(organization(caller), pathway_id, version, expect=seen.expect(tag))
        response.headers["ETag"] = tag(draft)
        return await offload(draft_reply, draft, use.base_url)

    @pathways.post("/pathways/{pathway_id:path}/evaluations", responses=documented(EvaluationAnswer, 400, 404))
    async def try_pathway(pathway_id: PathId, body: Trial) -> dict[str, Any]:
        """A trial: what these achievements would be worth to the published pathway, and what is missing.

        Nothing is verified and nothing is kept. The rules and reasons are those by which the pathway is awarded.
        """
        today = use.clock().date()
        held, setting = held_of(body, today), setting_of(body, today)
        version, found = await use.attempt(pathway_id, held, setting, body.version)
        return evaluation_reply(version, found, use.base_url)


def _history(pathways: APIRouter, use: PathwayUseCases) -> None:
    @pathways.get(
        "/pathways/{pathway_id:path}/versions/{version}",
        responses=UNCHANGED | documented(PathwayVersionAnswer, 404),
        response_class=Response,
    )
    async def read_pathway_version(request: Request, pathway_id: PathId, version: PathVersion) -> Response:
        """One version. What it says never changes; whether it is retired may."""
        found = await use.readings.version(pathway_id, version)
        if found is None:
            raise NotFound("there is no such version")
        return reply(request, version_reply(found, use.base_url), cache_control=SHORTLY)

    @pathways.get(
        "/pathways/{pathway_id:path}/versions",
        responses=UNCHANGED | documented(PathwayVersionPage, 404, **LINK[200]),
        response_class=Response,
    )
    async def list_pathway_versions(request: Request, pathway_id: PathId, page: Paging) -> Response:
        """The versions that were published, newest first."""
        found = await use.readings.versions(pathway_id, page)
        if found is None:
            raise NotFound(NO_PATHWAY)
        items = [version_reply(version, use.base_url) for version in found.items]
        return _page(request, use.base_url, items, found.next)


def _drafts(pathways: APIRouter, use: PathwayUseCases) -> None:
    def tag(draft: PathwayDraft) -> str:
        return draft_tag(draft, use.base_url)

    @pathways.post(
        "/pathways",
        status_code=HTTPStatus.CREATED,
        responses=documented(PathwayDraftAnswer, 400, 401, 403, 409, 410, status=201, **MADE[201]),
    )
    async def create_pathway(
        caller: Writer,
        body: PathwayRequest,
        key: Annotated[IdempotencyKey | None, Depends(idempotency_key)],
        response: Response,
    ) -> dict[str, Any]:
        """Start a draft. It may have flaws, which the answer lists; they must go before it is published."""
        draft = await use.create(organization(caller), body.members(), key)
        response.headers["Location"] = address(use.base_url, draft.id)
        response.headers["ETag"] = tag(draft)
        return await offload(draft_reply, draft, use.base_url)

    @pathways.patch("/pathways/{pathway_id:path}", responses=documented(PathwayDraftAnswer, 400, 401, 403, 404))
    async def change_pathway(
        caller: Writer, pathway_id: PathId, body: PathwayChanges, seen: Seen, response: Response
    ) -> dict[str, Any]:
        """Replace members of the draft; what is published stays until the next publication."""
        draft = await use.change(organization(caller), pathway_id, body.members(), expect=seen.expect(tag))
        response.headers["ETag"] = tag(draft)
        return await offload(draft_reply, draft, use.base_url)

    @pathways.delete(
        "/pathways/{pathway_id:path}",
        status_code=HTTPStatus.NO_CONTENT,
        responses=documented(None, 401, 403, 404, 409, status=204),
        response_class=Response,
    )
    async def delete_pathway(caller: Writer, pathway_id: PathId, seen: Seen) -> None:
        """Throw away a pathway that was never published."""
        await use.delete(organization(caller), pathway_id, expect=seen.expect(tag))


def _reading(pathways: APIRouter, use: PathwayUseCases) -> None:
    @pathways.get(
        "/pathways",
        responses=UNCHANGED | as_a_page(documented(PathwayPage, 401, 403, **LINK[200]), 200),
        response_class=Response,
    )
    async def list_pathways(
        request: Request,
        caller: Anybody,
        filters: Annotated[PathwayFilters, Depends()],
        page: Paging,
    ) -> Response:
        """What is published, newest first; with `mine`, your organization's drafts as well.

        A browser (`Accept: text/html`) gets a page to look through; not with `mine`.
        """
        query = PathwayQuery(clean("q", filters.q), clean("organization", filters.organization))
        if filters.mine:
            found = await use.readings.drafts(required_editor(caller), query, page)
        else:
            found = await use.readings.published(query, page)
        items = [summary_reply(item, use.base_url) for item in found.items]
        if not filters.mine and negotiate(request, JSON, HTML) == HTML:
            following = next_page(request, use.base_url, found.next)
            body = list_page(PATHWAYS, items, query.q, following.address)
            headers = {**ForReader, **LIST_SECURITY, **following.headers}
            return stored(request, body, media_type=HTML, headers=headers)
        return _page(request, use.base_url, items, found.next, cache_control=PRIVATE if filters.mine else SHORTLY)

    @pathways.get(
        "/pathways/{pathway_id:path}",
        responses=UNCHANGED | as_a_page(documented(PathwayAnswer, 401, 404, content={LD_JSON: {}}), 200, 404),
        response_class=Response,
    )
    async def read_pathway(request: Request, pathway_id: PathId, caller: Anybody) -> Response:
        """The newest published version; for its owner also the draft. `Accept: application/ld+json`: as CTDL.

        A browser (`Accept: text/html`) gets a page of it.
        """
        wanted = negotiate(request, JSON, HTML, LD_JSON)
        view = await use.readings.pathway(pathway_id, editor(caller))
        if wanted == HTML:
            return _shown(request, view, use.base_url)
        if view is None:
            raise NotFound(NO_PATHWAY)
        source = pathway_source(view, use.base_url) if wanted == LD_JSON else None
        if source is not None:
            return stored(request, dumped(PATHWAY_FORMATS[CTDL](source)), media_type=LD_JSON, headers=ForReader)
        document = await offload(view_reply, view, use.base_url)
        if view.draft is None:
            return reply(request, document, headers=ForReader)
        tag = draft_tag(view.draft, use.base_url, document)
        return reply(request, document, tag=tag, cache_control=PRIVATE, headers=ForReader)


def _shown(request: Request, view: PathwayView | None, base_url: str) -> Response:
    """What is published, for people."""
    source = pathway_source(view, base_url) if view else None
    headers = {**ForReader, **SECURITY}
    if source is None:
        body = missing_page("There is no such pathway, or it is not published.")
        return Response(body, 404, {**headers, "Cache-Control": SHORTLY}, HTML)
    return stored(request, pathway_page(source), media_type=HTML, headers=headers)


def _page(
    request: Request,
    base_url: str,
    items: Sequence[dict[str, Any]],
    after: tuple[str, ...] | None,
    cache_control: str = SHORTLY,
) -> Response:
    following = next_page(request, base_url, after)
    headers = {**ForReader, **following.headers}
    return reply(request, page_reply(list(items), following.cursor), cache_control=cache_control, headers=headers)
