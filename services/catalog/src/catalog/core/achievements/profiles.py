"""Metadata profiles: which elements an achievement must state to be published, and which it should.

Three are everybody's; an organization adds its own, and may make one of those the rule for all that names none.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from catalog.core.achievements.element_examples import EXAMPLES
from catalog.core.achievements.elements import ANNEX_I, Element, Need, Profile, completeness
from catalog.core.model import Draft, Json, OrgId, Version
from catalog.core.ports import Begin, Work
from service_kit.clock import Clock
from service_kit.errors import Conflict, FieldError, Invalid, NotFound, invalid_field
from service_kit.inputs import Expectation, whatever

NO_PROFILE = "there is no such metadata profile"
MOST = 50


OPEN_BADGES = Profile(
    "open-badges",
    "Open Badges 3.0",
    required=("title", "description", "criteria"),
    recommended=("kind", "image", "skills", "language"),
)
EU_ANNEX_I = Profile(
    "eu-annex-i",
    "EU Recommendation on micro-credentials, Annex I",
    required=("description", "criteria", *(one.name for one in ANNEX_I if one.need is Need.MANDATORY)),
    recommended=tuple(one.name for one in ANNEX_I if one.need is not Need.MANDATORY),
)
# The coalition's framework of March 2024 as its text has it; where a member asks for more, an own profile says so.
TRUST_ED = Profile(
    "trust-ed",
    "1EdTech TrustEd Microcredentials",
    required=("title", "description", "criteria", "kind", "awardingBody", "skills", "learningOutcomes", "assessment"),
    recommended=("image", "language", "workload", "level", "grades", "qualityAssurance", "stackability"),
)
NOT_THERE = Profile("", "", (), ())  # what a caller finds who has seen one that is gone
SHARED: Mapping[str, Profile] = {one.name: one for one in (EU_ANNEX_I, OPEN_BADGES, TRUST_ED)}


def standing(document: Mapping[str, JsonValue]) -> Json:
    """How complete a document is, what is missing, and which of everybody's profiles it meets."""
    found = completeness(document)
    return {
        "score": found.score,
        "missing": [_missing(one) for one in found.missing],
        "profiles": [profile.name for profile in SHARED.values() if not profile.lacks(document)],
    }


def to_complete(document: Mapping[str, JsonValue]) -> Json:
    """The same of a draft, with what stating each missing element looks like."""
    missing = completeness(document).missing
    return {**standing(document), "missing": [{**_missing(one), "example": EXAMPLES[one.name]} for one in missing]}


def _missing(one: Element) -> Json:
    return {
        # In the order that jsonb gives back: an answer is the same before and after it was kept.
        "need": one.need.value if one.need else None,
        "title": one.title,
        "member": one.member,
        "element": one.name,
    }


def score_of(version: Version) -> int:
    """How complete a version is: as it was published, or for an older one as its document is."""
    score = version.completeness.get("score") if version.completeness else None
    return score if isinstance(score, int) else completeness(version.document).score


async def find(work: Work, org: OrgId, name: str) -> Profile | None:
    """Everybody's, or the organization's own."""
    return SHARED.get(name) or await work.profiles.find(org, name)


async def named(work: Work, org: OrgId, name: str) -> str:
    """The name of a profile that exists. Raises Invalid."""
    if await find(work, org, name) is None:
        known = [*SHARED, *(one.name for one in await work.profiles.all(org))]
        raise invalid_field("profile", f"is no metadata profile; there are {', '.join(known)}")
    return name


async def required_of(work: Work, draft: Draft) -> Profile:
    """The profile that decides about a draft: its own, else the organization's rule, else Open Badges."""
    if draft.profile is not None:
        found = await find(work, draft.org_id, draft.profile)
        if found is None:
            raise invalid_field("profile", "was removed; name another")
        return found
    return await work.profiles.default(draft.org_id) or OPEN_BADGES


def refuse_incomplete(profile: Profile, document: Mapping[str, JsonValue]) -> None:
    """Raises Invalid, naming every member that the profile asks for and the document lacks."""
    errors = [
        FieldError(one.member, f"{one.title}: required by the profile {profile.name}, such as {_example(one)}")
        for one in profile.lacks(document)
    ]
    if errors:
        detail = f"the profile {profile.name} asks for more: {', '.join(error.field for error in errors)}"
        raise Invalid(detail, code="profile-not-met", errors=errors)


def _example(element: Element) -> str:
    return json.dumps(EXAMPLES[element.name], ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class PutProfile:
    """Create an organization's own profile, or replace it."""

    begin: Begin
    clock: Clock

    async def __call__(self, org: OrgId, given: Profile, *, expect: Expectation[Profile] = whatever) -> Profile:
        """Raises Stale, and Conflict for a name that is everybody's, or when there are too many."""
        if given.name in SHARED:
            raise Conflict("this profile is everybody's; choose another name", code="profile-name-taken")
        async with self.begin() as work:
            await work.profiles.hold(org)
            expect(await work.profiles.find(org, given.name) or NOT_THERE)
            others = [one for one in await work.profiles.all(org) if one.name != given.name]
            if len(others) >= MOST:
                raise Conflict(f"an organization has at most {MOST} profiles", code="too-many-profiles")
            stored = Profile(
                given.name, given.title, given.required, given.recommended, org, given.is_default, self.clock()
            )
            await work.profiles.put(stored)
            await work.commit()
            return stored


@dataclass(frozen=True, slots=True)
class DeleteProfile:
    """Remove an organization's own profile."""

    begin: Begin

    async def __call__(self, org: OrgId, name: str, *, expect: Expectation[Profile] = whatever) -> None:
        """Raises NotFound, Stale, and Conflict while drafts name it."""
        async with self.begin() as work:
            await work.profiles.hold(org)
            known = await work.profiles.find(org, name)
            if known is None:
                raise NotFound(NO_PROFILE)
            expect(known)
            if await work.profiles.is_named(org, name):
                raise Conflict("achievements name this profile; change them first", code="profile-in-use")
            await work.profiles.remove(org, name)
            await work.commit()
