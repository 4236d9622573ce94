"""A published achievement as a page for people, with the same in schema.org's words for search engines.

Plain HTML, no script that runs, no inline style, every value escaped.
"""

import re
from collections.abc import Iterable
from html import escape
from importlib.resources import files

import orjson

from catalog.core.achievements import vocabularies
from catalog.core.achievements.profiles import standing
from catalog.core.achievements.vocabularies import Vocabulary
from catalog.core.exports import FORMATS, Export
from catalog.core.exports.elm import LANGUAGES
from catalog.core.exports.source import ENGLISH
from catalog.core.model import AchievementView, Endorsement, Json, Status
from service_kit.entity_tags import tag_of_bytes

CSS = "text/css; charset=utf-8"
STYLESHEET = (files("catalog.http") / "page.css").read_bytes()
STYLESHEET_PATH = "/achievements/page.css"
STYLESHEET_URL = f"{STYLESHEET_PATH}?v={tag_of_bytes(CSS, STYLESHEET)[1:9]}"
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}
FORMAT_NAMES = {
    "open-badges": "Open Badges 3.0 (JSON-LD)",
    "elm": "European Learning Model (JSON-LD)",
    "ctdl": "CTDL (JSON-LD)",
    "schema-org": "schema.org (JSON-LD)",
}
STANDINGS = {Status.PUBLISHED: "Open: credentials are issued", Status.RETIRED: "Retired: nothing more is issued"}
DESCRIPTION = 300  # characters that a search engine may show
HOURS = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?")
Html = str
Row = tuple[str, Html]


def achievement_page(source: Export, view: AchievementView) -> bytes:
    """One achievement."""
    document = source.document
    rows = [row for row in (*_identity(source), *_learning(source), *_assurance(source)) if row[1]]
    criteria = document.get("criteria")
    narrative = str(criteria.get("narrative") or "") if isinstance(criteria, dict) else ""
    parts = [
        _spoken(source, paragraph(source.text("description"))),
        facts(rows),
        section(
            "How it is earned",
            _spoken(source, paragraph(narrative)) + _web(criteria.get("id") if isinstance(criteria, dict) else None),
        ),
        section("What it certifies", _spoken(source, _outcomes(source))),
        section("Skills and standards", _alignments(source)),
        section("Endorsed by", endorsed(source.endorsements)),
        section("Further information", _spoken(source, paragraph(source.text("furtherInformation")))),
        section("How complete this description is", _complete(view)),
        section("In other forms", _forms(source)),
    ]
    return page(source.text("name"), source.language, "".join(parts), FORMATS["schema-org"](source), _head(source))


def missing_page(detail: str) -> bytes:
    """What a person sees for a 404."""
    return page("Not found", "en", paragraph(detail), None)


def _spoken(source: Export, content: Html) -> Html:
    """What the achievement says itself, in its own language: the page around it is in English."""
    code = source.language
    return f'<div lang="{code}">{content}</div>' if content and code in LANGUAGES and code != ENGLISH else content


def _head(source: Export) -> Html:
    """For search engines and harvesters: what it is in a line, its address, its other forms and languages."""
    text = " ".join(source.text("description").split())[:DESCRIPTION]
    forms = [
        _alternate(f'type="application/ld+json" title="{escape(name)}"', _form(source, form))
        for form, name in FORMAT_NAMES.items()
    ]
    languages = [
        _alternate(f'hreflang="{escape(one.language)}"', one.address)
        for one in source.translations
        if is_web(one.address)
    ]
    known = (
        f'<meta name="description" content="{escape(text)}">\n<link rel="canonical" href="{escape(source.address)}">\n'
    )
    return known + "".join([*forms, *languages])


def _alternate(what: Html, address: str) -> Html:
    return f'<link rel="alternate" {what} href="{escape(address)}">\n'


def page(title: str, language: str, content: Html, data: Json | None, head: Html = "") -> bytes:
    """A whole document."""
    script = f'<script type="application/ld+json">{_inert(data)}</script>\n' if data else ""
    code = language if language in LANGUAGES else "en"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · Laurel catalog</title>
{head}<link rel="stylesheet" href="{STYLESHEET_URL}">
{script}</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header><a href="/">Laurel</a> · <a href="/achievements">achievements</a> · <a href="/pathways">pathways</a></header>
<main id="content">
<h1 lang="{code}">{escape(title)}</h1>
{content}
</main>
</body>
</html>
""".encode()


def _inert(data: Json) -> str:
    """JSON that cannot end the script element, nor begin a comment in it."""
    text = orjson.dumps(data).decode()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _identity(source: Export) -> Iterable[Row]:
    body = source.body
    yield "Kind", escape(source.text("achievementType").removeprefix("ext:"))
    yield "Awarded by", (link(body.url, body.name) if body and body.url else escape(body.name) if body else "")
    yield "Country", escape(body.country or "") if body else ""
    yield "Code", escape(source.text("humanCode"))
    yield "Language", escape(source.text("inLanguage"))
    yield "In other languages", bullets(link(one.address, one.language) for one in source.translations)
    yield "Standing", escape(f"Version {source.version.number}. {STANDINGS.get(source.version.status, '')}")


def _learning(source: Export) -> Iterable[Row]:
    yield "Level (EQF)", _labels(source, vocabularies.EQF)
    yield "Cycle (QF-EHEA)", _labels(source, vocabularies.EHEA_CYCLE)
    yield "Field of education", _labels(source, vocabularies.ISCED_F)
    yield "Workload", escape(_hours(source.text("volumeOfLearning")))
    credits_ = [f"{one.get('point'):g} {one.get('framework')}" for one in source.entries("creditPoint")]
    yield "Credits", escape(", ".join(credits_))
    yield "Participation", _labels(source, vocabularies.PARTICIPATION)
    yield "Prerequisites", _spoken(source, paragraph(source.text("prerequisites")))


def _assurance(source: Export) -> Iterable[Row]:
    yield "Assessment", bullets(_assessed(one) for one in source.entries("assessment"))
    yield "Quality assurance", bullets(_assured(one) for one in source.entries("qualityAssurance"))
    yield "Stackability", _labels(source, vocabularies.STACKABILITY)
    yield "Counts towards", bullets(link(address, address) for address in source.codes("stackableTowards"))


def _assessed(one: Json) -> Html:
    kind = vocabularies.ASSESSMENT.find(one.get("assessmentType"))
    supervision = vocabularies.SUPERVISION.find(one.get("supervision"))
    said = [one.get("name"), kind.label if kind else None, supervision.label if supervision else None]
    return escape(", ".join(str(part) for part in said if part))


def _assured(one: Json) -> Html:
    kind = vocabularies.QUALITY_ASSURANCE.find(one.get("qualityAssuranceType"))
    agency = one.get("agency")
    by = ""
    if isinstance(agency, dict):
        address, name = agency.get("url") or agency.get("id"), str(agency.get("name"))
        by = f", {link(str(address), name) if address else escape(name)}"
    name = f", {escape(str(one['name']))}" if one.get("name") else ""
    return (escape(kind.label) if kind else "") + name + by


def _outcomes(source: Export) -> Html:
    return bullets(
        escape(str(one.get("name"))) + (f"<br>{escape(str(one['description']))}" if one.get("description") else "")
        for one in source.entries("learningOutcome")
    )


def _alignments(source: Export) -> Html:
    return bullets(
        link(str(one.get("targetUrl")), str(one.get("targetName")))
        + (escape(f" ({one['targetFramework']})") if one.get("targetFramework") else "")
        for one in source.entries("alignment")
    )


def endorsed(endorsements: Iterable[Endorsement]) -> Html:
    """Who says something for it, and what. The names are the endorsers' own words; their ids are what was verified."""
    return bullets(
        f"{escape(one.issuer_name)} ({escape(one.issuer_id)}), {one.valid_from.date().isoformat()}"
        + (f'<p class="text">{escape(one.comment)}</p>' if one.comment else "")
        for one in endorsements
    )


def _complete(view: AchievementView) -> Html:
    version = view.version
    found = (version.completeness or standing(version.document)) if version else {}
    missing = found.get("missing")
    titles = [str(one["title"]) for one in missing if isinstance(one, dict)] if isinstance(missing, list) else []
    said = f"{found.get('score')} of 100, by the elements of the EU's recommendation on micro-credentials."
    return paragraph(said) + (paragraph("Not stated:") + bullets(map(escape, titles)) if titles else "")


def _forms(source: Export) -> Html:
    return bullets(link(_form(source, form), name) for form, name in FORMAT_NAMES.items())


def _form(source: Export, form: str) -> str:
    return f"{source.address}/export?format={form}"


def _labels(source: Export, vocabulary: Vocabulary) -> Html:
    found = [vocabulary.find(code) for code in source.codes(vocabulary.name)]
    return escape(", ".join(one.label for one in found if one))


def _hours(duration: str) -> str:
    found = HOURS.fullmatch(duration)
    if not found:
        return ""
    hours, minutes = found.groups()
    return " ".join([*([f"{int(hours)} hours"] if hours else []), *([f"{int(minutes)} minutes"] if minutes else [])])


def facts(rows: Iterable[Row]) -> Html:
    """Names and values; the values are HTML already."""
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>\n" for name, value in rows) + "</dl>\n"


def section(title: str, content: Html) -> Html:
    """A part with its heading; nothing at all without content."""
    return f"<h2>{escape(title)}</h2>\n{content}" if content else ""


def paragraph(text: str) -> Html:
    """Plain text, its line breaks kept."""
    return f'<p class="text">{escape(text)}</p>\n' if text else ""


def bullets(items: Iterable[Html]) -> Html:
    """The items that are not empty, as a list; nothing without any."""
    found = [f"<li>{item}</li>" for item in items if item]
    return f"<ul>{''.join(found)}</ul>\n" if found else ""


def _web(address: object) -> Html:
    return f"<p>{link(address, address)}</p>\n" if isinstance(address, str) else ""


def is_web(address: str) -> bool:
    """Whether a browser may be sent there."""
    return address.startswith(("https://", "http://"))


def link(address: str, text: str) -> Html:
    """A link, if the address is one of the web; its text alone for anything else (urn:, did:)."""
    if not is_web(address):
        return escape(text)
    return f'<a href="{escape(address)}" rel="nofollow noopener">{escape(text)}</a>'
