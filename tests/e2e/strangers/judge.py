"""What a stranger is answered, and whether that is right."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from tests.e2e.strangers.asks import Judged, Try
from tests.e2e.strangers.tries import TABLE
from tests.e2e.strangers.walk import Asked, Walker, code, needs_comparison, nobodys, said, shows
from tests.e2e.strangers.world import World

HIDDEN_STATUS = 404
SECRET = ("draft", "draft_2", "pathway_draft", "pathway_draft_2", "learner_email", "member", "invitation")
EVERYBODYS = {"trusted_shared", "base_url", "form", "code", "sandbox_name", "partner_did"}
FORM = "another form"
ONE_ALONE = {"GET /organizations"}
"""Lists of which an owner sees one thing."""
UNREPEATABLE = {"GET /batches/{batch_id}/events"}
"""Streams."""


class Strangers:
    """Asks and judges one try after another."""

    def __init__(self, world: World, walker: Walker) -> None:
        self.world, self.walker, self.things = world, walker, world.things
        self.nobodys = nobodys(world.things) | world.second.things
        self.known: dict[tuple[str, int], list[Any]] = {}
        texts = {name: value for name, value in world.first.things.items() if isinstance(value, str) and len(value) > 7}
        texts = {name: value for name, value in texts.items() if name not in EVERYBODYS}
        self.marks = [*texts.values(), "Alder", world.first.university.slug]
        self.secret = [texts[name] for name in SECRET] + ["Alder secret"]

    async def judge(self, operation: str, one: Try, headers: dict[str, str], *, whole: bool) -> list[str]:
        """What is wrong with the answers to this stranger. `whole`: with every variant."""
        made_under = (
            self.world.first.keys.get(operation.partition(" ")[2], "") if whole and one is TABLE[operation][0] else ""
        )
        asked = [await self.walker.ask(operation, one, self.things, headers, key=made_under)]
        if whole:
            asked += await self.variants(operation, one, headers)
        return [f"{answer}" for answer in asked if not await self.is_right(operation, one, headers, answer)]

    async def variants(self, operation: str, one: Try, headers: dict[str, str]) -> list[Asked]:
        found = []
        if one.judged is Judged.HIDDEN:
            owner = await self.owners_answer(operation, one)
            tag = owner.answer.headers.get("etag", "*") if owner else "*"
            for header in ("If-Match", "If-None-Match"):
                if self.world.takes(operation, header):
                    more = {**headers, header: tag}
                    found.append(await self.walker.ask(operation, one, self.things, more, header))
            if operation.startswith("GET "):
                for form in self.world.forms(operation):
                    asking = {**headers, "Accept": form}
                    found.append(await self.walker.ask(operation, one, self.things, asking, FORM))
                head = operation.replace("GET ", "HEAD ", 1)
                found.append(await self.walker.ask(head, one, self.things, headers, "head"))
        if one.judged is Judged.LIST and self.world.takes(operation, "cursor"):
            found += await self.by_cursor(operation, one, headers)
        return found

    async def owners_answer(self, operation: str, one: Try) -> Asked | None:
        """What the owner reads at the same address, or at that of which a verb stands behind it."""
        path = operation.partition(" ")[2]
        for reading in (f"GET {path}", f"GET {path.rpartition('/')[0]}"):
            if reading in TABLE and reading not in UNREPEATABLE:
                bare = Try(one.judged, names=one.names)
                return await self.walker.ask(reading, bare, self.things, self.world.owner_of(one), "owner")
        return None

    async def by_cursor(self, operation: str, one: Try, headers: dict[str, str]) -> list[Asked]:
        joined = "&" if one.query else "?"
        first = Try(**{**one.__dict__, "query": f"{one.query}{joined}limit=1"})
        page = (await self.walker.ask(operation, first, self.things, self.world.owner_of(one), "owner")).answer
        cursor = page.json()["next"]
        if cursor is None:
            assert one.query or operation in ONE_ALONE, f"{operation} has no second page"
            return []
        more = Try(**{**first.__dict__, "query": f"{first.query}&cursor={cursor}"})
        return [await self.walker.ask(operation, more, self.things, headers, "cursor")]

    async def is_right(self, operation: str, one: Try, headers: dict[str, str], asked: Asked) -> bool:
        answer = asked.answer
        if asked.variant == "head":
            return answer.status_code == HIDDEN_STATUS and not answer.content
        known = "".join(str(self.things[name]) for name in one.may_show)
        sent = f"{unquote(str(answer.request.url))}{answer.request.content.decode(errors='replace')}{known}"
        if one.judged is Judged.LIST:
            return answer.status_code == 200 and not shows(answer, self.marks, sent)
        if one.judged is Judged.PUBLIC:
            return answer.status_code in {200, 404} and not shows(answer, self.secret, sent)
        if one.judged is Judged.OWN:
            absent = operation.startswith("GET ") and answer.status_code == HIDDEN_STATUS
            return (answer.is_success or absent) and not shows(answer, self.marks, sent)
        status, problem = (HIDDEN_STATUS, "") if one.judged is Judged.HIDDEN else one.refusal
        if answer.status_code != status or (problem not in {"", "?"} and code(answer) != problem):
            return False
        if asked.variant == FORM or not needs_comparison(one):
            return True
        return await self.said_of_nothing(operation, one, headers) == said(answer)

    async def said_of_nothing(self, operation: str, one: Try, headers: dict[str, str]) -> list[Any]:
        """To the first who asks; others must hear the same."""
        place = operation, TABLE[operation].index(one)
        if place not in self.known:
            nothing = await self.walker.ask(operation, one, self.nobodys, headers, "nobodys")
            self.known[place] = said(nothing.answer)
        return self.known[place]
