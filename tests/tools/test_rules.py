"""Our own lint rules: each finds its planted case, and leaves the allowed one alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.rules import ROOT, findings, main, python_files

ROUTE = "services/issuer/src/issuer/http/credentials/credentials.py"
CORE = "services/issuer/src/issuer/core/credentials/issue.py"
KIT = "libs/service_kit/src/service_kit/relay.py"
LONG = "\n".join(["x = 1"] * 401)
LONG_FUNCTION = "def f():\n" + "    x = 1\n" * 60

PLANTED = [
    ("commit", ROUTE, "async def f(tx):\n    await tx.commit()\n"),
    ("commit", "services/issuer/src/issuer/adapters/credentials.py", "def f(s):\n    s.session.commit()\n"),
    ("clock", ROUTE, "from datetime import datetime, UTC\nnow = datetime.now(UTC)\n"),
    ("clock", CORE, "import datetime\nnow = datetime.datetime.utcnow()\n"),
    ("randomness", CORE, "import uuid\nid = uuid.uuid4()\n"),
    ("randomness", CORE, "from uuid import uuid4\nid = uuid4()\n"),
    ("randomness", CORE, "import random\n"),
    ("randomness", CORE, "from random import shuffle\n"),
    ("settings", "services/issuer/src/issuer/main.py", "from issuer.settings import Settings\ns = Settings()\n"),
    ("select-star", "services/issuer/src/issuer/adapters/q.py", "q = 'select  * from credentials'\n"),
    ("business-word", KIT, "def relay(credential): ...\n"),
    ("business-word", KIT, "# tells the learner\n"),
    ("file-budget", CORE, LONG),
    ("function-budget", CORE, LONG_FUNCTION),
    ("naked-todo", "tools/dev.py", "x = 1  # TODO: later\n"),
    ("naked-todo", "tests/issuer/test_x.py", "# FIXME\n"),
    ("naked-todo", CORE, "# TODO(12): the number sign is missing\n"),
]
ALLOWED = [
    (CORE, "async def f(tx):\n    await tx.commit()\n"),
    ("services/issuer/src/issuer/adapters/unit_of_work.py", "async def f(s):\n    await s.commit()\n"),
    (KIT, "async def f(s):\n    await s.commit()\n"),
    ("tests/issuer/test_db.py", "async def f(s):\n    await s.commit()\n    q = 'SELECT * FROM x'\n"),
    ("libs/service_kit/src/service_kit/clock.py", "from datetime import datetime, UTC\nnow = datetime.now(UTC)\n"),
    ("libs/service_kit/src/service_kit/ids.py", "import uuid\nid = uuid.uuid4()\n"),
    ("services/issuer/src/issuer/__main__.py", "from issuer.settings import Settings\ns = Settings()\n"),
    ("services/issuer/src/issuer/adapters/q.py", "q = 'SELECT count(*) FROM credentials'\n"),
    (KIT, "grant = 'client_credentials'\n"),
    (CORE, "# TODO(#12): when pathways arrive\n"),
    (CORE, "text = 'the TODO list of a learner'\n"),
    (ROUTE, "async def f(tx):\n    await tx.commit()  # allow: commit - a route that owns its transaction\n"),
]


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED)
def test_a_planted_violation_is_found_once(rule: str, path: str, text: str) -> None:
    assert [finding.rule for finding in findings(path, text)] == [rule]


@pytest.mark.parametrize(("path", "text"), ALLOWED)
def test_what_is_allowed_is_left_alone(path: str, text: str) -> None:
    assert findings(path, text) == []


def test_an_excuse_without_a_reason_or_for_another_rule_does_not_count() -> None:
    assert findings(ROUTE, "tx.commit()  # allow: commit\n")
    assert findings(ROUTE, "tx.commit()  # allow: clock - wrong rule\n")


def test_a_finding_tells_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = tmp_path / "gateway" / "src" / "gateway" / "bad.py"
    bad.parent.mkdir(parents=True)
    bad.write_text("import random\n")

    assert main(tmp_path) == 1
    assert "gateway/src/gateway/bad.py:1: randomness:" in capsys.readouterr().out


def test_every_member_is_looked_at() -> None:
    looked = {path.relative_to(ROOT).parts[0] for path in python_files(ROOT)}
    assert {"libs", "services", "gateway", "tools", "tests"} <= looked
