"""One short life of a credential where Java and Maven are missing: the fleet on the development fallback's bus.

Run by `make test-without-java`, and once by CI with both hidden.
"""

import httpx
import pytest

from tools import kafka
from tools.actor import Actor, last, until
from tools.fleet import Fleet
from tools.kafka import Kind

pytestmark = pytest.mark.fleet

PATIENCE_S = 90  # the fallback takes up to twenty seconds for a group to form


def test_a_credential_lives_and_is_revoked_on_the_fallback() -> None:
    assert kafka.choose()[0] is Kind.TANSU, "Java and Maven are not hidden"
    said: list[str] = []
    with Fleet(say=said.append) as fleet, httpx.Client(base_url=fleet.base_url, timeout=30) as http:
        assert any(line.startswith("!!") and "tansu" in line for line in said), "it must say loudly what it runs on"
        university = Actor(http, fleet.demo["organizations"][0])
        employer = Actor(http, next(o for o in fleet.demo["organizations"] if o["kind"] == "employer"))
        body = {"name": "Endurance", "description": "For a test.", "criteria": {"narrative": "Hold."}}
        draft = university.post("/achievements", body | {"achievementType": "MicroCredential"})
        achievement = university.post(f"/achievements/{last(draft['id'])}/publish", {})["id"]
        wanted = {"achievement": achievement, "recipient": {"email": "ada@students.example"}}
        issued = until(
            lambda: http.post("/credentials", json=wanted, headers=university.headers),
            lambda answer: answer.status_code == 201,
            PATIENCE_S,
        ).json()
        shown = {"credential": issued["credential"]}
        until(lambda: employer.post("/verifications", shown)["verdict"], lambda found: found == "valid", PATIENCE_S)
        university.post(f"/credentials/{last(issued['id'])}/revoke", {"reason": "a test"})
        until(lambda: employer.post("/verifications", shown)["verdict"], lambda found: found == "invalid", PATIENCE_S)
        record = until(
            lambda: http.get(f"/records/{last(issued['id'])}"),
            lambda answer: answer.status_code == 200 and answer.json()["state"] == "revoked",
            PATIENCE_S,
        )
        assert record.json()["issuer"]["slug"] == "lakeside"
