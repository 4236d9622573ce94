"""Whose word counts where a place says nothing of issuers, once others' credentials may count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stacking import Held, Pathway, Setting, compile_rules, evaluate
from stacking.award import completion
from stacking.constraints import IssuedBy, Recognised
from stacking.record import Input, read_record, record_of
from stacking.trust import trusting
from tests.stacking.pathways import DAY, all_of, component, credentials, held, pathway, pathways

OWN, PARTNER, STRANGER = "did:web:north.example", "did:web:partner.example", "did:web:stranger.example"
SETTING = Setting(DAY, frozenset({OWN, PARTNER}), own=frozenset({OWN}))
RECOGNISED = component("recognised", "a", constraints=(Recognised(),))
NAMED = component("named", "a", constraints=(IssuedBy(frozenset({STRANGER})),))
SILENT = component("silent", "a")


@pytest.mark.parametrize(
    ("place", "issuer", "counts"),
    [
        (SILENT, OWN, True),
        (SILENT, PARTNER, False),
        (SILENT, STRANGER, False),
        (RECOGNISED, OWN, True),
        (RECOGNISED, PARTNER, True),
        (RECOGNISED, STRANGER, False),
        (NAMED, OWN, False),
        (NAMED, STRANGER, True),
    ],
)
def test_a_place_takes_whom_it_speaks_of_or_else_its_owners_own(place: object, issuer: str, counts: bool) -> None:
    rules = compile_rules(pathway(place, destination=all_of(place.id)))  # type: ignore[arg-type, attr-defined]  # a component
    found = evaluate(trusting(rules, SETTING), [held("x", "a", issuer=issuer)], SETTING)
    assert found.is_complete is counts


def test_where_only_the_owners_are_looked_at_the_rules_are_as_they_are() -> None:
    rules = compile_rules(pathway(SILENT, destination=all_of("silent")))
    assert trusting(rules, Setting(DAY, frozenset({OWN}))) is rules
    spoken = compile_rules(pathway(RECOGNISED, destination=all_of("recognised")))
    assert trusting(spoken, SETTING) is spoken


@given(pathways(), credentials(), st.lists(st.sampled_from([OWN, PARTNER, STRANGER]), min_size=9, max_size=9))
@settings(max_examples=200, deadline=None)
def test_whoever_reads_the_record_decides_the_same(found: Pathway, given_: list[Held], issuers: Sequence[str]) -> None:
    """Also where the same achievement counts in two places, one for all that are recognised and one for the owner's."""
    places = {
        name: replace(one, constraints=(*one.constraints, Recognised())) if number % 2 else one
        for number, (name, one) in enumerate(found.components.items())
        if name != found.destination
    }
    mixed = replace(found, components={**found.components, **places}, sharing=())
    theirs = [replace(one, issuer=issuers[index % 9], counted_in=frozenset()) for index, one in enumerate(given_)]
    whole = completion(trusting(compile_rules(mixed), SETTING), theirs, SETTING)
    if whole is None:
        return
    record = read_record(
        record_of(mixed, "digest", whole.evaluation, [Input(one, "u") for one in whole.counting], SETTING)
    )
    again = evaluate(
        trusting(compile_rules(mixed), record.setting), [one.held for one in record.inputs], record.setting
    )
    assert again.is_complete
    assert frozenset(again.placed) == record.placed


def test_that_a_component_has_no_status_is_read_as_it_was_written() -> None:
    found = pathway(RECOGNISED, destination=all_of("recognised"))
    whole = completion(compile_rules(found), [held("x", "a", issuer=PARTNER)], SETTING)
    assert whole is not None
    written = record_of(found, "d", whole.evaluation, [Input(whole.counting[0], "u", has_no_status=True)], SETTING)
    assert written["inputs"][0]["hasNoStatus"] is True
    assert written["ownIssuers"] == [OWN]
    [read] = read_record(written).inputs
    assert read.has_no_status
