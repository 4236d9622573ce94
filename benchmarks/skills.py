"""Questions to a full catalog: `python -m benchmarks.skills [--questions N] [--runs N] [--only WORDS]`.

100,000 published achievements, as many courses and 20,000 skills (benchmarks.full_catalog), in words as unevenly
distributed as those of real texts (benchmarks.prose). Each kind of question is asked so many times, each time another
one, one after the other: through the readings that the routes call, and over HTTP by the application in this process.
Words are taken from names at random, so common ones are asked for as often as they occur; the kinds of "common words"
ask for nothing else. Other programs may be at work on the machine, so everything is asked in several runs, and the best
run's 99th percentile counts. Ends with 1 when one is not under what is promised.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import psutil
from sqlalchemy import text

from benchmarks.full_catalog import SKILLS, FullCatalog, full_catalog
from benchmarks.prose import JOINTS
from benchmarks.stand import Clockwork, quiet_cores, write_logs_nowhere
from catalog.adapters.achievements.similar import SqlSimilarReadings
from catalog.adapters.readings import SqlReadings
from catalog.adapters.skills.job_profiles import SqlProfileFacts
from catalog.adapters.skills.reading import SqlSkillReadings
from catalog.core.model import AchievementId, OrgId, Status
from catalog.core.ports import AchievementQuery, CourseQuery, Sort
from catalog.core.skills.job_profiles import PER_SKILL, MatchProfile, Requirement
from catalog.core.skills.ports import SkillQuery
from catalog.main import app
from service_kit.inputs import PageRequest
from service_kit.offload import offload
from service_kit.settings import Settings
from service_kit.testing import BASE_URL, TokenMint, asgi_client

PROMISED_MS = 50.0
PAGE = PageRequest(20, None)
Ask = Callable[[random.Random], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Questions:
    """What can be asked, by what chance says."""

    catalog: FullCatalog
    held: list[tuple[str, str]]

    def words(self, chance: random.Random) -> str:
        """One to three words that stand together in some name."""
        return _part(chance, chance.choice(self.catalog.names))

    def labelled(self, chance: random.Random) -> str:
        """One or two words of some skill."""
        return " ".join(_part(chance, chance.choice(self.catalog.labels)).split()[:2])

    def misspelt(self, chance: random.Random) -> str:
        """The same with a letter missing."""
        label = chance.choice(self.catalog.labels)
        gone = chance.randrange(len(label))
        return label[:gone] + label[gone + 1 :]

    def common(self, chance: random.Random) -> str:
        """One to three of the words that stand in most texts, together or one instead of the other."""
        between = chance.choice((" ", " ", " or ", " -"))
        return between.join(chance.sample(JOINTS[5:], chance.randint(1, 3)))

    def phrase(self, chance: random.Random) -> str:
        """Two of the commonest words, one after the other."""
        return f'"{" ".join(chance.sample(JOINTS, 2))}"'

    def skill(self, chance: random.Random) -> str:
        """Some skill's URI."""
        return f"urn:skill:{chance.randint(1, SKILLS)}"


def _part(chance: random.Random, name: str) -> str:
    words = name.split()
    first = chance.randrange(len(words))
    return " ".join(words[first : first + chance.randint(1, 3)])


def by_readings(questions: Questions) -> Mapping[str, Ask]:
    """Each kind, as the core asks it."""
    database = questions.catalog.database
    skills, lists = SqlSkillReadings(database), SqlReadings(database, BASE_URL)
    match, similar = MatchProfile(SqlProfileFacts(database), offload, 100), SqlSimilarReadings(database)

    def listed(**wanted: Any) -> Awaitable[object]:
        sort = Sort.RELEVANCE if "q" in wanted else Sort.NEWEST
        return lists.published(AchievementQuery(sort, **wanted), Status.PUBLISHED, PAGE)

    def courses(words: str) -> Awaitable[object]:
        return lists.courses(CourseQuery(Sort.RELEVANCE, q=words), PAGE)

    def own(chance: random.Random, words: str) -> Awaitable[object]:
        org = OrgId(chance.choice(questions.held)[1])
        return lists.drafts(org, AchievementQuery(Sort.RELEVANCE, q=words), None, PAGE)

    def alike(chance: random.Random) -> Awaitable[object]:
        achievement, org = chance.choice(questions.held)
        return similar.similar(OrgId(org), AchievementId(achievement))

    def job(chance: random.Random) -> Awaitable[object]:
        asked = {questions.skill(chance): float(chance.randint(1, 6)) for _ in range(30)}
        some = [AchievementId(one) for one, _ in questions.held[:10]]
        return match([Requirement(one, level) for one, level in asked.items()], some)

    return {
        "skills by words": lambda chance: skills.skills(SkillQuery(q=questions.labelled(chance)), PAGE),
        "skills by words, misspelt": lambda chance: skills.skills(SkillQuery(q=questions.misspelt(chance)), PAGE),
        "skills by common words": lambda chance: skills.skills(SkillQuery(q=questions.common(chance)), PAGE),
        "achievements by skill and level": lambda chance: listed(
            skill=questions.skill(chance), level=float(chance.randint(1, 7))
        ),
        "achievements by words": lambda chance: listed(q=questions.words(chance)),
        "achievements by common words": lambda chance: listed(q=questions.common(chance)),
        "achievements by a phrase of common words": lambda chance: listed(q=questions.phrase(chance)),
        "one organization's achievements by words": lambda chance: listed(
            q=questions.words(chance), organization=chance.choice(questions.held)[1]
        ),
        "courses by words": lambda chance: courses(questions.words(chance)),
        "courses by common words": lambda chance: courses(questions.common(chance)),
        "one organization's own drafts by words": lambda chance: own(chance, questions.words(chance)),
        "one organization's own drafts by common words": lambda chance: own(chance, questions.common(chance)),
        "near-duplicates of an achievement": alike,
        f"a job of 30 skills, {PER_SKILL} candidates each": job,
    }


def over_http(questions: Questions, client: httpx.AsyncClient, mint: TokenMint) -> Mapping[str, Ask]:
    """Each kind that people ask, as a request."""

    async def get(path: str, **parameters: str) -> object:
        answer = await client.get(path, params={"limit": "20", **parameters})
        return answer.raise_for_status().json()

    async def alike(chance: random.Random) -> object:
        achievement, org = chance.choice(questions.held)
        answer = await client.get(f"/achievements/{achievement}/similar", headers=mint.headers(org, "catalog:write"))
        return answer.raise_for_status().json()

    return {
        "GET /skills?q=": lambda chance: get("/skills", q=questions.labelled(chance)),
        "GET /achievements?skill=&level=": lambda chance: get(
            "/achievements", skill=questions.skill(chance), level=str(chance.randint(1, 7))
        ),
        "GET /achievements?q=": lambda chance: get("/achievements", q=questions.words(chance)),
        "GET /achievements?q= (common words)": lambda chance: get("/achievements", q=questions.common(chance)),
        "GET /achievements/{id}/similar": alike,
    }


@dataclass(frozen=True, slots=True)
class Measured:
    """One kind of question in one run: milliseconds, in order, and of processors for each."""

    spent: list[float]
    worked: float
    own: float

    @property
    def p99(self) -> float:
        """The 99th percentile."""
        return self.spent[int(len(self.spent) * 0.99)]


async def measure(ask: Ask, count: int, server: psutil.Process) -> Measured:
    """The same questions in every run. The first tenth warms up and does not count."""
    chance = random.Random(11)  # noqa: S311 - to be asked again
    for _ in range(count // 10):
        await ask(chance)
    clock, spent = Clockwork(server), []
    for _ in range(count):
        began = time.perf_counter()
        await ask(chance)
        spent.append((time.perf_counter() - began) * 1000)
    worked = clock.spent()
    own, server_s = worked.own * 1000 / count, worked.server * 1000 / count
    return Measured(sorted(spent), own + server_s, own)


async def run(count: int, runs: int, only: str) -> bool:
    """Fill, ask, print."""
    write_logs_nowhere()
    mint = TokenMint()
    async with full_catalog() as catalog:
        async with catalog.database.snapshot() as session:
            rows = await session.execute(text("SELECT id, org_id FROM achievements ORDER BY id LIMIT 5000"))
            questions = Questions(catalog, [(row.id, row.org_id) for row in rows])
        server = psutil.Process(catalog.server.process.pid)
        settings = Settings(public_base_url=BASE_URL, environment="development")
        async with asgi_client(app(settings, catalog.database, mint.verifier()), described=False) as client:
            every = {**by_readings(questions), **over_http(questions, client, mint)}
            asked = {name: ask for name, ask in every.items() if only in name}
            found = {name: [await measure(ask, count, server) for _ in range(runs)] for name, ask in asked.items()}
    print(f"{count} questions of each kind in {runs} runs; {quiet_cores()}\n")
    for name, measured in found.items():
        best = min(measured, key=lambda one: one.p99)
        median = f"median {statistics.median(best.spent):5.1f} ms"
        share = f"{best.worked:5.1f} ms of processors, PostgreSQL's {best.worked - best.own:5.1f}"
        print(f"{name:42} {median}   p99 {best.p99:5.1f} ms   {share}")
    return all(min(one.p99 for one in measured) < PROMISED_MS for measured in found.values())


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="kinds of questions with these words in their names")
    given = parser.parse_args()
    return 0 if asyncio.run(run(given.questions, given.runs, given.only)) else 1


if __name__ == "__main__":
    sys.exit(main())
