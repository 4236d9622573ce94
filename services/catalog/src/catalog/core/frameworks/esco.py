"""ESCO's CSV downloads: concepts (skills, groups, occupations), their hierarchy, and what relates them.

A download is of one language and names its files so (skills_en.csv); what a file holds is told by its columns.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from catalog.core import vocabulary as limits
from catalog.core.frameworks.collecting import (
    Collected,
    FileRows,
    RowRefused,
    collected,
    label_of,
    labels_of,
    required,
    text_of,
    uri_of,
)
from catalog.core.skills.model import Package, Relation, RelationType, Scale, Skill, SkillKind, Source

URI = "http://data.europa.eu/esco/concept-scheme/skills"
LEVELS = Scale(1, 8)  # ESCO states none; these are the European Qualifications Framework's levels
KINDS: Mapping[str, SkillKind] = {
    "KnowledgeSkillCompetence": SkillKind.SKILL,
    "SkillGroup": SkillKind.GROUP,
    "Occupation": SkillKind.OCCUPATION,
    "ISCOGroup": SkillKind.GROUP,
}
DEEPEST = 4


class EscoFile(StrEnum):
    """What a file of a download holds."""

    CONCEPTS = "concepts"
    COLLECTION = "collection"
    HIERARCHY = "hierarchy"
    BROADER = "broader"
    SKILL_RELATIONS = "skill relations"
    OCCUPATION_RELATIONS = "occupation relations"


# The first that fits: what a header must have.
HEADERS: Sequence[tuple[EscoFile, frozenset[str]]] = (
    (EscoFile.HIERARCHY, frozenset({"level0uri", "level0preferredterm"})),
    (EscoFile.BROADER, frozenset({"concepturi", "broaderuri"})),
    (EscoFile.SKILL_RELATIONS, frozenset({"originalskilluri", "relatedskilluri"})),
    (EscoFile.OCCUPATION_RELATIONS, frozenset({"occupationuri", "skilluri"})),
    (EscoFile.COLLECTION, frozenset({"concepturi", "preferredlabel", "broaderconcepturi"})),
    (EscoFile.CONCEPTS, frozenset({"concepturi", "preferredlabel"})),
)


def read_esco(files: Sequence[FileRows[EscoFile]], *, language: str, source_version: str | None) -> Package:
    """One download. Takes seconds for the whole of ESCO: call it off the event loop. Raises Invalid when too large."""
    found = collected(files, READERS)
    return Package(
        source=Source.ESCO,
        uri=URI,
        title="ESCO",
        language=language,
        source_version=source_version,
        scale=LEVELS,
        skills=[*found.skills.values()],
        relations=[*found.relations.values()],
        received=found.received,
        errors=found.errors,
    )


def _concept(found: Collected, cells: Mapping[str, object]) -> None:
    kind = KINDS.get(text_of(cells, "concepttype", limits.LABEL) or "KnowledgeSkillCompetence")
    if kind is None:
        raise RowRefused("conceptType", f"must be one of {', '.join(KINDS)}")
    found.add(
        Skill(
            uri=uri_of(cells, "concepturi"),
            label=label_of(cells, "preferredlabel"),
            kind=kind,
            code=text_of(cells, "code", limits.LABEL),
            other_labels=labels_of(text_of(cells, "altlabels", limits.PROSE)),
            description=text_of(cells, "description", limits.PROSE) or text_of(cells, "definition", limits.PROSE),
        )
    )


def _member(found: Collected, cells: Mapping[str, object]) -> None:
    """A skill of a collection, such as DigComp's: what it belongs to there. The list of concepts knows it better."""
    uri = uri_of(cells, "concepturi")
    if uri not in found.skills:
        _concept(found, cells)
    for above in (text_of(cells, "broaderconcepturi", limits.PROSE) or "").split("|"):
        if above.strip():
            found.relate(Relation(uri, RelationType.BROADER, uri_of({"broaderconcepturi": above}, "broaderconcepturi")))


def _path(found: Collected, cells: Mapping[str, object]) -> None:
    """A row is a path from the top: each group on it, and that each is below the one before.

    The lists of concepts know a group better: an entry that is there already stays as it is.
    """
    above: str | None = None
    for depth in range(DEEPEST):
        if not text_of(cells, f"level{depth}uri", limits.URI):
            break
        uri = uri_of(cells, f"level{depth}uri")
        if uri not in found.skills:
            code = text_of(cells, f"level{depth}code", limits.LABEL)
            found.add(Skill(uri, label_of(cells, f"level{depth}preferredterm"), SkillKind.GROUP, code))
        if above is not None:
            found.relate(Relation(uri, RelationType.BROADER, above))
        above = uri


def _broader(found: Collected, cells: Mapping[str, object]) -> None:
    found.relate(Relation(uri_of(cells, "concepturi"), RelationType.BROADER, uri_of(cells, "broaderuri")))


def _skill_relation(found: Collected, cells: Mapping[str, object]) -> None:
    """An essential or optional relation between skills: the first is used with the second."""
    related = Relation(uri_of(cells, "originalskilluri"), RelationType.RELATED, uri_of(cells, "relatedskilluri"))
    found.relate(related)


def _occupation_relation(found: Collected, cells: Mapping[str, object]) -> None:
    said = required(cells, "relationtype", limits.LABEL)
    kinds = {"essential": RelationType.REQUIRES, "optional": RelationType.USES}
    if said not in kinds:
        raise RowRefused("relationType", "must be essential or optional")
    found.relate(Relation(uri_of(cells, "occupationuri"), kinds[said], uri_of(cells, "skilluri")))


# In this order: concepts before what names them.
READERS: Mapping[EscoFile, Callable[[Collected, Mapping[str, object]], None]] = {
    EscoFile.CONCEPTS: _concept,
    EscoFile.COLLECTION: _member,
    EscoFile.HIERARCHY: _path,
    EscoFile.BROADER: _broader,
    EscoFile.SKILL_RELATIONS: _skill_relation,
    EscoFile.OCCUPATION_RELATIONS: _occupation_relation,
}
