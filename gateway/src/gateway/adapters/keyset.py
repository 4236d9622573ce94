"""Positions in lists that go by time of creation, as cursors carry them."""

from datetime import UTC, datetime

from service_kit.errors import invalid_field


def moment_and_id(after: tuple[str, ...]) -> tuple[datetime, str]:
    """The position behind a cursor. Raises Invalid for one of another list."""
    try:
        created_at, identifier = after
        moment = datetime.fromisoformat(created_at).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise invalid_field("cursor", "is not a cursor of this list") from error
    return moment, identifier


def name_and_id(after: tuple[str, ...]) -> tuple[str, str]:
    """The position behind a cursor of a list by name. Raises Invalid for one of another list."""
    try:
        name, identifier = after
    except ValueError as error:
        raise invalid_field("cursor", "is not a cursor of this list") from error
    return name, identifier
