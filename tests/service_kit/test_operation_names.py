"""The names of operations follow from their addresses."""

from __future__ import annotations

import pytest

from service_kit.operation_names import given_name, operation_name, sentence


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("get", "/things", "listThings"),
        ("post", "/things", "createThing"),
        ("get", "/things/{id}", "readThing"),
        ("patch", "/things/{id}", "changeThing"),
        ("put", "/things/{id}/policy", "setThingPolicy"),
        ("delete", "/things/{id}", "deleteThing"),
        ("post", "/things/{id}/revoke", "revokeThing"),
        ("get", "/things/{id}/parts", "listThingParts"),
        ("get", "/things/{id}/parts/{part}", "readThingPart"),
        ("get", "/things/{id}/did.json", "readThingDidJson"),
        ("post", "/things/import", "importThings"),
        ("get", "/things/import/template.csv", "readThingsImportTemplateCsv"),
        ("get", "/batches/{id}", "readBatch"),
        ("post", "/batches", "createBatch"),
        ("post", "/things/{id}/status", "statusThing"),
        ("post", "/vc/{form}/things/issue", "issueVcThingsByForm"),
        ("delete", "/things/trusted-parts/{id:path}", "deleteThingsTrustedPart"),
    ],
)
def test_a_name_says_what_is_done_to_what(method: str, path: str, name: str) -> None:
    assert operation_name(method, path) == name


def test_a_name_that_a_route_gives_has_the_one_spelling() -> None:
    assert given_name("retire_key") == "retireKey"
    assert given_name(None) == ""


def test_a_name_reads_as_a_sentence() -> None:
    assert sentence("listThingParts") == "List thing parts"
