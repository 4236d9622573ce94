"""Near-duplicates: what is there already under another name, by what it is alike, and why it is shown."""

import httpx
import pytest
from sqlalchemy import text

from catalog.adapters.achievements import similar
from catalog.adapters.achievements.listing_tables import NEAR_SHELVES
from catalog.adapters.achievements.similar import NEAREST
from catalog.core.achievements.similar import Candidate, Described, ranked
from catalog.core.model import AchievementId, OrgId
from service_kit.database import Database
from tests.catalog.samples import NOBODY, Json, drafted, path, published
from tests.catalog.skill_files import ANALYSE, PYTHON, TEACH

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

SKILLS = {ANALYSE: "analyse data", PYTHON: "Python"}
OUTCOMES = ("Cleans a messy data set", "Fits a model and doubts it", "Explains a chart to a layman")


def aligned(*skills: str) -> list[Json]:
    return [{"targetName": SKILLS.get(skill, "A skill"), "targetUrl": skill} for skill in skills]


def outcomes(*names: str) -> list[Json]:
    return [{"name": name} for name in names]


async def shown(client: httpx.AsyncClient, draft: Json) -> list[Json]:
    answer = await client.get(f"{path(draft['id'])}/similar")
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["similar"]
    return found


async def test_what_is_much_alike_is_shown_to_its_editor(
    university: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    mine = await drafted(university, name="Introduction to Data Science", alignment=aligned(ANALYSE))
    version = await published(other, name="Data Science: an introduction", alignment=aligned(ANALYSE))
    theirs = version["id"]
    await published(other, name="Medieval Latin")
    await drafted(other, name="Introduction to Data Science")  # another's draft is not to be seen
    own = await drafted(university, name="Introduction to Data Sciences", description="Something else altogether.")

    found = await shown(university, mine)

    assert {one["achievement"] for one in found} == {theirs, own["id"]}
    scores = [one["score"] for one in found]
    assert scores == sorted(scores, reverse=True)
    alike = next(one for one in found if one["achievement"] == theirs)
    assert (alike["published"], alike["likeness"]["skills"]) == (True, 1)
    assert (await university.get(f"/achievements/{NOBODY}/similar")).status_code == 404


@pytest.mark.parametrize(
    ("mine", "theirs", "found"),
    [
        ("Machine Lerning", "Machine Learning", True),  # one word is spelt otherwise
        ("Applied Statistics and Data", "Data and Statistics, applied", True),  # in another order
        ("Analysing Sensor Networks", "Analysis of a Sensor Network", True),  # in another form
        ("IT", "IT", True),  # no word at all to the English dictionary
        ("Tea", "Tea", True),
        (
            "Modern Filosophy of Natural Sience and Engineering",
            "Modern Philosophy of Natural Science and Engineering",
            True,
        ),
        ("Water and Soil Chemistry", "Waves and Solid Mechanics", False),
    ],
)
async def test_names_are_alike_by_spelling_or_by_words(
    university: httpx.AsyncClient, other: httpx.AsyncClient, mine: str, theirs: str, found: bool
) -> None:
    draft = await drafted(university, name=mine)
    version = await published(other, name=theirs)

    assert [one["achievement"] for one in await shown(university, draft)] == ([version["id"]] if found else [])


async def test_one_word_that_is_spelt_otherwise_is_found_among_many_names_with_the_others(
    university: httpx.AsyncClient, other: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a catalog with so many introductions that the newest names with almost all of the words are others.
    monkeypatch.setattr(similar, "COMPARED", 0)
    monkeypatch.setattr(similar, "almost", lambda _: "")
    draft = await drafted(university, name="Introduction to Jurisprudence", alignment=aligned(TEACH))
    version = await published(other, name="Introduction to Jurisprudense", alignment=aligned(ANALYSE))
    for noun in ("Botany", "Zoology", "Geology"):
        await published(other, name=f"Introduction to {noun}", alignment=aligned(PYTHON))

    assert [one["achievement"] for one in await shown(university, draft)] == [version["id"]]


async def test_a_name_that_is_half_alike_with_the_same_skills_is_shown_and_says_why(
    university: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    mine = await drafted(university, name="Introduction to Data Science", alignment=aligned(ANALYSE, PYTHON))
    skills = {"alignment": aligned(PYTHON, ANALYSE), "description": "Twelve weeks in the evening."}
    theirs = await published(other, name="Data Science Foundations", **skills)
    own = await drafted(university, name="Foundations of Data Science", **skills)
    away = {"alignment": aligned(TEACH), "description": "For those who wish to become clerks."}
    await published(other, name="Introduction to Data Entry", **away)

    found = await shown(university, mine)

    assert {one["achievement"] for one in found} == {theirs["id"], own["id"]}
    for one in found:
        assert one["likeness"]["skills"] == 1
        assert one["reasons"] == [
            "words of the name in common: Data, Science",
            "2 of 2 skills in common: analyse data, Python",
        ]


async def test_the_same_skills_and_outcomes_under_another_name_are_shown(
    university: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    given = {"alignment": aligned(ANALYSE, PYTHON), "learningOutcome": outcomes(*OUTCOMES)}
    mine = await drafted(university, name="Statistics for Everybody", **given)
    elsewhere = given | {"description": "Twelve weeks in the evening."}
    theirs = await published(other, name="Numbers before Decisions", **elsewhere)
    reordered = elsewhere | {"learningOutcome": outcomes(*OUTCOMES[::-1])}
    own = await published(university, name="Quantitative Reasoning", **reordered)
    await published(other, name="Snakes", alignment=aligned(PYTHON), description="Of the tropics.")

    found = await shown(university, mine)

    assert {one["achievement"] for one in found} == {theirs["id"], own["id"]}
    for one in found:
        assert one["likeness"]["outcomes"] == 1
        assert "the learning outcomes are much alike" in one["reasons"]


async def test_outcomes_in_common_find_a_name_with_one_word_in_common(
    university: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    mine = await drafted(university, name="Statistics for Everybody", learningOutcome=outcomes(*OUTCOMES))
    theirs = await published(other, name="Statistics before Decisions", learningOutcome=outcomes(*OUTCOMES))

    (found,) = await shown(university, mine)

    assert found["achievement"] == theirs["id"]
    assert "skills" not in found["likeness"]
    assert "the learning outcomes are much alike" in found["reasons"]


async def test_what_is_new_is_on_the_shelves_that_are_looked_at_first(
    university: httpx.AsyncClient, database: Database
) -> None:
    await published(university, name="Tea")
    async with database.snapshot() as session:
        keys = await session.scalar(text("SELECT keys FROM achievement_listings"))
        nearest = await session.scalar(text(f"SELECT {NEAREST}"))
    assert nearest[0] in keys
    assert len(nearest) == NEAR_SHELVES


def candidate(number: int, name_likeness: float, *skills: str, words: str = "") -> Candidate:
    stems = frozenset(words.split())
    return Candidate(
        AchievementId(f"{number}"), OrgId("o"), "x", True, name_likeness, 0.0, None, stems, frozenset(skills)
    )


async def test_the_order_of_candidates_changes_nothing_and_all_have_a_reason() -> None:
    mine = Described({"data": "Data", "scienc": "Science"}, {"s:a": "A", "s:b": "B"})
    given = [
        candidate(1, 0.9, "s:a"),
        candidate(2, 1.0, "s:a", "s:b"),
        candidate(3, 0.4, "s:a", "s:b", words="data scienc foundat"),
        candidate(4, 0.4, words="data"),
        candidate(5, 0.9, "s:a"),
    ]

    found = ranked(mine, given)

    assert found == ranked(mine, given[::-1])
    assert [one.candidate.id for one in found] == ["2", "1", "5", "3"]
    assert all(one.reasons for one in found)
