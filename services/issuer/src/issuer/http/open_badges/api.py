"""The Open Badges 3.0 API (1EdTech, §6): a person's credentials and profile, for programs that the person allowed."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Final
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response

from credential_core.bake import unbake
from credential_core.errors import CredentialError
from issuer.core.backpack.backpack import KeepCredential, PutProfile, ReadBackpack, RemoveKept
from issuer.core.backpack.farewell import EndConnections
from issuer.core.backpack.model import Notation, Outcome, Slice
from issuer.core.backpack.verify_kept import VerifyKept
from issuer.http.backpack.keepers import PersonScope, keeper
from issuer.http.inputs import Moment
from issuer.http.open_badges.status import refusals
from service_kit.app import router
from service_kit.auth import Caller
from service_kit.errors import Invalid, Malformed
from service_kit.offload import offload

PREFIX: Final = "/ims/ob/v3p0"
CREDENTIALS: Final = f"{PREFIX}/credentials"
PROFILE: Final = f"{PREFIX}/profile"
SCOPE: Final = "https://purl.imsglobal.org/spec/ob/v3p0/scope/"
MAX_CREDENTIAL: Final = 256 * 1024
MAX_PROFILE: Final = 64 * 1024
USUAL_LIMIT, MAX_LIMIT = 20, 50
MAX_OFFSET: Final = 1_000_000
JSON_TYPES: Final = ("application/json", "application/vc+ld+json", "application/ld+json", "application/vc")
JWS_TYPE: Final = "text/plain"
DOCUMENT = {"schema": {"type": "object"}}
TEXT = {"schema": {"type": "string"}}
IMAGE_TYPES: Final = ("image/png", "image/svg+xml")
IMAGE = {"schema": {"type": "string", "contentMediaType": "image/*"}}
WRITTEN: dict[str, Any] = {**dict.fromkeys(JSON_TYPES[:2], DOCUMENT), JWS_TYPE: TEXT}
ARRAYS = {
    "title": "OpenBadgesCredentials",
    "type": "object",
    "properties": {
        "credential": {"type": "array", "items": {"type": "object"}},
        "compactJwsString": {"type": "array", "items": {"type": "string"}},
    },
}

ReadsCredentials = Annotated[Caller, Depends(PersonScope(f"{SCOPE}credential.readonly"))]
Upserts = Annotated[Caller, Depends(PersonScope(f"{SCOPE}credential.upsert"))]
ReadsProfile = Annotated[Caller, Depends(PersonScope(f"{SCOPE}profile.readonly"))]
UpdatesProfile = Annotated[Caller, Depends(PersonScope(f"{SCOPE}profile.update"))]
Limit = Annotated[int, Query(ge=1, le=2**31 - 1, description=f"per page; more than {MAX_LIMIT} is {MAX_LIMIT}")]
Offset = Annotated[int, Query(ge=0, le=MAX_OFFSET)]
Since = Annotated[Moment | None, Query(description="only those whose validFrom is after this")]


@dataclass(frozen=True, slots=True)
class BackpackUses:
    """What is behind the routes about backpacks."""

    keep: KeepCredential
    put_profile: PutProfile
    read: ReadBackpack
    verify: VerifyKept
    remove: RemoveKept
    end: EndConnections


def open_badges_routes(uses: BackpackUses, base_url: str) -> APIRouter:
    """`/ims/ob/v3p0`, but for its discovery."""
    routes = router(prefix=PREFIX, tags=["open-badges"], open_query=True)
    _add_credentials(routes, uses, base_url)
    _add_profile(routes, uses)
    return routes


def _add_credentials(routes: APIRouter, uses: BackpackUses, base_url: str) -> None:
    listing: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"schema": ARRAYS}}}}
    written: dict[int | str, dict[str, Any]] = {
        201: {"description": "kept", "content": WRITTEN},
        200: {"description": "kept in place of an older one", "content": WRITTEN},
        304: {"description": "a newer one is kept already"},
    }

    @routes.get(
        "/credentials",
        operation_id="getCredentials",
        summary="The person's credentials",
        responses={**listing, **refusals()},
    )
    async def get_credentials(
        caller: ReadsCredentials, limit: Limit = USUAL_LIMIT, offset: Offset = 0, since: Since = None
    ) -> Response:
        wanted = Slice(min(limit, MAX_LIMIT), offset, since)
        found = await uses.read.texts(keeper(caller), wanted)
        headers = {"X-Total-Count": str(found.total), "Link": links(base_url, wanted, found.total), **PRIVATE}
        return Response(_arrays(found.texts), headers=headers, media_type="application/json")

    @routes.post(
        "/credentials",
        status_code=201,
        operation_id="upsertCredential",
        summary="Keep a credential, or replace an older one",
        responses={**written, **refusals(413, 415)},
        openapi_extra={"requestBody": {"required": True, "content": {**WRITTEN, **dict.fromkeys(IMAGE_TYPES, IMAGE)}}},
    )
    async def upsert_credential(request: Request, caller: Upserts) -> Response:
        text, notation, media_type = await _credential(request)
        outcome = await uses.keep(keeper(caller), text, notation)
        if outcome is Outcome.OLDER:
            return Response(status_code=304)
        status = 201 if outcome is Outcome.CREATED else 200
        return Response(text, status, headers=PRIVATE, media_type=media_type)


def _add_profile(routes: APIRouter, uses: BackpackUses) -> None:
    answer: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": DOCUMENT}}}

    @routes.get(
        "/profile", operation_id="getProfile", summary="The person's profile", responses={**answer, **refusals(404)}
    )
    async def get_profile(caller: ReadsProfile) -> Response:
        return _profile(await uses.read.profile(keeper(caller)))

    @routes.put(
        "/profile",
        operation_id="putProfile",
        summary="Set the person's profile as a whole",
        responses={**answer, **refusals(413, 415)},
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": DOCUMENT}}},
    )
    async def put_profile(request: Request, caller: UpdatesProfile) -> Response:
        if _notation(request)[0] is not Notation.DOCUMENT:
            raise Invalid("a profile is sent as application/json")
        profile = await request.json()
        if not isinstance(profile, dict):
            raise Invalid("a profile is a JSON object")
        return _profile(await uses.put_profile(keeper(caller), profile))


PRIVATE: Final = {"Cache-Control": "no-store"}


def _profile(text: str) -> Response:
    return Response(text, headers=PRIVATE, media_type="application/json")


def links(base_url: str, wanted: Slice, total: int) -> str:
    """RFC 8288, with the relations of Open Badges: `first` and `last` always, `next` and `prev` where there is one.

    Pages are counted from `offset`, so that `last` is one that `next` leads to.
    """
    limit, offset = wanted.limit, wanted.offset
    start = offset % limit
    places = {"last": start + max(total - 1 - start, 0) // limit * limit, "first": 0}
    if offset + limit < total:
        places = {"next": offset + limit, **places}
    if offset > 0:
        places["prev"] = max(offset - limit, 0)
    return ", ".join(
        f'<{_page(base_url, replace(wanted, offset=place))}>; rel="{rel}"' for rel, place in places.items()
    )


def _page(base_url: str, wanted: Slice) -> str:
    query = {"limit": str(wanted.limit), "offset": str(wanted.offset)}
    if wanted.since is not None:
        query["since"] = wanted.since.isoformat().replace("+00:00", "Z")
    return f"{base_url}{CREDENTIALS}?{urlencode(query)}"


def _arrays(texts: tuple[tuple[Notation, str], ...]) -> bytes:
    """The documents stand in the answer as they came: nothing is written anew that a proof may cover."""
    documents = ",".join(text for notation, text in texts if notation is Notation.DOCUMENT)
    tokens = orjson.dumps([text for notation, text in texts if notation is Notation.COMPACT_JWS])
    return b'{"credential":[' + documents.encode() + b'],"compactJwsString":' + tokens + b"}"


async def _credential(request: Request) -> tuple[str, Notation, str]:
    """The credential that was sent, also in the image that shows it, and the media type it is answered in."""
    if _media_type(request) not in IMAGE_TYPES:
        notation, media_type = _notation(request)
        return _text(await request.body()), notation, media_type
    try:
        baked = await offload(unbake, await request.body())
    except CredentialError as error:
        raise Invalid(f"the image holds no credential: {error.detail}") from error
    if baked.is_jws:
        return baked.text, Notation.COMPACT_JWS, JWS_TYPE
    return baked.text.strip(), Notation.DOCUMENT, JSON_TYPES[0]


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _notation(request: Request) -> tuple[Notation, str]:
    media_type = _media_type(request)
    if media_type == JWS_TYPE:
        return Notation.COMPACT_JWS, media_type
    if media_type in JSON_TYPES:
        return Notation.DOCUMENT, media_type
    raise Invalid("the content type is application/vc+ld+json or application/json, or text/plain for a compact JWS")


def _text(body: bytes) -> str:
    """The body as it is kept. What it means is read elsewhere; that it is one JSON text or one token, too."""
    try:
        return body.decode().strip()
    except UnicodeDecodeError as error:
        raise Malformed("the body is not UTF-8") from error
