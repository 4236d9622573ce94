"""A university that recognises what a partner awarded, and learners with the partner's credentials."""

from __future__ import annotations

from typing import Any

import httpx

from service_kit.ids import new_id
from tests.issuer.keepers import Keeper
from tests.issuer.world import ORG, OTHER_ORG, Json, World

GRADE, OUR_GRADE = "urn:uuid:grade", "urn:uuid:ours"
MINE = "/learners/me/recognitions"
AGREEMENTS = "/recognitions/agreements"


def described(identifier: str, values: list[str]) -> Json:
    return {
        "resultDescription": [
            {
                "id": identifier,
                "type": ["ResultDescription"],
                "name": "Grade",
                "resultType": "LetterGrade",
                "allowedValue": values,
            }
        ]
    }


def last(url: str) -> str:
    return url.rsplit("/", 1)[-1]


class Partners:
    """`theirs` is the partner's professional certificate, `ours` the module that it is recognised as."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def open(self) -> Partners:
        self.university = (await self.world.issuer())["id"]
        self.partner = (await self.world.issuer(OTHER_ORG, name="Open Courses"))["id"]
        self.theirs = await self.world.achievement(OTHER_ORG, **described(GRADE, ["A", "B", "F"]))
        self.ours = await self.world.achievement(**described(OUR_GRADE, ["1.0", "2.0"]))
        self.programme = await self.world.achievement(name="Bachelor of Science")
        return self

    def rule(self, **members: Any) -> Json:
        steps = [{"from": "A", "to": "1.0"}, {"from": "B", "to": "2.0"}]
        conversion = {"source": GRADE, "target": OUR_GRADE, "steps": steps}
        rule = {"achievement": self.theirs, "target": self.ours, "credits": 5, "gradeConversion": conversion}
        return {name: value for name, value in (rule | members).items() if value is not None}

    def body(self, **members: Any) -> Json:
        return {
            "name": "Professional certificates count",
            "recognisingIssuer": self.university,
            "sourceIssuer": self.partner,
            "programme": self.programme,
            "rules": [self.rule()],
        } | members

    async def propose(self, *, org: str = ORG, **members: Any) -> Json:
        answer = await self.world.send("POST", AGREEMENTS, self.body(**members), org=org)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def act(self, agreement: Json, act: str, *, org: str = OTHER_ORG, **body: Any) -> httpx.Response:
        said = body or ({"digest": agreement["digest"]} if act == "sign" else {"reason": "a test"})
        return await self.world.send("POST", f"{AGREEMENTS}/{last(agreement['id'])}/{act}", said, org=org)

    async def agree(self, **members: Any) -> Json:
        agreement = await self.propose(**members)
        answer = await self.act(agreement, "sign")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def award(self, email: str, grade: str | None = "A", *, achievement: str = "", **members: Any) -> Json:
        """The partner's credential."""
        results = [] if grade is None else [{"resultDescription": GRADE, "value": grade}]
        wanted = {"recipient": {"email": email}, "results": results} | members
        return await self.world.issue(achievement or self.theirs, org=OTHER_ORG, **wanted)

    def learner(self, email: str = "") -> Keeper:
        return Keeper(self.world, email=email or f"{new_id()}@students.example")

    async def ask(self, learner: Keeper, credential: Any, *, key: str | None = None, **members: Any) -> httpx.Response:
        body = {"programme": self.programme, "credential": credential, "email": learner.email} | members
        headers = {"Idempotency-Key": key} if key else {}
        return await learner.call("POST", MINE, json=body, headers=headers)

    async def decided(self, learner: Keeper, credential: Any, **members: Any) -> Json:
        answer = await self.ask(learner, credential, **members)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def granted(self, learner: Keeper) -> tuple[Json, Json]:
        """A credential of the learner's, and its recognition."""
        issued = await self.award(str(learner.email))
        found = await self.decided(learner, issued["credential"])
        assert found["status"] == "granted", found
        return issued, found

    async def case(self, learner: Keeper, **members: Any) -> tuple[Json, Json]:
        """A credential of the learner's that no agreement is about, and its recognition."""
        issued = await self.award(str(learner.email))
        found = await self.decided(learner, issued["credential"], **members)
        assert found["status"] == "open", found
        return issued, found

    async def step(self, found: Json, act: str, *, by: str = "a", org: str = ORG, **body: Any) -> httpx.Response:
        """What somebody of the institution does."""
        headers = {"Authorization": f"Bearer {self.world.mint.token(org, 'credentials:issue', client_id=by)}"}
        where = f"/recognitions/{last(found['id'])}/{act}"
        return await self.world.client.post(where, json={"reason": "a test"} | body, headers=headers)

    async def own_step(self, learner: Keeper, found: Json, act: str, **body: Any) -> httpx.Response:
        said = body or {"reason": "please look again"}
        return await learner.call("POST", f"{MINE}/{last(found['id'])}/{act}", json=said)
