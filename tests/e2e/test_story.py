"""The story that `make run` and `make demo` play."""

import re
import uuid

import httpx
import pytest

from tools import story
from tools.actor import Actor
from tools.fleet import Fleet

pytestmark = pytest.mark.fleet


def test_the_story_can_be_played_again_whatever_else_the_university_does(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    story.play(fleet.base_url, fleet.demo)
    first = capsys.readouterr().out
    with httpx.Client(base_url=fleet.base_url, timeout=30) as http:
        university = Actor(http, next(one for one in fleet.demo["organizations"] if one["kind"] == "university"))
        university.post("/issuers", {"name": "A second school", "slug": f"a-{uuid.uuid4().hex[:12]}"})
        university.post("/courses/import", [{"code": "A 1", "title": "Another list"}])
    story.play(fleet.base_url, fleet.demo)
    second = capsys.readouterr().out

    for told in (first, second):
        steps = re.findall(r"^\d\. .+  \[[\d,]+ ms\]$", told, re.MULTILINE)
        assert len(steps) == 8
        assert re.search(r"Import the course list \S+ \(\d+ courses\)", told)
        assert "Turn 10 courses into published achievements" in told
        assert "30 signed Open Badges 3.0 credentials" in told
        assert re.findall(r"^   verdict: (\w+)$", told, re.MULTILINE) == ["valid", "invalid", "invalid"]
        assert "signature_invalid" in told
        assert "status_revoked" in told
    assert "Another list" not in second
