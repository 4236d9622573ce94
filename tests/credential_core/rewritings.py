"""Other ways to write what a credential says: each a change that whoever holds it could try under the same proof."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from credential_core.contexts import frozen_contexts
from credential_core.jsonld.meanings import meanings

Json = dict[str, Any]
Path = tuple[str | int, ...]
PREFIXES = {
    "cred": "https://www.w3.org/2018/credentials#",
    "obi": "https://purl.imsglobal.org/spec/vc/ob/vocab.html#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
INLINE: tuple[Any, ...] = (
    {"@vocab": PREFIXES["cred"]},
    {"@language": "en"},
    {"@direction": "ltr"},
    {"@base": "urn:"},
    {"@protected": True},
    {"id": "@id"},
    {"name": "https://schema.org/name"},
    {},
    None,
)


def rewritings(document: Json) -> Iterator[tuple[str, Json]]:
    """Every change by itself, with what it is called."""
    for path, value in _places(document):
        for kind, other in _written_otherwise(value):
            yield f"{kind} at {_told(path)}", _with(document, path, other)
    for path, node in _nodes(document):
        for name in node:
            for other in _called_otherwise(name):
                yield f"{name} as {other} at {_told(path)}", _renamed(document, path, name, other)
    yield from _inline_names(document)
    yield from _moved(document)
    yield from _split(document)
    yield from _other_contexts(document)


def reading(value: Any) -> Any:
    """What is read of a document, whichever of the harmless ways it is written in.

    Sets have no order, one value may stand alone, null and empty are nothing, and so is what qualifies nothing.
    """
    if isinstance(value, dict):
        members = {name: reading(_unset(name, member)) for name, member in value.items() if name != "@context"}
        members = {name: member for name, member in members.items() if member not in (None, [])}
        if members.keys() <= {"@value", "@type"} and "@value" in members:
            return members["@value"]
        if members.keys() == {"id"}:
            return members["id"]
        if isinstance(members.get("@language"), str):
            members["@language"] = members["@language"].lower()
        return members
    if isinstance(value, list):
        items = {json.dumps(item, sort_keys=True): item for item in _joined(map(reading, value)) if item is not None}
        found = [items[key] for key in sorted(items)]
        return found[0] if len(found) == 1 else found
    return "OpenBadgeCredential" if value == "AchievementCredential" else value


def _unset(name: str, member: Any) -> Any:
    """A name of the document's own is read by nobody who does not read JSON-LD."""
    is_own = name not in meanings().iris_of and not name.startswith("@")
    return member["@set"] if is_own and isinstance(member, dict) and member.keys() == {"@set"} else member


def _joined(items: Any) -> list[Any]:
    """Objects of a set with one id are one."""
    found: list[Any] = []
    for item in items:
        same = [
            one for one in found if isinstance(one, dict) and isinstance(item, dict) and one.get("id") == item.get("id")
        ]
        if same and "id" in item and all(item[name] == same[0].get(name, item[name]) for name in item):
            same[0] |= item
        else:
            found.append(item)
    return found


def _told(path: Path) -> str:
    return "/".join(map(str, path)) or "the root"


def _places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    named: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in named:
        if name != "@context":
            yield (*path, name), member
            yield from _places(member, (*path, name))


def _nodes(document: Json) -> Iterator[tuple[Path, Json]]:
    yield (), document
    yield from ((path, value) for path, value in _places(document) if isinstance(value, dict))


def _at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def _with(document: Json, path: Path, value: Any) -> Json:
    changed = copy.deepcopy(document)
    _at(changed, path[:-1])[path[-1]] = copy.deepcopy(value)
    return changed


def _renamed(document: Json, path: Path, name: str, other: str) -> Json:
    changed = copy.deepcopy(document)
    node = _at(changed, path)
    node[other] = node.pop(name)
    return changed


def _written_otherwise(value: Any) -> Iterator[tuple[str, Any]]:
    yield from (("listed", [value]), ("beside null", [None, value]), ("in a set", {"@set": [value]}))
    yield from (("as a value", {"@value": value}), ("as an id", {"id": value}), ("as a keyword's id", {"@id": value}))
    for datatype in ("dateTime", "boolean", "float", "string"):
        yield f"as {datatype}", {"@value": value, "@type": PREFIXES["xsd"] + datatype}
    match value:
        case bool() | int() | float():
            yield from (("as text", str(value).lower()), ("as a float", float(value)), ("in digits", f"{value:.15E}"))
        case str():
            yield from _texts(value)
        case list() if value:
            yield from (("turned", value[::-1]), ("the first", value[0]), ("repeated", [*value, value[0]]))
        case dict():
            yield from (("included", {"@included": value}), ("without a context", {"@context": None, **value}))
            for url in frozen_contexts():
                yield f"under {url}", {"@context": url, **value}
            if "id" in value:
                yield from (("its id", value["id"]), ("its id beside it", [value["id"], value]))


def _texts(text: str) -> Iterator[tuple[str, str]]:
    for other in (text.upper(), text.lower(), f"{text} ", text.replace("Z", "+00:00"), text.replace("-", "%2D")):
        if other != text:
            yield f"as {other[:40]!r}", other
    for prefix, iri in PREFIXES.items():
        if text.startswith(iri):
            yield "compact", text.replace(iri, f"{prefix}:", 1)
    for other in _called_otherwise(text):
        yield f"as {other[:80]}", other


def _called_otherwise(name: str) -> Iterator[str]:
    """Names, IRIs and compact IRIs of the same meaning; keywords."""
    known = meanings().iris_of
    for iri in sorted(known.get(name, ())):
        yield from (other for other in sorted(known) if iri in known[other] and other != name)
        yield iri
        yield from (iri.replace(full, f"{prefix}:", 1) for prefix, full in PREFIXES.items() if iri.startswith(full))
    yield from {"id": ("@id",), "type": ("@type",)}.get(name, ())


def _inline_names(document: Json) -> Iterator[tuple[str, Json]]:
    for path, node in _nodes(document):
        for name in node:
            for iri in sorted(meanings().iris_of.get(name, ())):
                for definition in (iri, {"@id": iri, "@type": "@id"}, {"@id": iri, "@container": "@set"}):
                    changed = _renamed(document, path, name, "other")
                    yield (
                        f"{name} by an inline name at {_told(path)}",
                        _under(changed, [*_contexts(document), {"other": definition}]),
                    )


def _moved(document: Json) -> Iterator[tuple[str, Json]]:
    """Members that move between objects of one id, with the types that give their names a meaning."""
    nodes = [(path, node) for path, node in _nodes(document) if isinstance(node.get("id"), str)]
    for path, node in nodes:
        for target, other in nodes:
            for name in node.keys() - {"id", "@context"} if target != path and other["id"] == node["id"] else ():
                if target[: len(path) + 1] == (*path, name):
                    continue
                changed = copy.deepcopy(document)
                moved = _at(changed, path).pop(name)
                place = _at(changed, target)
                types = [*_listed(place.get("type")), *_listed(node.get("type"))]
                place |= {"type": list(dict.fromkeys(types))} | ({} if name == "type" else {name: moved})
                yield f"{name} moved from {_told(path)} to {_told(target)}", changed


def _split(document: Json) -> Iterator[tuple[str, Json]]:
    for path, node in _nodes(document):
        if not path or not isinstance(node.get("id"), str):
            continue
        for name in node.keys() - {"id", "type"}:
            part = {each: node[each] for each in ("id", "type", name) if each in node}
            rest = {each: member for each, member in node.items() if each != name}
            for pair in ([part, rest], [rest, part]):
                parent, place = _at(document, path[:-1]), path[-1]
                whole = [*parent[:place], *pair, *parent[place + 1 :]] if isinstance(place, int) else pair
                yield (
                    f"{name} apart at {_told(path)}",
                    _with(document, path[:-1] if isinstance(place, int) else path, whole),
                )


def _other_contexts(document: Json) -> Iterator[tuple[str, Json]]:
    contexts = _contexts(document)
    for other in (*frozen_contexts(), *INLINE):
        for at in range(len(contexts) + 1):
            yield f"the context {other} at {at}", _under(document, [*contexts[:at], other, *contexts[at:]])
            yield f"the context {other} for {at}", _under(document, [*contexts[:at], other, *contexts[at + 1 :]])
    for at in range(len(contexts)):
        yield f"without the context {at}", _under(document, contexts[:at] + contexts[at + 1 :])
    yield "contexts turned", _under(document, contexts[::-1])


def _contexts(document: Json) -> list[Any]:
    return _listed(document["@context"])


def _under(document: Json, contexts: list[Any]) -> Json:
    return {**document, "@context": contexts}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
