"""What the Credential Engine publishes of CTDL, as far as we use it, to hold documents to."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CTID = re.compile(r"ce-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TERMS = json.loads((Path(__file__).parent / "catalog" / "data" / "ctdl-terms.json").read_text())


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document."""
    if isinstance(value, dict):
        yield value
        for member in value.values():
            yield from nodes(member)
    elif isinstance(value, list):
        for item in value:
            yield from nodes(item)


def holds(document: dict[str, Any]) -> None:
    """Asserts that every class, property and concept exists, and stands where CTDL has it."""
    assert document["@context"] == "https://credreg.net/ctdl/schema/context/json"
    for node in nodes(document["@graph"]):
        if "@type" in node:
            assert node["@type"] in TERMS["classes"]
            if "ceterms:ctid" in node:
                assert CTID.fullmatch(node["ceterms:ctid"]), node["ceterms:ctid"]
            for name, value in node.items():
                if not name.startswith("@"):
                    _stands(node["@type"], name, value)
        if str(node.get("ceterms:framework", "")).startswith("https://credreg.net"):
            assert node["ceterms:targetNode"] in TERMS["concepts"]


def _stands(kind: str, name: str, value: Any) -> None:
    known = TERMS["properties"][name]
    assert known["domain"] is None or kind in known["domain"], f"{name} of {kind}"
    if (known["context"] or {}).get("@container") == "@language":
        assert isinstance(value, dict), name
        assert "@type" not in value, name
    if known["range"] == ["skos:Concept"]:
        assert value in TERMS["concepts"], value
    first = next((one for one in nodes(value) if "@type" in one), None)
    assert first is None or first["@type"] in known["range"], f"{name}: {first}"
