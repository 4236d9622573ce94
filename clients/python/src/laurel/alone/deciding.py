"""The decision itself: what it takes is read, the credential is verified, and its pathway evaluated again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from credential_core.did import did_web_url
from credential_core.errors import CredentialError, DidError
from credential_core.jcs import digest
from credential_core.report import Check, Outcome, Report, Verdict, verdict_of
from credential_core.verify import Failure, Policy, Resolution, needs, parse, rejected, trust_only, verify
from credential_core.verify.read_lists import MAX_LISTS, ReadLists
from credential_core.verify.status import StatusSources, check_status
from laurel.alone.newest import newest_check
from laurel.alone.public import Public
from stacking.recheck import Given, Holding, recheck
from stacking.record import Input, NotARecord, Record, find_record
from stacking.statuses import TYPES

_CONTROLLERS: Final = "application/did+json, application/did+ld+json, application/ld+json, application/json"
_LISTS: Final = "application/vc, application/vc+ld+json, application/ld+json, application/json"
_PATHWAYS: Final = "application/json"
# As the verifier says it.
_CODES: Final[Mapping[Holding, tuple[Outcome, str]]] = {
    Holding.HOLDS: (Outcome.PASSED, "stack_holds"),
    Holding.STATED: (Outcome.PASSED, "stack_holds_as_stated"),
    Holding.FAILS: (Outcome.FAILED, "stack_does_not_hold"),
    Holding.UNKNOWN: (Outcome.UNKNOWN, "stack_undecided"),
}
_NOBODY: Final = trust_only(())


@dataclass(frozen=True, slots=True)
class Decision:
    """What came of it, as of when."""

    verdict: Verdict
    checks: tuple[Check, ...]
    summary: Mapping[str, Any]
    at: datetime

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as the verifier's answers have it."""
        return {
            "verdict": str(self.verdict),
            "checks": [check.to_dict() for check in self.checks],
            "credential": dict(self.summary),
            "asOf": self.at.isoformat(timespec="seconds"),
        }


def decide(text: str, components: Iterable[str], public: Public) -> Decision:
    """Judge a stacked credential by what is public. Whether its issuer is to be believed is the reader's to say.

    `components` are the texts of those that are at hand; what cannot be read among them plays no part.
    """
    try:
        document = parse(text)
    except CredentialError as error:
        return _decision(rejected(error), (), public)
    try:
        record = find_record(document)
    except NotARecord:
        record = None  # `recheck` says why
    found = _Found(public, document, record)
    report = verify(
        document,
        controllers=found.controllers,
        status_lists=found.lists,
        status_list_controllers=found.controllers,
        now=public.at,
        trusted_issuers=_NOBODY,
        policy=Policy(accept_unknown_issuer=True),
    )
    more = (_stack_check(report, document, record, found, _given(components)), newest_check(document, public))
    return _decision(report, more, public)


def _decision(report: Report, more: tuple[Check, ...], public: Public) -> Decision:
    checks = (*report.checks, *more)
    return Decision(verdict_of(checks), checks, report.summary or {}, public.at)


class _Found:
    """What was read for it: the lists of the credential and of its components, who signed them all, the pathway."""

    def __init__(self, public: Public, document: Mapping[str, Any], record: Record | None) -> None:
        self._public = public
        asked = needs(document)
        of_inputs = [listed.status for one in (record.inputs if record else ()) for listed in one.listed]
        urls = dict.fromkeys((*asked.status_lists, *(one.url for one in of_inputs if one.type in TYPES)))
        self.lists: dict[str, Resolution] = {url: public.get(url, _LISTS) for url in [*urls][:MAX_LISTS]}
        signers = [name for each in self.lists.values() if not isinstance(each, Failure) for name in _signers(each)]
        names = [*dict.fromkeys((*asked.controllers, *signers))][:MAX_LISTS]
        self.controllers: dict[str, Resolution] = {name: self._controller(name) for name in names}
        self.pathway = (
            public.get(f"{record.pathway}/versions/{record.version}", _PATHWAYS)
            if record
            else Failure("no_record", "the credential has no record of an evaluation")
        )

    def sources(self) -> StatusSources:
        """What says whether a component stands: its own issuer's lists, and nobody else's."""
        return StatusSources(
            lists=self.lists,
            controllers=self.controllers,
            issuer_trusted=lambda _: False,
            known=None,
            now=self._public.at,
            fetched=dict.fromkeys(self.lists, self._public.at),
            read=ReadLists(len(self.lists)),
        )

    def _controller(self, name: str) -> Resolution:
        try:
            url = did_web_url(name) if name.startswith("did:") else name
        except DidError as error:
            return Failure(error.code, error.detail, transient=False)
        return self._public.get(url, _CONTROLLERS)


def _signers(status_list: Mapping[str, Any]) -> tuple[str, ...]:
    return needs(status_list).controllers


def _given(components: Iterable[str]) -> dict[str, list[Given]]:
    """Documents by id. Two may claim one id."""
    found: dict[str, list[Given]] = {}
    for text in components:
        with suppress(CredentialError):
            document = parse(text)
            found.setdefault(str(document.get("id")), []).append(Given(document, digest(document)))
    return found


def _stack_check(
    report: Report,
    document: Mapping[str, Any],
    record: Record | None,
    found: _Found,
    given: Mapping[str, Sequence[Given]],
) -> Check:
    proof = report.check("proof")
    if proof is None or proof.outcome is Outcome.FAILED:
        return Check("stack", Outcome.SKIPPED, "stack_not_checked", "the credential is not genuine")
    inputs = record.inputs if record else ()
    again = recheck(
        document,
        None if isinstance(found.pathway, Failure) else found.pathway,
        standing=_standing(inputs, found.sources()),
        given={one.held.id: _chosen(given[one.held.id], one) for one in inputs if one.held.id in given},
    )
    outcome, code = _CODES[again.holding]
    more = f"; {len(again.unseen)} of {len(inputs)} components were not given" if again.unseen else ""
    source = f"{record.pathway}/versions/{record.version}" if record else None
    return Check("stack", outcome, code, f"{again.reason}{more}", source)


def _chosen(given: Sequence[Given], one: Input) -> Given:
    """The one that was evaluated, if it is there."""
    return next((each for each in given if each.digest == one.digest), given[0])


def _standing(inputs: Iterable[Input], sources: StatusSources) -> dict[str, bool]:
    """Whether components stand, by their lists. What those do not tell is not in it."""
    found: dict[str, bool] = {}
    for one in inputs:
        entries = [listed.status.judged_entry for listed in one.listed]
        status = check_status(
            {"id": one.held.id, "issuer": one.held.issuer, "credentialStatus": entries}, replace(sources)
        )
        if status.outcome is Outcome.SKIPPED and one.has_no_status:
            found[one.held.id] = True
        elif status.outcome in (Outcome.PASSED, Outcome.FAILED):
            found[one.held.id] = status.outcome is Outcome.PASSED
    return found
