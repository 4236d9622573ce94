"""The examples of the library's README run, in order, as one program; its tables know every code."""

from __future__ import annotations

import re
from pathlib import Path

import credential_core

PACKAGE = Path(credential_core.__file__).parent
STANDING_ALONE = (
    *("merkle", "tiles", "note", "checkpoint"),
    *("bitstring", "revocation_list", "token_status_list", "cose", "cbor"),
)
README = (PACKAGE.parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_examples_run() -> None:
    examples = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len(examples) >= 5
    exec(compile("\n".join(examples), "README.md", "exec"), {})  # noqa: S102  # our own README


def test_every_code_that_verification_can_report_is_in_the_tables() -> None:
    documented = set(re.findall(r"`([a-z_]+)`", README))
    raised = set()
    for file in [
        *PACKAGE.glob("verify/*.py"),
        *PACKAGE.glob("openbadges2/*.py"),
        *PACKAGE.glob("jose/*.py"),
        *PACKAGE.glob("jsonld/*.py"),
        *PACKAGE.glob("json_input.py"),
        *PACKAGE.glob("bake/*.py"),
        *PACKAGE.glob("sdjwt/*.py"),
        *(PACKAGE / f"{name}.py" for name in STANDING_ALONE),
    ]:
        source = file.read_text(encoding="utf-8")
        raised |= set(re.findall(r'Error\(\s*"([a-z_]+)"', source))
        raised |= set(re.findall(r'Outcome\.[A-Z]+, "([a-z_]+)"', source))
        raised |= set(re.findall(r'_unknown\(\s*"([a-z_]+)"', source))
    assert raised - documented == set()
