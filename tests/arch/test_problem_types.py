"""Every code that a room may answer with stands in the table of problem types, and its address has a page."""

from __future__ import annotations

import ast
import html
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from contracts.problems import PROBLEM_TYPES
from gateway.edge.problems import REFUSALS, local_replies
from gateway.edge.routes import Room
from service_kit.errors import ServiceError
from service_kit.problems import CODES, STATUS
from service_kit.testing import BASE_URL, asgi_client
from tests.arch.test_routes_are_guarded import app_of, room_behind

ROOT = Path(__file__).parent.parent.parent
PLACES = ("services/*/src", "gateway/src", "libs/service_kit/src")
CODE = re.compile(r"[a-z]+(-[a-z]+)*")


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for place in PLACES:
        for path in sorted(ROOT.glob(f"{place}/**/*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def text_of(node: ast.expr, names: dict[str, str]) -> str | None:
    """A literal, or a constant of the same module."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return names.get(node.id) if isinstance(node, ast.Name) else None


def constants(tree: ast.Module) -> dict[str, str]:
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def codes_given(tree: ast.Module) -> Iterator[str]:
    """`code=` of a call that makes an error, and the third argument of `problem(request, status, code)`."""
    names = constants(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
        if ast.unparse(node.func) == "problem":
            given += node.args[2:3]
        yield from (found for value in given if (found := text_of(value, names)) is not None)


def error_classes(base: type[ServiceError] = ServiceError) -> Iterator[type[ServiceError]]:
    for found in base.__subclasses__():
        yield found
        yield from error_classes(found)


def import_everything() -> None:
    for room in [*Room, "service_kit"]:
        package = importlib.import_module(str(room))
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)


def test_every_code_that_is_written_anywhere_has_an_entry() -> None:
    """To mend this, add the code to libs/contracts/src/contracts/problems and run `python -m contracts problems`."""
    written = {code: path for path, tree in sources() for code in codes_given(tree) if CODE.fullmatch(code)}
    assert len(written) > 30
    assert {code: str(path) for code, path in written.items() if code not in PROBLEM_TYPES} == {}


def test_every_class_of_error_has_an_entry_with_its_status() -> None:
    import_everything()
    classes = list(error_classes())
    assert len(classes) > 10
    wrong = [kind for kind in classes if PROBLEM_TYPES[kind.code].status != STATUS[kind.category]]
    assert wrong == []


def test_every_refusal_of_the_framework_and_of_the_edge_has_an_entry_with_its_status() -> None:
    given = {**{code: status for status, code in CODES.items()}, **{one.code: one.status for one in REFUSALS}}
    assert given == {code: PROBLEM_TYPES[code].status for code in given}


def test_the_edge_names_the_same_addresses() -> None:
    forms = [mapper["body_format_override"] for mapper in local_replies(BASE_URL)["mappers"]]
    mapped = [form["json_format"] for form in forms if "json_format" in form]
    types = {PROBLEM_TYPES[refusal.code].address(BASE_URL) for refusal in REFUSALS}
    ours = [document for document in mapped if "imsx_codeMajor" not in document]  # the Open Badges API has its own form
    assert {document["type"] for document in ours} == types | {"about:blank"}


@pytest.mark.asyncio
@pytest.mark.parametrize("room", Room)
async def test_the_type_in_an_answer_is_the_address_of_its_page(room: Room) -> None:
    app = app_of(room)
    async with asgi_client(app) as client:
        for method, path, code in [
            ("GET", "/nowhere", "not-found"),
            ("TRACE", next(plain_paths(app)), "method-not-allowed"),
            ("GET", "/nowhere%00", "malformed-request"),
        ]:
            answer = (await client.request(method, path)).json()
            base = app.state.public_base_url
            assert (answer["type"], answer["title"]) == (f"{base}/problems/{code}", PROBLEM_TYPES[code].title)


def plain_paths(app: FastAPI) -> Iterator[str]:
    return (path for path in app.openapi()["paths"] if "{" not in path or room_behind("GET", path))


@pytest.mark.asyncio
@pytest.mark.parametrize("code", PROBLEM_TYPES)
async def test_every_problem_type_has_a_page_and_a_description(code: str) -> None:
    assert room_behind("GET", f"/problems/{code}") is Room.GATEWAY
    problem = PROBLEM_TYPES[code]
    async with asgi_client(app_of(Room.GATEWAY)) as client:
        described = await client.get(f"/problems/{code}")
        page = await client.get(f"/problems/{code}", headers={"Accept": "text/html,*/*;q=0.8"})
    assert described.json() == problem.document("https://laurel.example")
    assert described.json()["example"]["type"] == described.json()["type"]
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    for said in (problem.title, problem.code, str(problem.status)):
        assert said in html.unescape(page.text)
