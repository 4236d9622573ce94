"""Our own terms as a page for people: each at the fragment that its IRI ends with."""

from functools import cache
from html import escape

from catalog.core.achievements.terms import TERMS, Nature, Term, iri, vocabulary
from catalog.http.page import Html, page
from credential_core.contexts import MICRO_CREDENTIAL_PATH, MICRO_CREDENTIAL_V1

INTRODUCTION = f"""<p>This is the JSON-LD context of micro-credential metadata, version 1: programs get it here as
<code>application/ld+json</code>. It never changes. Most of its members are terms of the European Learning Model, Dublin
Core, schema.org and SKOS; these are our own. Their IRIs begin with <code>{escape(MICRO_CREDENTIAL_V1)}#</code>, a name
that no server answers; whatever fleet shows a credential has their definitions at
<code>{escape(MICRO_CREDENTIAL_PATH)}</code>.</p>
"""
NATURES = {Nature.CLASS: "Class", Nature.PROPERTY: "Property", Nature.CONCEPT: "Value"}


@cache
def terms_page() -> bytes:
    """The page."""
    entries = "".join(_entry(name, term) for name, term in TERMS.items())
    return page("Terms of micro-credential metadata", "en", f"{INTRODUCTION}<dl>{entries}</dl>", vocabulary())


def _entry(name: str, term: Term) -> Html:
    nature = NATURES[term.nature] + (f" of {escape(term.value_of)}" if term.value_of else "")
    return (
        f'<dt id="{escape(name)}">{escape(name)}</dt>'
        f"<dd>{escape(term.meaning)} <small>{nature}</small><br><code>{escape(iri(name))}</code></dd>\n"
    )
