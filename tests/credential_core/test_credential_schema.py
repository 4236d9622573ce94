"""JSON Schemas that credentials name: passed in, evaluated within bounds, never fetched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credential_core.errors import CredentialError, LimitError
from credential_core.report import Report, Verdict
from credential_core.verify import Failure, needs
from credential_core.verify.regular_expressions import is_affordable
from credential_core.verify.schemas import first_fault

URL = "https://schema.test/1"
EDTECH = "1EdTechJsonSchemaValidator2019"
OFFICIAL = "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json"
EXTENSIONS = "1edtech-openbadges-spec/extensions"

Verify = Callable[..., Report]
Json = dict[str, Any]


@pytest.fixture
def naming(unsigned: Json, sign: Callable[[Json], Json]) -> Callable[..., Json]:
    """A credential that names a schema."""

    def make(url: str = URL, kind: str = EDTECH) -> Json:
        unsigned["@context"] += [
            "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
            "https://www.w3.org/ns/credentials/undefined-terms/v2",
        ]
        return sign({**unsigned, "credentialSchema": [{"id": url, "type": kind}]})

    return make


@pytest.mark.parametrize(
    ("kind", "found", "expected"),
    [
        (EDTECH, {"required": ["name"]}, ("passed", "credential_schema_holds")),
        (EDTECH, {"required": ["grade"]}, ("failed", "credential_schema_broken")),
        (EDTECH, {"properties": {"name": {"pattern": "^[A-Z]"}}}, ("passed", "credential_schema_holds")),
        (EDTECH, {"$ref": "https://elsewhere.test/schema"}, ("unknown", "credential_schema_unsupported")),
        (EDTECH, {"type": 5}, ("unknown", "credential_schema_unsupported")),
        (EDTECH, None, ("unknown", "credential_schema_unavailable")),
        (EDTECH, Failure("timeout", "no answer"), ("unknown", "credential_schema_unavailable")),
        ("JsonSchema", {"required": ["grade"]}, ("failed", "credential_schema_broken")),
        ("JsonSchema", None, ("skipped", "credential_schema_unavailable")),
        ("Other", {"required": ["grade"]}, ("skipped", "credential_schema_type_unsupported")),
    ],
)
def test_a_schema_is_evaluated(
    check: Verify, naming: Callable[..., Json], kind: str, found: Any, expected: tuple[str, str]
) -> None:
    document = naming(kind=kind)
    assert needs(document).schemas == (() if kind == "Other" else (URL,))
    result = check(document, schemas={} if found is None else {URL: found}).check("credential_schema")
    assert result is not None
    assert (str(result.outcome), result.code) == expected


def test_the_published_schema_is_what_the_model_stands_for(check: Verify, naming: Callable[..., Json]) -> None:
    document = naming(OFFICIAL)
    assert needs(document).schemas == ()
    report = check(document)
    assert report.verdict is Verdict.VALID
    found = report.check("credential_schema")
    assert found is not None
    assert found.code == "credential_schema_built_in"


def test_one_broken_schema_among_several_fails(check: Verify, unsigned: Json, sign: Callable[[Json], Json]) -> None:
    entries = [{"id": f"{URL}/{number}", "type": "JsonSchema"} for number in range(9)]
    schemas: Json = {f"{URL}/{number}": {"required": ["name" if number else "grade"]} for number in range(9)}
    found = check({**unsigned, "credentialSchema": entries[:8]}, schemas=schemas).check("credential_schema")
    assert found is not None
    assert (found.code, found.source) == ("credential_schema_broken", f"{URL}/0")
    found = check({**unsigned, "credentialSchema": entries}, schemas=schemas).check("credential_schema")
    assert found is not None
    assert found.code == "credential_schema_too_many"


DOUBLING = {
    "$defs": {
        **{f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(30)},
        "d30": {},
    },
    "$ref": "#/$defs/d0",
}


@pytest.mark.parametrize(
    ("schema", "document"),
    [
        (DOUBLING, {}),
        ({"$ref": "#"}, {}),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema", **DOUBLING}, {}),
        ({"allOf": [{"$schema": "http://json-schema.org/draft-07/schema#", **DOUBLING}]}, {}),
        ({"$schema": "https://dialect.test"}, {}),
        ({"properties": {"a": {"uniqueItems": True}}}, {"a": list(range(1500))}),
        ({"properties": {"a": {"pattern": "(a+)+b"}}}, {"a": "a" * 60}),
        ({"properties": {"a": {"pattern": ".*.*.*x"}}}, {"a": "a" * 2000}),
        ({"patternProperties": {"(a|a)*b": {}}}, {"a" * 60: 1}),
        ({"additionalProperties": False, "patternProperties": {"(a+)+b": {}}}, {"a" * 60: 1}),
        ({"properties": {"a": {"pattern": "("}}}, {"a": "a"}),
        ({"a": {"b": [0] * 9000}}, {}),
    ],
)
def test_a_hostile_schema_is_stopped(schema: Json, document: Json) -> None:
    with pytest.raises(LimitError):
        first_fault(schema, document)


def test_published_extension_schemas_can_be_evaluated(load: Callable[[str], Any]) -> None:
    for name in ("applyLinkExtension", "licenseExtension"):
        try:
            first_fault(load(f"{EXTENSIONS}/{name}/schema_obv3p0.json"), {"type": ["VerifiableCredential"]})
        except LimitError as refused:
            assert refused.code == "credential_schema_unsupported"  # they refer to another schema by URL


@pytest.mark.parametrize(
    ("pattern", "length", "expected"),
    [
        (r"^https://purl\.imsglobal\.org/spec/ob/v3p0/context(-3\.\d\.\d)*\.json$", 2000, True),
        (r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$", 2000, True),
        (r"^.*$", 100_000, True),
        (r"[a-z]+", 1000, True),
        (r"[a-z]+", 100_000, False),
        (r"^(a|b)$", 1000, True),
        (r"^[\]\\a-z*+]{1,20}$", 1000, True),
        (r"^a+?b", 1000, True),
        (r"^(a+)+$", 30, False),
        (r"^(a|aa)*$", 30, False),
        (r"^(a?){30}$", 30, False),
        (r"^(a*){2}$", 30, False),
        (r"^a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?$", 30, False),
        (r"^(a)\1$", 30, False),
        (r"^(?=a)b", 30, False),
        (r"(?i)a", 30, False),
        (r"a)", 30, False),
        ("x" * 2000, 1, False),
        (r"^a{1000}$", 1, False),
    ],
)
def test_the_work_of_a_pattern_is_told_before_it_is_run(pattern: str, length: int, expected: bool) -> None:
    assert is_affordable(pattern, length) is expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=4) | st.sampled_from(["#", "string", "object"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["$ref", "$id", "$defs", "type", "properties", "items", "allOf", "not", "pattern", "enum", "multipleOf"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["$ref", "$schema", "allOf", "properties", "anyOf", "if", "then"]), JSON), JSON)
def test_no_schema_makes_it_raise_another_error(schema: Json, value: Any) -> None:
    try:
        first_fault(schema, {"properties": value, "type": value})
    except CredentialError:
        return
