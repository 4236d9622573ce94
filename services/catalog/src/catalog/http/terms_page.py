"""Our own terms as a page for people: each at the fragment that its IRI ends with."""

from collections.abc import Mapping
from functools import cache
from html import escape

from catalog.core.achievements.terms import TERMS, Nature, Term, iri, vocabulary
from catalog.core.decision_terms import DECISION_TERMS
from catalog.http.page import Html, page
from credential_core.contexts import (
    MICRO_CREDENTIAL_PATH,
    MICRO_CREDENTIAL_V1,
    RECOGNITION_DECISION_PATH,
    RECOGNITION_DECISION_V1,
)

OTHERS = """Most of its members are terms of the European Learning Model, Dublin Core, schema.org and SKOS; these are
our own."""
ALL = "All of its terms are our own."
NATURES = {Nature.CLASS: "Class", Nature.PROPERTY: "Property", Nature.CONCEPT: "Value"}


@cache
def terms_page() -> bytes:
    """The terms of micro-credential/v1."""
    said = _introduction("micro-credential metadata", MICRO_CREDENTIAL_V1, MICRO_CREDENTIAL_PATH, OTHERS)
    entries = _entries(TERMS, MICRO_CREDENTIAL_V1)
    return page("Terms of micro-credential metadata", "en", said + entries, vocabulary())


@cache
def decision_terms_page() -> bytes:
    """The terms of recognition-decision/v1."""
    said = _introduction("signed decisions on recognition", RECOGNITION_DECISION_V1, RECOGNITION_DECISION_PATH, ALL)
    entries = _entries(DECISION_TERMS, RECOGNITION_DECISION_V1)
    linked = vocabulary(DECISION_TERMS, RECOGNITION_DECISION_V1)
    return page("Terms of decisions on recognition", "en", said + entries, linked)


def _introduction(what: str, of: str, path: str, others: str) -> Html:
    return f"""<p>This is the JSON-LD context of {what}, version 1: programs get it here as
<code>application/ld+json</code>. It never changes. {others} Their IRIs begin with <code>{escape(of)}#</code>,
a name that no server answers; whatever fleet shows a credential has their definitions at
<code>{escape(path)}</code>.</p>
"""


def _entries(terms: Mapping[str, Term], of: str) -> Html:
    return f"<dl>{''.join(_entry(name, term, of) for name, term in terms.items())}</dl>"


def _entry(name: str, term: Term, of: str) -> Html:
    nature = NATURES[term.nature] + (f" of {escape(term.value_of)}" if term.value_of else "")
    return (
        f'<dt id="{escape(name)}">{escape(name)}</dt>'
        f"<dd>{escape(term.meaning)} <small>{nature}</small><br><code>{escape(iri(name, of))}</code></dd>\n"
    )
