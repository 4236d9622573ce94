"""What metadata profiles look like on the wire."""

import re
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from catalog.core.achievements.elements import ELEMENTS, Profile
from catalog.core.achievements.profiles import EU_ANNEX_I, OPEN_BADGES, SHARED
from catalog.http.achievements.metadata_schemas import Members
from catalog.http.answers import Answer
from catalog.http.texts import Name

PROFILE_NAME = r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?"
NAME = re.compile(PROFILE_NAME, re.ASCII)


def _element(text: str) -> str:
    if text not in ELEMENTS:
        raise ValueError(f"must be one of {', '.join(ELEMENTS)}")
    return text


def _shared(text: str) -> str:
    if text not in SHARED:
        raise ValueError(f"must be one of {', '.join(SHARED)}")
    return text


ElementName = Annotated[str, AfterValidator(_element), WithJsonSchema({"type": "string", "enum": list(ELEMENTS)})]
SharedName = Annotated[str, AfterValidator(_shared), WithJsonSchema({"type": "string", "enum": list(SHARED)})]


class ProfileRules(Members):
    """An organization's own profile: elements of its own, beside those of a profile that it builds on."""

    title: Name
    required: list[ElementName] = Field([], max_length=len(ELEMENTS), description="without them nothing is published")
    recommended: list[ElementName] = Field([], max_length=len(ELEMENTS))
    based_on: SharedName | None = Field(None, alias="basedOn", description=f"for example {EU_ANNEX_I.name}")
    default: bool = Field(False, strict=True, description="decides about every achievement that names no profile")

    @model_validator(mode="after")
    def _says_each_element_once(self) -> Self:
        if len({*self.required, *self.recommended}) < len(self.required) + len(self.recommended):
            raise ValueError("required and recommended must not name one element twice")
        return self

    def profile(self, name: str) -> Profile:
        """With what it builds on, and what every achievement needs."""
        base = SHARED[self.based_on] if self.based_on else OPEN_BADGES
        required = list(dict.fromkeys([*OPEN_BADGES.required, *base.required, *self.required]))
        recommended = [one for one in dict.fromkeys([*base.recommended, *self.recommended]) if one not in required]
        return Profile(name, self.title, required, recommended, is_default=self.default)


class ProfileAnswer(Answer):
    """A metadata profile. Elements are named as in the documentation of metadata."""

    name: str
    title: str
    required: list[str] = Field(description="elements without which nothing is published by this profile")
    recommended: list[str]
    own: bool = Field(description="your organization's; the others are everybody's")
    default: bool = Field(description="decides about every achievement of yours that names no profile")
    updated_at: datetime | None


class ProfilePage(Answer):
    """Profiles by name, and the cursor of the next page (which Link carries too)."""

    items: list[ProfileAnswer]
    next: str | None
