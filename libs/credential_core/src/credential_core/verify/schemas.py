"""The credential_schema check: JSON Schemas that a credential names, passed in by the caller, evaluated in bounds.

Nothing is fetched: a reference to another document leaves the schema undecided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import jsonschema
from jsonschema.protocols import Validator
from referencing import Registry

from credential_core.errors import CredentialError, LimitError
from credential_core.json_input import check_tree
from credential_core.model.violation import listed
from credential_core.report import Check, Outcome
from credential_core.verify.inputs import Failure, Resolution
from credential_core.verify.regular_expressions import is_affordable
from credential_core.verify.schema_urls import BUILT_IN, EDTECH, MAX_SCHEMAS, W3C
from credential_core.verify.status_entries import types_of

CHECK: Final = "credential_schema"
MAX_STEPS: Final = 20_000
_DRAFTS: Final[Mapping[str, Any]] = {
    "https://json-schema.org/draft/2020-12/schema": jsonschema.Draft202012Validator,
    "https://json-schema.org/draft/2019-09/schema": jsonschema.Draft201909Validator,
    "http://json-schema.org/draft-07/schema": jsonschema.Draft7Validator,
}
_RANK: Final = {Outcome.FAILED: 0, Outcome.UNKNOWN: 1, Outcome.PASSED: 2, Outcome.SKIPPED: 3}


def check_schemas(document: Mapping[str, Any], schemas: Mapping[str, Resolution]) -> list[Check]:
    """One result for all schemas of a credential, the worst; none if it names none."""
    entries = listed(document.get("credentialSchema"))
    if not entries:
        return []
    if len(entries) > MAX_SCHEMAS:
        detail = f"a credential may name {MAX_SCHEMAS} schemas"
        return [Check(CHECK, Outcome.UNKNOWN, "credential_schema_too_many", detail)]
    results = [_check(entry, document, schemas) for entry in entries]
    return [min(results, key=lambda result: (_RANK[result.outcome], result.code, result.source or ""))]


def _check(entry: Any, document: Mapping[str, Any], schemas: Mapping[str, Resolution]) -> Check:
    types = types_of(entry)
    url = entry.get("id") if isinstance(entry, Mapping) else None
    if not isinstance(url, str) or not {EDTECH, W3C} & set(types):
        detail = "the kind of schema is not one this library reads"
        return Check(CHECK, Outcome.SKIPPED, "credential_schema_type_unsupported", detail)
    found = schemas.get(url)
    if found is None and BUILT_IN.match(url):
        detail = "the schema check stands for this published schema"
        return Check(CHECK, Outcome.SKIPPED, "credential_schema_built_in", detail, url)
    if found is None or isinstance(found, Failure):
        why = "was not fetched" if found is None else found.detail
        outcome = Outcome.UNKNOWN if EDTECH in types else Outcome.SKIPPED  # 1EdTech asks for it, VCDM does not
        return Check(CHECK, outcome, "credential_schema_unavailable", f"the schema: {why}", url)
    try:
        fault = first_fault(found, dict(document), as_2019=EDTECH in types)
    except CredentialError as error:
        return Check(CHECK, Outcome.UNKNOWN, error.code, error.detail, url)
    if fault is not None:
        return Check(CHECK, Outcome.FAILED, "credential_schema_broken", fault, url)
    return Check(CHECK, Outcome.PASSED, "credential_schema_holds", "the credential follows the schema it names", url)


def first_fault(stated: Mapping[str, Any], document: dict[str, Any], *, as_2019: bool = False) -> str | None:
    """Where a document breaks a schema, or None.

    LimitError if the schema is not one we evaluate, or not in bounds; DocumentError if it is not JSON that travels.
    """
    if not isinstance(stated, Mapping):
        raise LimitError("credential_schema_unsupported", "the schema is no JSON object")
    schema = dict(stated)
    check_tree(schema)
    dialect = schema.pop("$schema", None)
    draft = _DRAFTS["https://json-schema.org/draft/2019-09/schema"] if as_2019 else _draft(dialect)
    _refuse_unbounded(schema, _longest_name(document))
    try:
        draft.check_schema(schema)
        fault = next(_bounded(draft)(schema, registry=Registry()).iter_errors(document), None)
    except LimitError:
        raise
    except Exception as error:  # a stranger's schema in another's library: whatever it is, the schema is not usable
        detail = f"the schema cannot be evaluated ({type(error).__name__})"
        raise LimitError("credential_schema_unsupported", detail) from None
    return None if fault is None else f"{fault.json_path[:200]}: breaks {fault.validator} of the schema"


def _draft(dialect: Any) -> Any:
    draft = _DRAFTS.get(dialect.rstrip("#")) if isinstance(dialect, str) else _DRAFTS[next(iter(_DRAFTS))]
    if draft is None:
        raise LimitError("credential_schema_unsupported", "the schema is of a version this library does not know")
    return draft


def _longest_name(document: Any) -> int:
    longest, pending = 0, [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            longest = max(longest, *map(len, value), 0)
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
    return longest


def _refuse_unbounded(schema: dict[str, Any], longest_name: int) -> None:
    """No dialect of its own below the root (it would leave our bounds), no costly pattern on member names."""
    pending: list[Any] = [schema]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            pending.extend(value.values())
            patterns = value.get("patternProperties")
            names = "|".join(patterns) if isinstance(patterns, dict) else ""
            if "$schema" in value or not is_affordable(names, longest_name):
                raise LimitError(
                    "credential_schema_unsupported", "the schema asks for more than this library evaluates"
                )


Keyword = Callable[[Validator, Any, Any, Any], Any]


def _bounded(draft: Any) -> Any:
    """A validator that stops after MAX_STEPS keywords, and before a costly regular expression."""
    spent = 0

    def spend(steps: int) -> None:
        nonlocal spent
        spent += steps
        if spent > MAX_STEPS:
            raise LimitError("credential_schema_too_costly", f"a schema may take {MAX_STEPS} steps")

    def counted(name: str, keyword: Keyword) -> Keyword:
        def run(validator: Validator, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
            spend(_price(name, value, instance))
            if name == "pattern" and isinstance(instance, str) and not is_affordable(str(value), len(instance)):
                raise LimitError("credential_schema_too_costly", "a pattern of the schema may take too long")
            yield from keyword(validator, value, instance, schema) or ()

        return run

    keywords = {name: counted(name, keyword) for name, keyword in draft.VALIDATORS.items()}
    return jsonschema.validators.extend(draft, keywords)  # type: ignore[no-untyped-call]  # so are its stubs


def _price(name: str, value: Any, instance: Any) -> int:
    if name == "uniqueItems" and isinstance(instance, list):
        return 1 + len(instance) ** 2 // 16  # each is compared with each
    if name == "enum" and isinstance(value, list):
        return 1 + len(value) // 8
    return 1
