"""Small frameworks as their publishers write them: columns, identifiers and quoting as in the real downloads."""

from typing import Any

Json = dict[str, Any]
ESCO = "http://data.europa.eu/esco/skill/"
PYTHON, ANALYSE, TEACH = (
    f"{ESCO}ccd0a1d9-afda-43d9-b901-96344886e14d",
    f"{ESCO}2b92a5b2-6758-4ee3-9fb4-b6387a55cc8f",
    f"{ESCO}0ad4f5ab-b3ba-4bd3-b2e1-4ec7be1e3b6e",
)
S, S2, S27 = f"{ESCO}S", f"{ESCO}S2", f"{ESCO}S2.7"
DEVELOPER = "http://data.europa.eu/esco/occupation/f2b15a0e-e65a-438a-affb-29b9d50b77d1"

ESCO_HEADER = (
    "conceptType,conceptUri,skillType,reuseLevel,preferredLabel,altLabels,hiddenLabels,status,modifiedDate,"
    "scopeNote,definition,inScheme,description\n"
)


def concept(uri: str, label: str, other: str = "", kind: str = "KnowledgeSkillCompetence") -> str:
    """A row of skills_xx.csv."""
    return f'{kind},{uri},skill/competence,transversal,{label},"{other}",,released,,,,,"About {label}, in short."\n'


ESCO_SKILLS = ESCO_HEADER + "".join(
    (
        concept(PYTHON, "Python (computer programming)", "Python\nPython programming"),
        concept(ANALYSE, "analyse data", "data analysis"),
        concept(TEACH, "teach mathematics"),
    )
)
ESCO_HIERARCHY = (
    "Level 0 URI,Level 0 preferred term,Level 1 URI,Level 1 preferred term,Level 2 URI,Level 2 preferred term,"
    "Level 3 URI,Level 3 preferred term,Description,Scope note,Level 0 code,Level 1 code,Level 2 code,Level 3 code\n"
    f"{S},skills,,,,,,,,,S,,,\n"
    f"{S},skills,{S2},information skills,,,,,,,S,S2,,\n"
    f"{S},skills,{S2},information skills,{S27},analysing and evaluating information and data,,,,,S,S2,S2.7,\n"
)
ESCO_BROADER = (
    "conceptType,conceptUri,broaderType,broaderUri\n"
    f"KnowledgeSkillCompetence,{ANALYSE},SkillGroup,{S27}\n"
    f"KnowledgeSkillCompetence,{ESCO}somewhere-else,SkillGroup,{S27}\n"
)
ESCO_COLLECTION = (
    "conceptType,conceptUri,preferredLabel,status,skillType,reuseLevel,altLabels,description,broaderConceptUri,"
    "broaderConceptPT\n"
    f'KnowledgeSkillCompetence,{PYTHON},Python (computer programming),released,knowledge,sector-specific,"Python | py",'
    f'"Shorter.",{S27} | {S2},analysing | information skills\n'
    f"KnowledgeSkillCompetence,{ESCO}only-here,work online,released,skill/competence,transversal,,,,\n"
)
ESCO_OCCUPATIONS = (
    "conceptType,conceptUri,iscoGroup,preferredLabel,altLabels,hiddenLabels,status,modifiedDate,regulatedProfessionNote,"
    f"scopeNote,definition,inScheme,description,code\nOccupation,{DEVELOPER},2512,software developer,,,released,,,,,,"
    '"Software developers implement designs.",2512.4\n'
)
ESCO_NEEDS = (
    "occupationUri,relationType,skillType,skillUri\n"
    f"{DEVELOPER},essential,knowledge,{PYTHON}\n{DEVELOPER},optional,skill/competence,{ANALYSE}\n"
)

CONTENT_MODEL = (
    "Element ID\tElement Name\tDescription\n"
    "1.B.1.a\tRealistic\tAn interest.\n"
    "2.A\tBasic Skills\tDeveloped capacities that facilitate learning.\n"
    "2.A.1\tContent\tBackground structures.\n"
    "2.A.1.a\tReading Comprehension\tUnderstanding written sentences.\n"
    "2.B.3.e\tProgramming\tWriting computer programs for various purposes.\n"
)
OCCUPATION_DATA = (
    "O*NET-SOC Code\tTitle\tDescription\n15-1252.00\tSoftware Developers\tResearch, design, and develop software.\n"
)
ONET_SKILLS = (
    "O*NET-SOC Code\tElement ID\tElement Name\tScale ID\tData Value\tN\tStandard Error\tLower CI Bound\t"
    "Upper CI Bound\tRecommend Suppress\tNot Relevant\tDate\tDomain Source\n"
    "15-1252.00\t2.A.1.a\tReading Comprehension\tIM\t3.75\t8\t0.16\t3.43\t4.07\tN\tn/a\t08/2023\tAnalyst\n"
    "15-1252.00\t2.A.1.a\tReading Comprehension\tLV\t4.12\t8\t0.13\t3.88\t4.37\tN\tN\t08/2023\tAnalyst\n"
    "15-1252.00\t2.B.3.e\tProgramming\tLV\t5.00\t8\t0.13\t3.88\t4.37\tN\tN\t08/2023\tAnalyst\n"
    "15-1252.00\t2.A.1\tContent\tLV\t1.00\t8\t0.13\t3.88\t4.37\tY\tN\t08/2023\tAnalyst\n"
    "15-1252.00\t2.B.3.e\tProgramming\tLV\tmuch\t8\t0.13\t3.88\t4.37\tN\tN\t08/2023\tAnalyst\n"
)
ONET_TECHNOLOGY = (
    "O*NET-SOC Code\tExample\tCommodity Code\tCommodity Title\tHot Technology\tIn Demand\n"
    "15-1252.00\tPython\t43232408\tWeb platform development software\tY\tY\n"
    "15-1252.00\tPython\t43232405\tObject or component oriented development software\tY\tY\n"
    "15-1252.00\tC++\t43232405\tObject or component oriented development software\tY\tN\n"
    "13-2011.00\tMicrosoft Excel\t43232110\tSpreadsheet software\tY\tY\n"
    "nobody\tC\t43232405\tObject or component oriented development software\tN\tN\n"
)
ONET_TOOLS = (
    "O*NET-SOC Code\tExample\tCommodity Code\tCommodity Title\n"
    "15-1252.00\tLaptop computers\t43211503\tNotebook computer\n"
)

CASE_ROOT = "https://opensalt.example/uri/"


def case_item(name: str, statement: str, **members: Any) -> Json:
    """A CFItem."""
    return {"identifier": name, "uri": f"{CASE_ROOT}{name}", "fullStatement": statement} | members


def case_link(name: str) -> Json:
    """A LinkURI."""
    return {"title": name, "identifier": name, "uri": f"{CASE_ROOT}{name}"}


def child(origin: str, destination: str, kind: str = "isChildOf") -> Json:
    """A CFAssociation."""
    return {
        "identifier": f"{origin}-{destination}",
        "associationType": kind,
        "originNodeURI": case_link(origin),
        "destinationNodeURI": case_link(destination),
    }


CASE: Json = {
    "CFDocument": {
        "identifier": "doc",
        "uri": f"{CASE_ROOT}doc",
        "title": "Data competences",
        "creator": "A university",
        "language": "en",
        "version": "2",
        "lastChangeDateTime": "2025-01-01T00:00:00Z",
    },
    "CFItems": [
        case_item("d", "Data"),
        case_item("d1", "Reads tables and doubts them", humanCodingScheme="D.1", abbreviatedStatement="Reads tables"),
        case_item("d2", "Draws charts", humanCodingScheme="D.2"),
    ],
    "CFAssociations": [child("d", "doc"), child("d1", "d"), child("d2", "d"), child("d2", "x", "exactMatchOf")],
}


def case_named(name: str) -> Json:
    """The same, as another document."""
    return CASE | {"CFDocument": CASE["CFDocument"] | {"uri": f"{CASE_ROOT}{name}"}}
