"""Reading frameworks: what each publisher's files mean, and that a wrong row harms no other."""

import json
from collections.abc import Mapping

import pytest

from catalog.core.skills.importing import accept
from catalog.core.skills.model import Package, RelationType, Scale, SkillKind, Source
from catalog.http.skills.files import read_package
from service_kit.errors import Invalid, Malformed
from service_kit.row_files import RowFile
from tests.catalog import skill_files as given
from tests.catalog.skill_files import ANALYSE, CASE, CASE_ROOT, DEVELOPER, PYTHON, S2, S27, TEACH, S

ONET = {"Content Model Reference.txt": given.CONTENT_MODEL, "Skills.txt": given.ONET_SKILLS}
WHOLE_ESCO = {
    "broaderRelationsSkillPillar_en.csv": given.ESCO_BROADER,
    "occupationSkillRelations_en.csv": given.ESCO_NEEDS,
    "occupations_en.csv": given.ESCO_OCCUPATIONS,
    "skillsHierarchy_en.csv": given.ESCO_HIERARCHY,
    "skills_en.csv": given.ESCO_SKILLS,
}


def read(files: Mapping[str, str]) -> Package:
    sent = [RowFile(content.encode(), "", None, name) for name, content in files.items()]
    return read_package(sent, language="en", source_version=None)


def read_case(package: object) -> Package:
    return read({"package.json": json.dumps(package)})


def relations(package: Package) -> set[tuple[str, str, str, float | None]]:
    return {(one.source, one.type.value, one.target, one.level) for one in package.relations}


def test_a_case_package_keeps_identifiers_codes_and_its_tree() -> None:
    package = read_case(CASE)

    assert (package.source, package.uri, package.title) == (Source.CASE, f"{CASE_ROOT}doc", "Data competences")
    assert (package.source_version, package.errors, package.scale) == ("2", [], Scale(1, 8))
    kept = {skill.uri.removeprefix(CASE_ROOT): skill for skill in package.skills}
    assert kept.keys() == {"d", "d1", "d2"}
    assert (kept["d"].kind, kept["d1"].kind, kept["d1"].code) == (SkillKind.GROUP, SkillKind.SKILL, "D.1")
    assert (kept["d1"].label, kept["d1"].description) == ("Reads tables", "Reads tables and doubts them")
    assert relations(package) == {
        (f"{CASE_ROOT}d1", "broader", f"{CASE_ROOT}d", None),
        (f"{CASE_ROOT}d2", "broader", f"{CASE_ROOT}d", None),
        (f"{CASE_ROOT}d2", "exactMatch", f"{CASE_ROOT}x", None),
    }


def test_a_case_package_of_another_language_names_what_it_translates() -> None:
    package = read_case(CASE | {"CFAssociations": [given.child("d1", "d1-en", "isTranslationOf")]})

    assert package.errors == []
    assert relations(package) == {(f"{CASE_ROOT}d1", "translationOf", f"{CASE_ROOT}d1-en", None)}


def test_wrong_elements_of_a_case_package_harm_no_other() -> None:
    other = CASE["CFItems"][1] | {"fullStatement": "Other"}
    wrong = [
        7,
        {"uri": "javascript:alert(1)", "fullStatement": "x"},
        {"uri": f"{CASE_ROOT}e"},
        other,
    ]
    links = [given.child("d1", "d", "isEnemyOf"), {"associationType": "isChildOf", "originNodeURI": {}}]
    package = read_case(CASE | {"CFItems": CASE["CFItems"] + wrong, "CFAssociations": CASE["CFAssociations"] + links})

    assert len(package.skills) == 3
    assert [(one.file, one.row, one.field) for one in package.errors] == [
        ("CFItems", 4, "row"),
        ("CFItems", 5, "uri"),
        ("CFItems", 6, "fullStatement"),
        ("CFItems", 7, "uri"),
        ("CFAssociations", 5, "associationType"),
        ("CFAssociations", 6, "originNodeURI"),
    ]


@pytest.mark.parametrize(
    "package",
    [{}, {"CFDocument": 1}, {"CFDocument": {"title": "x"}}, {"CFDocument": CASE["CFDocument"], "CFItems": {}}],
)
def test_what_is_no_case_package_is_refused(package: object) -> None:
    with pytest.raises((Malformed, Invalid)):
        read_case(package)


def test_the_files_of_esco_in_any_order_make_one_framework() -> None:
    package = read(WHOLE_ESCO)

    assert (package.source, package.errors) == (Source.ESCO, [])
    kept = {skill.uri: skill for skill in package.skills}
    assert kept.keys() == {PYTHON, ANALYSE, TEACH, S, S2, S27, DEVELOPER}
    assert kept[PYTHON].other_labels == ("Python", "Python programming")
    assert kept[PYTHON].description == "About Python (computer programming), in short."
    assert (kept[S27].kind, kept[S27].code) == (SkillKind.GROUP, "S2.7")
    assert (kept[DEVELOPER].kind, kept[DEVELOPER].code) == (SkillKind.OCCUPATION, "2512.4")
    assert relations(package) == {
        (S2, "broader", S, None),
        (S27, "broader", S2, None),
        (ANALYSE, "broader", S27, None),
        (DEVELOPER, "requires", PYTHON, None),
        (DEVELOPER, "uses", ANALYSE, None),
    }
    assert accept(read(dict(reversed(WHOLE_ESCO.items())))).digest == accept(package).digest


def test_a_collection_of_esco_says_where_skills_belong_and_changes_none() -> None:
    """DigComp, digital, green, language, research and transversal skills have files of their own in a download."""
    package = read({"digCompSkillsCollection_en.csv": given.ESCO_COLLECTION} | WHOLE_ESCO)

    assert package.errors == []
    kept = {skill.uri: skill for skill in package.skills}
    assert kept[PYTHON].description == "About Python (computer programming), in short."
    assert kept[f"{given.ESCO}only-here"].label == "work online"
    assert {(PYTHON, "broader", S27, None), (PYTHON, "broader", S2, None)} <= relations(package)
    alone = read({"digCompSkillsCollection_en.csv": given.ESCO_COLLECTION})
    assert {skill.label for skill in alone.skills} == {"Python (computer programming)", "work online"}


def test_onet_gives_skills_groups_and_the_levels_that_occupations_require() -> None:
    package = read(ONET | {"Occupation Data.txt": given.OCCUPATION_DATA})

    kept = {skill.code: skill for skill in package.skills}
    assert kept.keys() == {"2.A", "2.A.1", "2.A.1.a", "2.B.3.e", "15-1252.00"}  # no interests
    assert [kept[code].kind.value for code in ("2.A.1", "2.A.1.a", "15-1252.00")] == ["group", "skill", "occupation"]
    assert kept["15-1252.00"].label == "Software Developers"
    required = {(one.target[-7:], one.level) for one in package.relations if one.type is RelationType.REQUIRES}
    assert required == {("2.A.1.a", 4.12), ("2.B.3.e", 5.0)}  # importance and suppressed ratings are none
    assert [(one.file, one.row, one.line, one.field) for one in package.errors] == [("Skills.txt", 5, 6, "datavalue")]


def test_ratings_without_occupation_data_call_an_occupation_by_its_code() -> None:
    assert "15-1252.00" in {skill.label for skill in read(ONET).skills}


def test_onet_tells_the_technology_of_an_occupation_and_what_employers_ask_for() -> None:
    files = ONET | {"Technology Skills.txt": given.ONET_TECHNOLOGY, "Tools Used.txt": given.ONET_TOOLS}
    package = read(files | {"Occupation Data.txt": given.OCCUPATION_DATA})

    example = "https://www.onetonline.org/search/tech/example?e="
    kept = {skill.uri.removeprefix(example): skill for skill in package.skills if skill.uri.startswith(example)}
    assert kept.keys() == {"Python", "C%2B%2B", "Microsoft%20Excel", "Laptop%20computers"}
    python = kept["Python"]
    assert (python.label, python.kind) == ("Python", SkillKind.SKILL)
    assert python.description == (
        "Object or component oriented development software (43232405); Web platform development software (43232408)"
    )
    told = {(one.source[-10:], one.type.value, one.target.removeprefix(example)) for one in package.relations}
    assert {one for one in told if one[2] in kept} == {
        ("15-1252.00", "requires", "Python"),
        ("15-1252.00", "uses", "C%2B%2B"),
        ("15-1252.00", "uses", "Laptop%20computers"),
        ("13-2011.00", "requires", "Microsoft%20Excel"),
    }
    assert {skill.label for skill in package.skills} >= {"Software Developers", "13-2011.00"}
    assert [(one.file, one.row) for one in package.errors][-1] == ("Technology Skills.txt", 5)
    assert accept(read(dict(reversed(files.items())))).digest == accept(read(files)).digest


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"x.csv": "code,title\nA,Art\n"}, "x.csv has the columns of no file"),
        ({"skills_en.csv": given.ESCO_SKILLS, "Skills.txt": given.ONET_SKILLS}, "different frameworks"),
        ({"a.json": json.dumps(CASE), "b.json": json.dumps(CASE)}, "one file"),
        ({"a.json": '{"CFDocument": {"uri": 1, "uri": 2}}'}, "not JSON"),
    ],
)
def test_files_that_make_no_framework_are_refused(files: Mapping[str, str], said: str) -> None:
    with pytest.raises((Invalid, Malformed), match=said):
        read(files)


def test_a_framework_without_a_usable_skill_is_refused_with_the_reason() -> None:
    package = read({"skills_en.csv": given.ESCO_HEADER + given.concept("no address", "x")})

    with pytest.raises(Invalid) as refused:
        accept(package)
    assert [error.field for error in refused.value.errors] == ["skills_en.csv.1.concepturi"]


def test_what_is_said_twice_counts_once_and_what_contradicts_is_refused() -> None:
    rows = given.concept(TEACH, "teach mathematics") + given.concept(TEACH, "teach history")
    package = read({"skills_en.csv": given.ESCO_SKILLS + rows})

    assert len(package.skills) == 3
    assert [(one.row, one.field) for one in package.errors] == [(5, "uri")]
