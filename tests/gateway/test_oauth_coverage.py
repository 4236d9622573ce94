"""docs/oauth-coverage.md and docs/oidc-conformance.md name tests: each of them exists, and each clause has two."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
TABLE = TESTS.parent / "docs" / "oauth-coverage.md"
MODULES = TESTS.parent / "docs" / "oidc-conformance.md"
NAMED = re.compile(r"`((?:\.\./service_kit/|interop/|edge/)?test_\w+\.py)((?:::\w+)*)`")
ROW = re.compile(r"^\| (?P<clause>[^|]+) \| `(?P<good>[^`|]+)` \| `(?P<refused>[^`|]+)` \|$", re.MULTILINE)


def defined(path: Path) -> set[str]:
    """The tests of a file, as pytest names them."""
    tree = ast.parse(path.read_text())
    found = set()
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {f"{prefix}{one.name}" for one in inner if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    return found


def test_every_test_in_the_table_exists() -> None:
    named = {row[kind] for row in ROW.finditer(TABLE.read_text()) for kind in ("good", "refused")}
    files = {name.partition("::")[0] for name in named}
    exist = {f"{file}::{test}" for file in files for test in defined(TESTS / file)}
    assert named - exist == set()


def test_every_line_of_the_table_is_a_clause_with_two_tests() -> None:
    lines = [line for line in TABLE.read_text().splitlines() if line.startswith("|")][2:]
    clauses = [row["clause"] for row in ROW.finditer(TABLE.read_text())]
    assert len(clauses) == len(lines) > 50
    assert len(set(clauses)) == len(clauses)


def test_every_test_beside_a_module_exists() -> None:
    named = NAMED.findall(MODULES.read_text())
    assert len(named) > 30
    for file, inner in named:
        exist = defined(TESTS / "gateway" / file)
        wanted = inner.removeprefix("::")
        assert any(f"{one}::".startswith(f"{wanted}::" if wanted else "") for one in exist), file + inner
