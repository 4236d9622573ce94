"""Stacked credentials: what making their decisions again takes, and the check that says what came of it. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from credential_core.errors import CredentialError
from credential_core.jcs import digest
from credential_core.report import Check, Outcome, Report, verdict_of
from credential_core.verify import Failure, KnownStatus, parse
from credential_core.verify.nested import documents_within
from credential_core.verify.read_lists import ReadLists
from credential_core.verify.status import StatusSources, check_status
from stacking.recheck import Given, Holding, recheck
from stacking.record import Input, NotARecord, Record, find_record
from stacking.statuses import TYPES
from verifier.core.model import Evidence, Identity, Json, Wanted

CHECK = "stack"
MOST = 8  # stacked credentials in one document
CODES: Mapping[Holding, tuple[Outcome, str]] = {
    Holding.HOLDS: (Outcome.PASSED, "stack_holds"),
    Holding.STATED: (Outcome.PASSED, "stack_holds_as_stated"),
    Holding.FAILS: (Outcome.FAILED, "stack_does_not_hold"),
    Holding.UNKNOWN: (Outcome.UNKNOWN, "stack_undecided"),
}

TOO_MANY = Check(CHECK, Outcome.UNKNOWN, "stack_undecided", f"decisions on {MOST} stacked credentials are made again")
NOT_CHECKED = Check(CHECK, Outcome.SKIPPED, "stack_not_checked", "the credential, or what it came in, is not genuine")


@dataclass(frozen=True, slots=True)
class Trusting:
    """Whose status lists are believed beside their credentials' own issuers'."""

    issuers: frozenset[str]

    def __call__(self, issuer: str) -> bool:
        return issuer in self.issuers


def stacks_in(document: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Record | None]]:
    """All stacked credentials in a document, itself first, with their records. None: it has one that is none."""
    found: list[tuple[Mapping[str, Any], Record | None]] = []
    for each in (document, *documents_within(document)):
        try:
            record = find_record(each)
        except NotARecord:
            found.append((each, None))
        else:
            found += [(each, record)] if record is not None else []
    return found


def with_stacks(wanted: Wanted, document: Mapping[str, Any]) -> Wanted:
    """What is to be gathered for the stacked credentials too."""
    records = [record for _, record in stacks_in(document)[:MOST] if record is not None]
    inputs = [one for record in records for one in record.inputs]
    if not records:
        return wanted
    lists = dict.fromkeys((*wanted.needs.status_lists, *_lists(inputs)))
    return replace(
        wanted,
        needs=replace(wanted.needs, status_lists=tuple(lists)),
        pathways=tuple(dict.fromkeys((record.pathway, record.version) for record in records)),
        components=tuple(dict.fromkeys(Identity(one.held.id, one.held.issuer) for one in inputs)),
    )


def _lists(inputs: Iterable[Input]) -> Iterator[str]:
    return (listed.status.url for one in inputs for listed in one.listed if listed.status.type in TYPES)


def readable(components: Iterable[Any]) -> list[Json]:
    """The documents that a caller gave along with a credential, but for those that cannot be read."""
    found = []
    for component in components:
        try:
            found.append(parse(component))
        except CredentialError:
            continue
    return found


def judge_stacks(
    report: Report, document: Mapping[str, Any], given: Sequence[Mapping[str, Any]], evidence: Evidence, now: datetime
) -> Report:
    """The report with a check for each stacked credential, and the verdict that follows."""
    stacks = stacks_in(document)
    if not stacks:
        return report
    if len(stacks) > MOST:  # which of them come first is their holder's choice
        return _with(report, [TOO_MANY])
    documents = _given((*given, document, *documents_within(document)))
    sources = _sources(evidence, now, [record for _, record in stacks if record])
    found = (
        _check(stack, record, documents, evidence, sources) if _is_genuine(report, stack, document) else NOT_CHECKED
        for stack, record in stacks
    )
    return _with(report, found)


def _with(report: Report, found: Iterable[Check]) -> Report:
    checks = [*report.checks, *found]
    return replace(report, checks=tuple(checks), verdict=verdict_of(checks))


def _is_genuine(report: Report, stack: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    """Whether no proof of the credential, or of what it came in, has failed."""
    inside = () if stack is document else report.of(str(stack.get("id")))
    proofs = (each.check("proof") for each in (report, *inside))
    return all(proof is None or proof.outcome is not Outcome.FAILED for proof in proofs)


def _check(
    stack: Mapping[str, Any],
    record: Record | None,
    documents: Mapping[str, Sequence[Given]],
    evidence: Evidence,
    sources: StatusSources,
) -> Check:
    inputs = record.inputs if record else ()
    pathway = evidence.pathways.get((record.pathway, record.version)) if record else None
    found = recheck(
        stack,
        None if isinstance(pathway, Failure) else pathway,
        standing=_standing(inputs, evidence, sources),
        given={one.held.id: _chosen(documents[one.held.id], one) for one in inputs if one.held.id in documents},
    )
    outcome, code = CODES[found.holding]
    more = f"; {len(found.unseen)} of {len(inputs)} components were not given" if found.unseen else ""
    return Check(
        CHECK, outcome, code, f"{found.reason}{more}", f"{record.pathway}/versions/{record.version}" if record else None
    )


def _given(documents: Iterable[Mapping[str, Any]]) -> dict[str, list[Given]]:
    """By id. Two may claim one id."""
    found: dict[str, list[Given]] = {}
    for document in documents:
        identifier = document.get("id")
        if isinstance(identifier, str):
            with suppress(CredentialError):  # it has no canonical form, so it is not what anybody evaluated
                found.setdefault(identifier, []).append(Given(document, digest(document)))
    return found


def _chosen(given: Sequence[Given], one: Input) -> Given:
    """The one that was evaluated, if it is there."""
    return next((each for each in given if each.digest == one.digest), given[0])


def _standing(inputs: Iterable[Input], evidence: Evidence, sources: StatusSources) -> dict[str, bool]:
    """By component, as its status list and its issuer's events have it; the worse counts. What is open is not in it."""
    found: dict[str, bool] = {}
    for one in inputs:
        known = evidence.states.get(one.held.id)
        told = None if known is None else KnownStatus(known.state, known.revision)
        entries = [listed.status.judged_entry for listed in one.listed]
        document = {"id": one.held.id, "issuer": one.held.issuer, "credentialStatus": entries}
        status = check_status(document, replace(sources, known=told))
        if status.outcome is Outcome.SKIPPED and one.has_no_status:
            found[one.held.id] = True
        if status.outcome in (Outcome.PASSED, Outcome.FAILED):
            found[one.held.id] = status.outcome is Outcome.PASSED
    return found


def _sources(evidence: Evidence, now: datetime, records: Iterable[Record]) -> StatusSources:
    lists = {url for record in records for url in _lists(record.inputs)}
    return StatusSources(
        lists=evidence.status_lists,
        controllers=evidence.controllers,
        issuer_trusted=Trusting(frozenset(evidence.issuers)),
        known=None,
        now=now,
        fetched={url: evidence.kept_since.get(url, now) for url in evidence.status_lists},
        read=ReadLists(len(lists)),
    )
