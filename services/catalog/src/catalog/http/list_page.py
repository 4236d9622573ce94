"""A page of what is published, for people who look for something to learn."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from catalog.core.model import Json
from catalog.http.page import SECURITY, Html, page

EXCERPT = 240
# The page's one form asks this list again.
LIST_SECURITY = {name: value.replace("form-action 'none'", "form-action 'self'") for name, value in SECURITY.items()}


@dataclass(frozen=True, slots=True)
class Shelf:
    """One of the lists: its path, and its title while nothing is searched for."""

    path: str
    title: str


ACHIEVEMENTS = Shelf("/achievements", "What can be earned")
PATHWAYS = Shelf("/pathways", "What adds up to what")


def list_page(shelf: Shelf, lines: Sequence[Json], words: str | None, following: str | None) -> bytes:
    """These lines of the list. `words` were searched for; `following` is the next page's address."""
    content = [_search(shelf, words), _found(lines)]
    if following:
        content.append(f'<p><a href="{escape(following)}" rel="next">More</a></p>\n')
    return page(f"“{words}”" if words else shelf.title, "en", "".join(content), None)


def _search(shelf: Shelf, words: str | None) -> Html:
    return f"""<form action="{shelf.path}" method="get" role="search">
<label for="q">Search by words</label>
<input id="q" name="q" type="search" maxlength="300" value="{escape(words or "")}">
<button>Search</button>
</form>
"""


def _found(lines: Sequence[Json]) -> Html:
    if not lines:
        return '<p class="text">Nothing here. Try other words, or fewer.</p>\n'
    return f'<ul class="found">\n{"".join(map(_line, lines))}</ul>\n'


def _line(line: Json) -> Html:
    facts = ", ".join(escape(fact) for fact in _facts(line))
    return f"""<li><a href="{escape(str(line["id"]))}">{escape(str(line["name"]))}</a>
<p class="quiet">{facts}</p>
<p>{escape(_excerpt(str(line["description"] or "")))}</p></li>
"""


def _facts(line: Json) -> Iterable[str]:
    if kind := line.get("kind") or line.get("achievementType"):
        yield str(kind).removeprefix("ext:")
    credits_ = line.get("creditsAvailable")
    if isinstance(credits_, int | float):
        yield f"{credits_:g} credits"
    if line.get("status") == "retired":
        yield "retired"


def _excerpt(text: str) -> str:
    return text if len(text) <= EXCERPT else text[:EXCERPT].rsplit(" ", 1)[0] + " …"
