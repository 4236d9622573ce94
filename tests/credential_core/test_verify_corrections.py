"""A corrected credential: the newer document stands for it, and the one of before no longer does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from credential_core.jcs import digest
from credential_core.report import Report, Verdict
from credential_core.timestamps import format_timestamp, parse_timestamp
from credential_core.verify import KnownCorrection, KnownState, KnownStatus

LIST = "https://issuer.test/status-lists/1"


def known(correction: KnownCorrection | None, state: KnownState = KnownState.ISSUED) -> KnownStatus:
    return KnownStatus(state, 2, correction=correction)


def judged(report: Report) -> tuple[str, str] | None:
    found = report.check("correction")
    return None if found is None else (str(found.outcome), found.code)


@pytest.fixture
def verdict(check: Callable[..., Report], status_list: Any) -> Callable[..., Report]:
    def run(document: dict[str, Any], status: KnownStatus) -> Report:
        return check(document, status_lists={LIST: status_list()}, known_status=status)

    return run


def test_what_was_never_corrected_is_not_asked_about(verdict: Callable[..., Report], signed: dict[str, Any]) -> None:
    assert judged(verdict(signed, known(None))) is None


def test_the_document_of_the_correction_is_current(verdict: Callable[..., Report], signed: dict[str, Any]) -> None:
    later = KnownCorrection(digest(signed), datetime(2030, 1, 1, tzinfo=UTC))
    report = verdict(signed, known(later))
    assert (judged(report), report.verdict) == (("passed", "current"), Verdict.VALID)


def test_the_document_of_before_is_superseded_though_genuine(
    verdict: Callable[..., Report], signed: dict[str, Any]
) -> None:
    moved = parse_timestamp(signed["validFrom"]) + timedelta(seconds=1)
    report = verdict(signed, known(KnownCorrection("uAnother", moved)))
    assert (judged(report), report.verdict) == (("failed", "superseded"), Verdict.INVALID)
    proof = report.check("proof")
    assert proof is not None
    assert proof.code == "signature_valid"


@pytest.mark.parametrize("since", [timedelta(0), timedelta(days=1)])
def test_another_form_of_it_or_a_newer_one_is_current(
    verdict: Callable[..., Report], signed: dict[str, Any], since: timedelta
) -> None:
    moved = parse_timestamp(signed["validFrom"]) - since
    assert judged(verdict(signed, known(KnownCorrection("uAnother", moved)))) == ("passed", "current")


@pytest.mark.parametrize("valid_from", [None, "yesterday", 5])
def test_without_a_readable_date_it_stays_open(
    verdict: Callable[..., Report], signed: dict[str, Any], valid_from: object
) -> None:
    document = {**signed, "validFrom": valid_from}
    correction = KnownCorrection("uAnother", datetime(2026, 1, 1, tzinfo=UTC))
    assert judged(verdict(document, known(correction))) == ("unknown", "correction_undecided")


def test_a_suspension_is_told_beside_it(verdict: Callable[..., Report], signed: dict[str, Any]) -> None:
    correction = KnownCorrection(digest(signed), parse_timestamp(signed["validFrom"]))
    report = verdict(signed, known(correction, KnownState.SUSPENDED))
    status = report.check("status")
    assert (judged(report), status and status.code) == (("passed", "current"), "status_suspended")


def test_the_date_is_the_one_that_was_written() -> None:
    assert format_timestamp(parse_timestamp("2026-01-01T00:00:00.250000Z")) == "2026-01-01T00:00:00.250000Z"
