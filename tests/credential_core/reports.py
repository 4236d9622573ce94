"""Reading reports in tests of what is inside documents."""

from __future__ import annotations

from credential_core.report import Report


def outcome(report: Report, name: str) -> tuple[str, str]:
    found = report.check(name)
    assert found is not None
    return str(found.outcome), found.code


def only(report: Report, identifier: str) -> Report:
    [found] = report.of(identifier)
    return found
