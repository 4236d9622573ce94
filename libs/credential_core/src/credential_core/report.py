"""The result of a verification as data: one result per check, and a verdict derived from them alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What one check found. `skipped` counts neither for nor against."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class Verdict(StrEnum):
    """The three values of a verification."""

    VALID = "valid"
    INVALID = "invalid"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True)
class Check:
    """One result: what was checked, what was found, a stable code, a sentence, and where the evidence came from."""

    check: str
    outcome: Outcome
    code: str
    detail: str
    source: str | None = None

    def to_dict(self) -> dict[str, str]:
        """Plain data; `source` is left out when there is none."""
        plain = {"check": self.check, "outcome": str(self.outcome), "code": self.code, "detail": self.detail}
        return plain if self.source is None else {**plain, "source": self.source}


def verdict_of(checks: Iterable[Check]) -> Verdict:
    """Any failure is invalid; else anything unknown is indeterminate; else valid."""
    outcomes = {check.outcome for check in checks}
    if Outcome.FAILED in outcomes:
        return Verdict.INVALID
    return Verdict.INDETERMINATE if Outcome.UNKNOWN in outcomes else Verdict.VALID


@dataclass(frozen=True, slots=True)
class Report:
    """A verdict with its reasons, in a fixed order of checks, and a short summary of the credential.

    `nested` holds the reports on the endorsements and credentials inside, each under its own id.
    """

    verdict: Verdict
    checks: tuple[Check, ...]
    summary: Mapping[str, Any] | None = None
    nested: tuple[NestedReport, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        plain: dict[str, Any] = {
            "verdict": str(self.verdict),
            "checks": [check.to_dict() for check in self.checks],
        }
        if self.summary is not None:
            plain["summary"] = dict(self.summary)
        if self.nested:
            plain["nested"] = [nested.to_dict() for nested in self.nested]
        return plain

    def check(self, name: str) -> Check | None:
        """The result of one check by name, if it was made."""
        return next((check for check in self.checks if check.check == name), None)

    def of(self, identifier: str) -> tuple[Report, ...]:
        """The reports on nested documents with this id, at any depth; two documents may claim one id."""
        return tuple(
            report
            for nested in self.nested
            for report in ((nested.report,) if nested.id == identifier else ()) + nested.report.of(identifier)
        )


@dataclass(frozen=True, slots=True)
class NestedReport:
    """The report on a document inside another: its role (`endorsement`, `credential`), where it stands, and its id."""

    role: str
    path: str
    id: str | None
    report: Report

    def to_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        return {"role": self.role, "path": self.path, "id": self.id, "report": self.report.to_dict()}
