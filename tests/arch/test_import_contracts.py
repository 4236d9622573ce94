"""Every contract of .importlinter is broken on purpose once, in a made-up tree, and holds in the clean one."""

from __future__ import annotations

import configparser
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / ".importlinter"
SERVICES = ("gateway", "catalog", "issuer", "registry", "verifier")
CLEAN = {
    "credential_core/keys.py": "import hashlib\nimport cryptography\n",
    "contracts/envelope.py": "import pydantic\n",
    "contracts/events.py": "import pydantic\n",
    "stacking/rules.py": "import decimal\n",
    "service_kit/errors.py": "",
    "service_kit/clock.py": "import datetime\n",
    "service_kit/database.py": "import sqlalchemy\nimport contracts.envelope\n",
    "laurel/transport.py": "import httpx\n",
    "laurel/alone/__init__.py": "",
    "laurel/alone/deciding.py": "import credential_core.keys\nimport stacking.rules\n",
} | {
    f"{service}/{name}.py": text
    for service in SERVICES
    for name, text in {
        "__main__": f"import {service}.main\n",
        "main": f"import {service}.http.routes\nimport {service}.adapters.tables\nimport {service}.events.handlers\n",
        "http/__init__": "",
        "http/routes": f"import fastapi\nimport service_kit.database\nimport {service}.core.work\n",
        "events/__init__": "",
        "events/handlers": f"import contracts.events\nimport {service}.core.work\n",
        "adapters/__init__": "",
        "adapters/tables": f"import sqlalchemy\nimport {service}.core.work\n",
        "core/__init__": "",
        "core/work": "import contracts.events\nimport service_kit.errors\nimport service_kit.clock\n",
    }.items()
}
PLANTED = [
    ("deployables", "issuer/adapters/tables.py", "import registry.core.work"),
    ("deployables", "verifier/settings.py", "import gateway.main"),
    ("libraries", "service_kit/database.py", "import credential_core.keys"),
    ("libraries", "contracts/events.py", "import service_kit.errors"),
    ("libraries", "service_kit/errors.py", "import issuer.core.work"),
    ("credential-core", "credential_core/keys.py", "import asyncio"),
    ("credential-core", "credential_core/keys.py", "import contracts.events"),
    ("credential-core", "credential_core/keys.py", "import random"),
    ("contracts", "contracts/events.py", "import sqlalchemy"),
    ("contracts", "contracts/events.py", "import credential_core.keys"),
    ("stacking", "stacking/rules.py", "import random"),
    ("stacking", "stacking/rules.py", "import contracts.events"),
    ("kit", "service_kit/database.py", "import credential_core.keys"),
    ("kit", "service_kit/database.py", "import issuer.core.work"),
    ("layers", "issuer/core/work.py", "import issuer.adapters.tables"),
    ("layers", "issuer/http/routes.py", "import issuer.adapters.tables"),
    ("layers", "catalog/events/handlers.py", "import catalog.http.routes"),
    ("layers", "registry/adapters/tables.py", "import registry.main"),
    ("cores", "issuer/core/work.py", "import sqlalchemy"),
    ("cores", "verifier/core/work.py", "import fastapi"),
    ("cores", "catalog/core/work.py", "import service_kit.database"),
    ("sql", "issuer/http/routes.py", "import sqlalchemy"),
    ("sql", "registry/events/handlers.py", "import asyncpg"),
    ("authorization-server", "gateway/core/work.py", "import credential_core.keys"),
    ("client", "laurel/transport.py", "import contracts.events"),
    ("client", "laurel/transport.py", "import service_kit.errors"),
    ("client", "laurel/transport.py", "import credential_core.keys"),
    ("client", "laurel/transport.py", "import stacking.rules"),
    ("client", "laurel/alone/deciding.py", "import contracts.events"),
    ("ground", "issuer/main.py", "import tools"),
    ("ground", "service_kit/database.py", "import tests"),
]


def plant(tree: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        (tree / path.relative_to(tree).parts[0] / "__init__.py").touch()


def lint(tree: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    command += ["--config", str(CONFIG), "--no-cache", *(["--contract", contract] if contract else [])]
    return subprocess.run(
        command,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_clean_tree_keeps_every_contract(tmp_path: Path) -> None:
    plant(tmp_path, CLEAN)
    done = lint(tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("contract", "path", "line"), PLANTED)
def test_a_planted_import_breaks_its_contract(tmp_path: Path, contract: str, path: str, line: str) -> None:
    plant(tmp_path, CLEAN | {path: f"{CLEAN.get(path, '')}{line}\n"})
    done = lint(tmp_path, contract)
    assert done.returncode == 1, done.stdout
    assert "1 broken" in done.stdout


def test_every_contract_has_a_planted_violation() -> None:
    config = configparser.ConfigParser()
    config.read(CONFIG)
    names = {
        section.rpartition(":")[2] for section in config.sections() if section.startswith("importlinter:contract:")
    }
    assert names == {contract for contract, _, _ in PLANTED}
