"""A published pathway as a page for people: what adds up to what, in sentences."""

from collections.abc import Iterable
from html import escape

from catalog.core.exports import PATHWAY_FORMATS, pathway_words
from catalog.core.exports.pathway_source import PathwayExport
from catalog.http.page import (
    FORMAT_NAMES,
    STANDINGS,
    Html,
    bullets,
    endorsed,
    facts,
    link,
    page,
    paragraph,
    section,
)
from stacking import Component


def pathway_page(source: PathwayExport) -> bytes:
    """One pathway."""
    description = str(source.version.document.get("description") or "")
    parts = [
        paragraph(description),
        facts(row for row in _standing(source) if row[1]),
        section("What it takes", bullets([_component(source, source.destination)])),
        section("What else holds", bullets(map(escape, pathway_words.of_pathway(source.pathway)))),
        section("Endorsed by", endorsed(source.endorsements)),
        section("In other forms", _forms(source)),
    ]
    return page(source.pathway.name, "en", "".join(parts), None)


def _standing(source: PathwayExport) -> Iterable[tuple[str, Html]]:
    body = source.body
    yield "Offered by", (link(body.url, body.name) if body and body.url else escape(body.name) if body else "")
    yield "Standing", escape(f"Version {source.version.number}. {STANDINGS.get(source.version.status, '')}")
    yield "Leads to", "<br>".join(link(address, address) for address in source.destination.accepts)


def _component(source: PathwayExport, component: Component) -> Html:
    """A component, what it asks for, and below it what reaches it."""
    worth = f", {escape(pathway_words.ects(component.credits))}" if component.credits is not None else ""
    rules = [escape(rule) for rule in pathway_words.of_component(component)]
    if component.condition:
        rules.append(f"Takes {escape(pathway_words.of_condition(component.condition, source.title))}")
    if len(component.accepts) > 1:
        rules += [link(address, address) for address in component.accepts]
    said = "".join(f'<p class="quiet">{text}</p>' for text in rules)
    below = bullets(_component(source, one) for one in source.below(component))
    return f"{_named(source, component)}{worth}{said}{below}"


def _named(source: PathwayExport, component: Component) -> Html:
    """Its name, which leads to what earns it where that is one achievement."""
    name = source.title(component.id)
    return link(component.accepts[0], name) if len(component.accepts) == 1 else f"<strong>{escape(name)}</strong>"


def _forms(source: PathwayExport) -> Html:
    return bullets(
        link(f"{source.address}/export?format={name}", FORMAT_NAMES[name])
        for name in FORMAT_NAMES
        if name in PATHWAY_FORMATS
    )
