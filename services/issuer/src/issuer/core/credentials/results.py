"""Results against the achievement's result descriptions (Open Badges 3.0, Result and ResultDescription)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from issuer.core.model import Json
from service_kit.errors import FieldError, Invalid


def check_results(results: Sequence[Json], achievement: Mapping[str, Any]) -> None:
    """Raises Invalid, naming every result that the achievement does not describe so."""
    described = {item["id"]: item for item in _objects(achievement.get("resultDescription")) if "id" in item}
    errors = [
        FieldError(f"results.{index}.{member}", detail)
        for index, result in enumerate(results)
        if "resultDescription" in result
        for member, detail in _contradictions(result, described.get(result["resultDescription"]))
    ]
    if errors:
        raise Invalid("a result does not fit the achievement's result descriptions", errors=errors)


def _contradictions(result: Json, description: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    if description is None:
        return [("resultDescription", "the achievement has no such result description")]
    found = []
    if description.get("resultType") == "Status" and "status" not in result:
        found.append(("status", "is required for a result of type Status"))
    if "achievedLevel" in result and result["achievedLevel"] not in _levels(description):
        found.append(("achievedLevel", "is not a level of this result description"))
    if "value" in result and (detail := _refused_value(result["value"], description)):
        found.append(("value", detail))
    return found


def _levels(description: Mapping[str, Any]) -> set[str]:
    return {level["id"] for level in _objects(description.get("rubricCriterionLevel")) if "id" in level}


def _refused_value(value: str, description: Mapping[str, Any]) -> str | None:
    allowed = description.get("allowedValue")
    if isinstance(allowed, list) and allowed and value not in allowed:
        return "is not one of the allowed values"
    lowest, number, highest = (
        _number(part) for part in (description.get("valueMin"), value, description.get("valueMax"))
    )
    if lowest is None and highest is None:
        return None
    if number is None:
        return "must be a number"
    below = lowest is not None and number < lowest
    above = highest is not None and number > highest
    return "is outside the range of this result description" if below or above else None


def _number(text: object) -> Decimal | None:
    """A finite decimal, or None for anything else."""
    try:
        number = Decimal(text) if isinstance(text, str) else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def _objects(value: object) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
