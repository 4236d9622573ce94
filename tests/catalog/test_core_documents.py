"""What an achievement says by default when it is made from a course, and how changes merge."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.core.achievements import documents
from catalog.core.model import AchievementId, Course, CourseFields, CourseId, Json, OrgId
from service_kit.errors import Invalid

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = st.text(max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def course(**members: object) -> Course:
    fields = CourseFields(**{"code": "CSCI 121", "title": "Principles of Computer Science", **members})  # type: ignore[arg-type]  # test data
    return Course(CourseId("c"), OrgId("o"), fields, NOW, NOW)


def test_every_member_comes_from_the_course() -> None:
    document = documents.from_course(
        course(
            description="What computing is.",
            department="CSCI",
            level="100",
            credits=1.0,
            type="Research",
            prerequisites="Prerequisites: calculus.",
            general_education=("CTD", "AQR"),
        )
    )

    assert document == {
        "name": "Principles of Computer Science",
        "description": "What computing is.",
        "criteria": {
            "narrative": "Complete the course CSCI 121, Principles of Computer Science (1 credit, level 100).\n\n"
            "Prerequisites: calculus.\n\n"
            "Meets general education requirements: CTD, AQR."
        },
        "achievementType": "Course",
        "humanCode": "CSCI 121",
        "fieldOfStudy": "CSCI",
        "creditsAvailable": 1.0,
        "tag": ["CTD", "AQR"],
    }


def test_a_bare_course_still_makes_a_complete_achievement() -> None:
    document = documents.from_course(course())

    documents.check(document)
    assert document["description"] == "Completion of the course CSCI 121, Principles of Computer Science."
    assert "creditsAvailable" not in document


@pytest.mark.parametrize("text", ["Prerequisite: WRIT 120 or equivalent.", "  prerequisites : (for art) two courses"])
def test_a_description_that_only_repeats_prerequisites_is_not_used(text: str) -> None:
    assert documents.from_course(course(description=text))["description"] == (
        "Completion of the course CSCI 121, Principles of Computer Science."
    )


@pytest.mark.parametrize(("credits_", "said"), [(0.25, "0.25 credits"), (1.0, "1 credit"), (3.0, "3 credits")])
def test_credits_read_as_people_write_them(credits_: float, said: str) -> None:
    criteria = documents.from_course(course(credits=credits_))["criteria"]

    assert isinstance(criteria, dict)
    assert f"({said})" in str(criteria["narrative"])


def test_null_removes_a_member_and_anything_else_replaces_it_whole() -> None:
    document: Json = {"name": "A", "tag": ["x"], "criteria": {"narrative": "n", "id": "https://a.example"}}

    assert documents.merged(document, {"tag": None, "criteria": {"narrative": "m"}, "humanCode": "H"}) == {
        "name": "A",
        "criteria": {"narrative": "m"},
        "humanCode": "H",
    }


def test_what_is_missing_is_named() -> None:
    with pytest.raises(Invalid) as refusal:
        documents.check({"name": "A"})

    assert [error.field for error in refusal.value.errors] == ["description", "criteria"]


def test_a_version_carries_its_address_and_number() -> None:
    document = documents.published("https://laurel.example", AchievementId("u"), 3, {"name": "A"})

    assert document == {
        "id": "https://laurel.example/achievements/u",
        "type": ["Achievement"],
        "name": "A",
        "version": "3",
    }


@given(st.dictionaries(TEXT, JSON, max_size=5))
def test_a_digest_does_not_depend_on_the_order_of_members(document: Json) -> None:
    backwards = dict(reversed(list(document.items())))

    assert documents.digest(document) == documents.digest(backwards)


@given(st.dictionaries(TEXT, JSON, max_size=5), st.dictionaries(TEXT, JSON, max_size=5))
def test_the_same_change_twice_changes_nothing_more(document: Json, changes: Json) -> None:
    once = documents.merged(document, changes)

    assert documents.merged(once, changes) == once
