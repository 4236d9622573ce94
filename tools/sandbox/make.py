"""Make the sandbox's credentials with the real issuer, and write them where the gateway reads them. Safe to repeat."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from httpx import codes

from tools.actor import Actor, last, until
from tools.sandbox.cases import CASES, ISSUED, SIGNED, SPOILED, Case

Json = dict[str, Any]
SLUG = "sandbox"
TIMEOUT_S = 30
PATIENCE_S = 90  # until the issuer has heard of the achievement: the fallback's bus takes up to twenty seconds
ACHIEVEMENT = {
    "name": "How to Say No",
    "achievementType": "MicroCredential",
    "description": "Recognises a credential that does not hold, and says why.",
    "criteria": {"narrative": "Sorts the credentials of this sandbox without help."},
}
PERIODS = {
    "expired": {"validFrom": "2020-01-01T00:00:00Z", "validUntil": "2021-01-01T00:00:00Z"},
    "not-yet-valid": {"validFrom": "2099-01-01T00:00:00Z"},
}
REASON = {"reason": "shown in the sandbox"}


def write(base_url: str, organization: Json, path: Path) -> None:
    """Issue, sign and spoil, unless the file is there already."""
    if path.exists():
        return
    with httpx.Client(base_url=base_url, timeout=TIMEOUT_S) as http:
        found = credentials(Actor(http, organization))
    path.parent.mkdir(parents=True, exist_ok=True)
    items = [_item(case, found[case.name]) for case in CASES]
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({"items": items}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.rename(path)


def credentials(issuer: Actor) -> dict[str, Json | str]:
    """Each case's credential by its name."""
    achievement = str(issuer.post("/achievements", ACHIEVEMENT)["id"])
    issuer.post(f"/achievements/{last(achievement)}/publish", {})
    issued = {case.name: _issued(issuer, achievement, case.name) for case in ISSUED}
    issuer.post(f"/credentials/{last(issued['revoked']['id'])}/revoke", REASON)
    issuer.post(f"/credentials/{last(issued['suspended']['id'])}/suspend", REASON)
    corrected = {**REASON, "recipient": {"name": "Corrected Name"}}
    issuer.post(f"/credentials/{last(issued['superseded']['id'])}/correct", corrected)
    good: Json = issued["valid"]
    return {
        **issued,
        **{case.name: _signed(issuer, case.change(good)) for case in SIGNED},
        **{case.name: case.spoil(good) for case in SPOILED},
    }


def _issued(issuer: Actor, achievement: str, name: str) -> Json:
    learner = {"email": f"{name}@sandbox.example"}
    body = {"achievement": achievement, "recipient": learner, **PERIODS.get(name, {})}
    response = until(
        lambda: issuer.http.post("/credentials", json=body, headers=issuer.headers),
        lambda answer: answer.status_code != codes.CONFLICT,
        PATIENCE_S,
    )
    made: Json = issuer.answer(response)["credential"]
    return made


def _signed(issuer: Actor, credential: Json) -> Json:
    """A credential of its own: the id is new, so that no status of the good one counts for it."""
    unsigned = {key: value for key, value in credential.items() if key != "proof"} | {"id": uuid4().urn}
    made: Json = issuer.post("/vc/credentials/issue", {"credential": unsigned})["verifiableCredential"]
    return made


def _item(case: Case, credential: Json | str) -> Json:
    described = {"name": case.name, "verdict": case.verdict, "code": case.code or None, "how": case.how}
    return {**described, "credential": credential}
