"""O*NET's tables: the Content Model Reference, Occupation Data, ratings such as Skills, and Technology Skills.

Elements become skills; the ratings on the level scale say what an occupation requires, from 0 to 7. So do examples of
technology, without a level: an occupation requires those that employers ask for ("In Demand"), and uses the others.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote

from catalog.core import vocabulary as limits
from catalog.core.frameworks.collecting import (
    Collected,
    FileRows,
    RowRefused,
    collected,
    is_uri,
    label_of,
    numbered,
    required,
    text_of,
)
from catalog.core.skills.model import Package, Relation, RelationType, Scale, Skill, SkillKind, Source

URI = "https://www.onetonline.org/"
ELEMENT = "https://www.onetonline.org/find/descriptor/result/"
OCCUPATION = "https://www.onetonline.org/link/summary/"
TECHNOLOGY = "https://www.onetonline.org/search/tech/example?e="
LEVELS = Scale(0, 7)
LEVEL_SCALE = "LV"
# Abilities, basic and cross-functional skills, knowledge, work activities: what is rated on the level scale.
RATED = ("1.A", "2.A", "2.B", "2.C", "4.A")
ELEMENT_ID = re.compile(r"\d(\.[0-9A-Za-z]{1,3}){0,6}", re.ASCII)
SOC = re.compile(r"\d{2}-\d{4}\.\d{2}", re.ASCII)


class OnetFile(StrEnum):
    """What a table holds."""

    CONTENT_MODEL = "content model"
    OCCUPATIONS = "occupations"
    RATINGS = "ratings"
    TECHNOLOGY = "technology"


HEADERS: Sequence[tuple[OnetFile, frozenset[str]]] = (
    (OnetFile.RATINGS, frozenset({"onetsoccode", "elementid", "scaleid", "datavalue"})),
    (OnetFile.TECHNOLOGY, frozenset({"onetsoccode", "example", "commoditycode", "commoditytitle"})),
    (OnetFile.CONTENT_MODEL, frozenset({"elementid", "elementname", "description"})),
    (OnetFile.OCCUPATIONS, frozenset({"onetsoccode", "title"})),
)


def read_onet(files: Sequence[FileRows[OnetFile]], *, language: str, source_version: str | None) -> Package:
    """The tables of one release. Takes seconds for a whole one: call it off the event loop. Raises Invalid."""
    technology = _Technology()
    found = collected(files, {**READERS, OnetFile.TECHNOLOGY: technology.read})
    technology.add_to(found)
    return Package(
        source=Source.ONET,
        uri=URI,
        title="O*NET",
        language=language,
        source_version=source_version,
        scale=LEVELS,
        skills=_without_groups(found),
        relations=[*found.relations.values()],
        received=found.received,
        errors=found.errors,
    )


def _without_groups(found: Collected) -> list[Skill]:
    """Elements with others below them are groups."""
    above = {one.target for one in found.relations.values() if one.type is RelationType.BROADER}
    return [
        Skill(one.uri, one.label, SkillKind.GROUP, one.code, one.other_labels, one.description)
        if one.uri in above
        else one
        for one in found.skills.values()
    ]


def _element(found: Collected, cells: Mapping[str, object]) -> None:
    code = _element_id(cells)
    if not code.startswith(RATED):
        return  # interests, work styles, context: nothing that is learnt to a level
    uri, parent = ELEMENT + code, code.rpartition(".")[0]
    label = label_of(cells, "elementname")
    found.add(Skill(uri, label, SkillKind.SKILL, code, (), text_of(cells, "description", limits.PROSE)))
    if parent.startswith(RATED):
        found.relate(Relation(uri, RelationType.BROADER, ELEMENT + parent))


def _occupation(found: Collected, cells: Mapping[str, object]) -> None:
    code, description = _soc(cells), text_of(cells, "description", limits.PROSE)
    found.add(Skill(OCCUPATION + code, label_of(cells, "title"), SkillKind.OCCUPATION, code, (), description))


def _rating(found: Collected, cells: Mapping[str, object]) -> None:
    """A rating on the level scale. What O*NET itself marks as not relevant or not to be relied upon is left out."""
    code, element = _soc(cells), _element_id(cells)
    if required(cells, "scaleid", limits.LABEL) != LEVEL_SCALE:
        return
    level = numbered(cells, "datavalue")
    if level > LEVELS.highest:
        raise RowRefused("dataValue", f"must be at most {LEVELS.highest:g}")
    doubtful = "Y" in (text_of(cells, "notrelevant", 10), text_of(cells, "recommendsuppress", 10))
    if not doubtful and level > 0:
        _known_occupation(found, code, cells)
        found.relate(Relation(OCCUPATION + code, RelationType.REQUIRES, ELEMENT + element, level))


def _known_occupation(found: Collected, code: str, cells: Mapping[str, object]) -> None:
    """Without Occupation Data an occupation is called as its ratings call it, or by its code."""
    if OCCUPATION + code not in found.skills:
        label = label_of(cells, "title") if text_of(cells, "title", limits.PROSE) else code
        found.add(Skill(OCCUPATION + code, label, SkillKind.OCCUPATION, code))


@dataclass(frozen=True, slots=True)
class _Technology:
    """Technology Skills and Tools Used: rows say what an occupation works with, and what kind of thing that is."""

    labels: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, set[str]] = field(default_factory=dict)

    def read(self, found: Collected, cells: Mapping[str, object]) -> None:
        """One row."""
        code, label = _soc(cells), label_of(cells, "example")
        kind = f"{label_of(cells, 'commoditytitle')} ({required(cells, 'commoditycode', limits.LABEL)})"
        uri = TECHNOLOGY + quote(label, safe="")
        if not is_uri(uri):
            raise RowRefused("example", "is too long")
        self.labels[uri] = label
        self.kinds.setdefault(uri, set()).add(kind)
        _known_occupation(found, code, cells)
        is_asked_for = text_of(cells, "indemand", limits.LABEL) == "Y"
        found.relate(Relation(OCCUPATION + code, RelationType.REQUIRES if is_asked_for else RelationType.USES, uri))

    def add_to(self, found: Collected) -> None:
        """Each once, whatever it was listed as and in whatever order. Raises Invalid for too many."""
        for uri, label in self.labels.items():
            found.add(Skill(uri, label, SkillKind.SKILL, None, (), "; ".join(sorted(self.kinds[uri]))[: limits.PROSE]))


def _soc(cells: Mapping[str, object]) -> str:
    found = required(cells, "onetsoccode", limits.LABEL)
    if not SOC.fullmatch(found):
        raise RowRefused("onetSocCode", "must be like 15-1252.00")
    return found


def _element_id(cells: Mapping[str, object]) -> str:
    found = required(cells, "elementid", limits.LABEL)
    if not ELEMENT_ID.fullmatch(found):
        raise RowRefused("elementId", "must be like 2.A.1.a")
    return found


# In this order: ratings name what the others hold.
READERS: Mapping[OnetFile, Callable[[Collected, Mapping[str, object]], None]] = {
    OnetFile.CONTENT_MODEL: _element,
    OnetFile.OCCUPATIONS: _occupation,
    OnetFile.RATINGS: _rating,
}
