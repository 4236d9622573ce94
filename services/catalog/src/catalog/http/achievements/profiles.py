"""The routes of metadata profiles: what a catalogue asks of an achievement before it is published."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from catalog.core.achievements.elements import Profile
from catalog.core.achievements.profile_ports import ProfileReadings
from catalog.core.achievements.profiles import NO_PROFILE, SHARED, DeleteProfile, PutProfile
from catalog.core.model import Json, OrgId
from catalog.http.achievements.profile_schemas import NAME, PROFILE_NAME, ProfileAnswer, ProfilePage, ProfileRules
from catalog.http.answers import documented
from catalog.http.callers import Anybody, Writer, editor, organization
from catalog.http.replies import page_reply
from catalog.http.representation import PRIVATE, SHORTLY, reply
from service_kit.app import router
from service_kit.described import UNCHANGED
from service_kit.entity_tags import Seen, tag_of
from service_kit.errors import NotFound, invalid_field
from service_kit.inputs import PageRequest
from service_kit.pagination import LINK, next_page, page_request, part_of

ForCaller = {"Vary": "Authorization"}
Name = Annotated[str, Path(description="the profile's name")]


@dataclass(frozen=True, slots=True)
class ProfileUseCases:
    """What the routes call."""

    put: PutProfile
    delete: DeleteProfile
    readings: ProfileReadings
    base_url: str


def routes(use: ProfileUseCases) -> APIRouter:
    """Read everybody's and one's own; write one's own."""
    profiles = router(tags=["metadata profiles"])
    _reads(profiles, use)
    _writes(profiles, use)
    return profiles


def _reads(profiles: APIRouter, use: ProfileUseCases) -> None:
    @profiles.get(
        "/metadata-profiles", responses=UNCHANGED | documented(ProfilePage, 401, **LINK[200]), response_class=Response
    )
    async def list_metadata_profiles(
        request: Request, caller: Anybody, page: Annotated[PageRequest, Depends(page_request)]
    ) -> Response:
        """Everybody's profiles, and with a token those of your organization."""
        known = await _known(use, editor(caller))
        found = part_of(known, page, lambda profile: (profile.name,))
        following = next_page(request, use.base_url, found.next)
        headers = {**ForCaller, **following.headers}
        document = page_reply([profile_reply(profile) for profile in found.items], following.cursor)
        return reply(request, document, cache_control=PRIVATE if caller else SHORTLY, headers=headers)

    @profiles.get(
        "/metadata-profiles/{name}", responses=UNCHANGED | documented(ProfileAnswer, 401, 404), response_class=Response
    )
    async def read_metadata_profile(request: Request, name: Name, caller: Anybody) -> Response:
        """One profile."""
        for profile in await _known(use, editor(caller)):
            if profile.name == name:
                document = profile_reply(profile)
                return reply(request, document, cache_control=PRIVATE if caller else SHORTLY, headers=ForCaller)
        raise NotFound(NO_PROFILE)


async def _known(use: ProfileUseCases, owner: OrgId | None) -> list[Profile]:
    own = await use.readings.own(owner) if owner else []
    return [*SHARED.values(), *own]


def _writes(profiles: APIRouter, use: ProfileUseCases) -> None:
    @profiles.put("/metadata-profiles/{name}", responses=documented(ProfileAnswer, 400, 401, 403, 409))
    async def put_metadata_profile(
        caller: Writer, name: Name, body: ProfileRules, seen: Seen, response: Response
    ) -> dict[str, Any]:
        """Create your organization's profile of this name, or replace it. What is published already stays published."""
        if not NAME.fullmatch(name):
            raise invalid_field("name", f"must match {PROFILE_NAME}")
        stored = await use.put(organization(caller), body.profile(name), expect=seen.expect(profile_tag))
        response.headers["ETag"] = profile_tag(stored)
        return profile_reply(stored)

    @profiles.delete(
        "/metadata-profiles/{name}",
        status_code=HTTPStatus.NO_CONTENT,
        responses=documented(None, 401, 403, 404, 409, status=204),
        response_class=Response,
    )
    async def delete_metadata_profile(caller: Writer, name: Name, seen: Seen) -> None:
        """Remove your organization's profile of this name."""
        await use.delete(organization(caller), name, expect=seen.expect(profile_tag))


def profile_tag(profile: Profile) -> str:
    """The profile's entity tag."""
    return tag_of(profile_reply(profile))


def profile_reply(profile: Profile) -> Json:
    """A profile, for everybody or for its owner."""
    return {
        "name": profile.name,
        "title": profile.title,
        "required": list(profile.required),
        "recommended": list(profile.recommended),
        "own": profile.org_id is not None,
        "default": profile.is_default,
        "updatedAt": profile.updated_at.isoformat() if profile.updated_at else None,
    }
