"""Making an issuer's decision again from public data: whether a stacked credential holds, and how far that is known.

What a stranger can have: the signed record in the credential itself, the pathway version from its catalog, and whether
each component stands, from its status list. The components' documents are their holder's; who was given them too
sees that they say what the record states. Nobody outside sees what else the holder has, so that who may not complete
a pathway (`notForHoldersOf`) is the issuer's word.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from stacking import documents
from stacking.badges import NotEvidence, held_from
from stacking.evaluation import completes, evaluate
from stacking.evidence import Held
from stacking.limits import of_one_source
from stacking.members import NotAPathway
from stacking.record import Input, NotARecord, OtherEvaluator, Record, find_record
from stacking.rules import NotATree, Rules, compile_rules
from stacking.statuses import statuses_of
from stacking.trust import trusting

Document = Mapping[str, Any]


class Holding(StrEnum):
    """What making the decision again came to. `stated`: it holds, by what the record states of the components."""

    HOLDS = "holds"
    STATED = "stated"
    FAILS = "fails"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, and why in a sentence. `unseen` are the components whose documents were not given."""

    holding: Holding
    reason: str
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """A component's document, and its digest as records name it."""

    document: Document
    digest: str


def recheck(
    credential: Document,
    pathway: Document | None,
    *,
    standing: Mapping[str, bool],
    given: Mapping[str, Given],
) -> Finding:
    """Make the decision again. The caller has verified the credential itself.

    `pathway` is the document of the version that the record names, None if it could not be had. `standing` says of
    components by id whether they are neither revoked nor suspended; of those it does not name that is not known.
    `given` are documents of components, by id, as many as are at hand. Never raises for what the documents hold.
    """
    try:
        record = find_record(credential)
    except OtherEvaluator as error:
        return Finding(Holding.UNKNOWN, str(error))
    except NotARecord as error:
        return Finding(Holding.FAILS, str(error))
    if record is None:
        return Finding(Holding.FAILS, "the credential has no record of an evaluation")
    if pathway is None:
        return Finding(Holding.UNKNOWN, f"version {record.version} of the pathway {record.pathway} could not be had")
    try:
        rules = _rules(record, pathway)
        _refuse_misstated(rules, record, credential)
        for one in record.inputs:
            if one.held.id in given:
                _refuse_other(one, given[one.held.id])
        _refuse_twice(record, given)
    except _DoesNotHold as error:
        return Finding(Holding.FAILS, str(error))
    return _still(rules, record, standing, tuple(one.held.id for one in record.inputs if one.held.id not in given))


class _DoesNotHold(Exception):
    """Why not."""


def _rules(record: Record, pathway: Document) -> Rules:
    if documents.digest(pathway) != record.pathway_digest:
        raise _DoesNotHold("the catalog's version of the pathway is not the one that was evaluated")
    try:
        found = documents.read(documents.said(pathway), identifier=record.pathway, version=record.version)
        return trusting(compile_rules(found), record.setting)
    except (NotAPathway, NotATree) as error:
        raise _DoesNotHold(f"the pathway cannot be evaluated: {error}") from error


def _refuse_misstated(rules: Rules, record: Record, credential: Document) -> None:
    """By what the record states, the decision is what it says, and this is the credential for it."""
    found = evaluate(rules, [one.held for one in record.inputs], record.setting)
    if not found.is_complete:
        raise _DoesNotHold(f"the components do not complete the pathway; missing: {', '.join(found.missing) or '-'}")
    if frozenset(found.placed) != record.placed:
        raise _DoesNotHold("the components count otherwise than the record says")
    try:
        held = held_from(credential)
    except NotEvidence as error:
        raise _DoesNotHold(str(error)) from error
    if held.achievement != rules.pathway.worth:
        raise _DoesNotHold(f"the pathway is worth {rules.pathway.worth}, not {held.achievement}")


def _refuse_other(one: Input, given: Given) -> None:
    """The document is the one that was evaluated, and says what the record states of it."""
    name = one.held.id
    if given.digest != one.digest:
        raise _DoesNotHold(f"the document of {name} is not the one that was evaluated")
    _refuse_misplaced(one, given.document)
    try:
        said = held_from(given.document, one.held.counted_in)
    except NotEvidence as error:
        raise _DoesNotHold(f"{name}: {error}") from error
    # Of a source the record says nothing: each counts once, and who sees the stack need not know where.
    if not _as_good(said, one.held) or replace(said, results={}, source=None) != replace(one.held, results={}):
        raise _DoesNotHold(f"the document of {name} does not say what the record states")


def _refuse_misplaced(one: Input, document: Document) -> None:
    """The record names all places where the document's status is, and no others. Of kinds not known nothing is said."""
    found, stated = statuses_of(document), {each.status for each in one.listed}
    if one.has_no_status and found != ():
        raise _DoesNotHold(f"{one.held.id} has a status, which the record denies")
    if stated and found is not None and stated != set(found):
        raise _DoesNotHold(f"the status of {one.held.id} is published elsewhere than the record says")


def _refuse_twice(record: Record, given: Mapping[str, Given]) -> None:
    """No two components are one achievement, as far as their documents were given."""
    held = [held_from(given[one.held.id].document) if one.held.id in given else one.held for one in record.inputs]
    for indexes in of_one_source(held):
        names = ", ".join(sorted(held[index].id for index in indexes))
        raise _DoesNotHold(f"{names} were awarded for one credential, which counts once")


def _as_good(said: Held, stated: Held) -> bool:
    return all(name in said.results and said.results[name] >= value for name, value in stated.results.items())


def _still(rules: Rules, record: Record, standing: Mapping[str, bool], unseen: tuple[str, ...]) -> Finding:
    """Whether what stands today still completes it."""
    fallen = [one.held.id for one in record.inputs if standing.get(one.held.id) is False]
    doubtful = [one.held.id for one in record.inputs if one.held.id not in standing]
    if not _completes(rules, record, without=fallen):
        return Finding(Holding.FAILS, f"it does not hold without {', '.join(fallen)}, which no longer stand", unseen)
    if doubtful and not _completes(rules, record, without=[*fallen, *doubtful]):
        return Finding(Holding.UNKNOWN, f"whether {', '.join(doubtful)} still stand is not known", unseen)
    if unseen:
        return Finding(Holding.STATED, "the decision follows from what its signed record states", unseen)
    return Finding(Holding.HOLDS, "the decision follows from the components")


def _completes(rules: Rules, record: Record, *, without: list[str]) -> bool:
    left = [one.held for one in record.inputs if one.held.id not in without]
    return completes(rules, left, record.setting)
