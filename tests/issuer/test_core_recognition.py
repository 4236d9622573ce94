"""The pure core of recognition: conversion of grades, limits, and decisions that do not depend on any order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credential_core.model import hashed_identity, plain_identity
from issuer.adapters.recognition.recipient_box import RecipientBox
from issuer.core.credentials.recipient import DID, EMAIL, Recipient
from issuer.core.model import State
from issuer.core.recognition.deciding import Code, Counted, Granted, Open, Presented, Refused, decide
from issuer.core.recognition.following import Corrected, Standing, correction, follow
from issuer.core.recognition.papers import Papers, joined, split
from issuer.core.recognition.presented import names, presented_in
from issuer.core.recognition.recognition import Place, Recognition, RecognitionId, RecognitionState
from issuer.core.recognition.terms import Conversion, Dates, GradeStep, Limits, Rule, Terms, number_in, terms_of
from service_kit.errors import Invalid

NOW = datetime(2026, 11, 29, tzinfo=UTC)
NO_LIMITS = Limits()
NUMBERS = st.decimals(min_value=-1000, max_value=1000, places=2)


def presented(achievement: str = "urn:theirs", *results: tuple[str | None, str], **members: object) -> Presented:
    values: dict[str, object] = {
        "id": "urn:credential",
        "digest": "u",
        "issuer": "did:web:partner.example",
        "achievement": achievement,
        "awarded": NOW,
        "credits": Decimal(5),
        "level": 6,
        "results": results,
        "owner": "partner",
    }
    return Presented(**{**values, **members})  # type: ignore[arg-type]  # those of the class


def rule(achievement: str | None = "urn:theirs", worth: int = 5, conversion: Conversion | None = None) -> Rule:
    return Rule(achievement, None, None, f"urn:ours:{achievement}", Decimal(worth), conversion)


def agreement(
    *rules: Rule, name: str = "a", age: int = 0, limits: Limits = NO_LIMITS, ends: datetime | None = None
) -> Open:
    terms = Terms(
        programme="urn:programme",
        recognising="did:web:university.example",
        source="did:web:partner.example",
        rules=rules,
        limits=limits,
        in_force=Dates(None, ends),
        awarded=Dates(),
    )
    return Open(name, f"digest of {name}", NOW - timedelta(days=age), terms, "partner")


def steps(pairs: Iterable[tuple[Decimal, str]]) -> tuple[GradeStep, ...]:
    return tuple(GradeStep(to, at_least=floor) for floor, to in pairs)


@given(st.dictionaries(NUMBERS, st.text(min_size=1), min_size=1), NUMBERS)
def test_a_number_becomes_what_the_highest_step_that_it_reaches_gives(
    table: dict[Decimal, str], value: Decimal
) -> None:
    reached = [floor for floor in table if floor <= value]
    expected = table[max(reached)] if reached else None
    for ordered in (sorted(table.items()), sorted(table.items(), reverse=True)):
        assert Conversion(None, "urn:t", steps(ordered)).convert(str(value)) == expected


@given(st.dictionaries(st.text(min_size=1), st.text(min_size=1), min_size=1), st.text())
def test_a_grade_becomes_what_its_own_step_gives_and_nothing_else(table: dict[str, str], value: str) -> None:
    made = Conversion(None, "urn:t", tuple(GradeStep(to, exactly=grade) for grade, to in table.items()))
    assert made.convert(value) == table.get(value)
    assert all(made.convert(grade) == to for grade, to in table.items())


@given(st.lists(st.tuples(NUMBERS, st.text(min_size=1)), min_size=1, unique_by=lambda one: one[0]), NUMBERS, NUMBERS)
def test_a_better_result_never_becomes_less(table: list[tuple[Decimal, str]], one: Decimal, other: Decimal) -> None:
    """Where the steps give values that rise with their floors."""
    made = Conversion(None, "urn:t", steps((floor, str(floor)) for floor, _ in table))
    lower, higher = (made.convert(str(value)) for value in sorted((one, other)))
    assert lower is None or (higher is not None and Decimal(lower) <= Decimal(higher))


GRADES = (GradeStep("best", "A"), GradeStep("good", "B"), GradeStep("passed", "C"))
FLOORS = (GradeStep("passed", at_least=Decimal(50)), GradeStep("best", at_least=Decimal(90)))


@pytest.mark.parametrize(
    ("made", "values", "expected"),
    [
        (Conversion("urn:d", "urn:t", GRADES), ("A", "C"), "passed"),
        (Conversion("urn:d", "urn:t", GRADES), ("A", "F"), None),
        (Conversion(None, "urn:t", GRADES), ("A", "87 of 100"), None),
        (Conversion(None, "urn:t", GRADES), ("A", "C"), "passed"),
        (Conversion("urn:d", "urn:t", FLOORS), ("95", "51"), "passed"),
        (Conversion("urn:d", "urn:t", FLOORS), ("95", "12"), None),
        (Conversion("urn:d", "urn:t", FLOORS), (), None),
    ],
)
def test_the_order_of_results_changes_nothing(made: Conversion, values: tuple[str, ...], expected: str | None) -> None:
    """It is not signed: a learner would put the best first."""
    for ordered in (values, values[::-1]):
        assert made.convert(*ordered) == expected
        shown = presented("urn:theirs", *(("urn:d", value) for value in ordered))
        found = decide([agreement(rule(conversion=made))], shown, Counted(), NOW)
        assert isinstance(found, Granted) is (expected is not None)


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([("urn:grade", "85"), ("urn:attendance", "12")], Code.RESULT_AMBIGUOUS),
        ([("urn:grade", "95"), ("urn:attendance", "51")], Code.RESULT_AMBIGUOUS),
        ([(None, "95"), (None, "51")], Code.RESULT_AMBIGUOUS),
        ([("urn:grade", "12"), ("urn:attendance", "all")], Code.GRADE_BELOW),
        ([], Code.RESULT_MISSING),
        ([("urn:grade", "95"), ("urn:lab", "91")], "best"),
        ([("urn:grade", "95"), ("urn:grade", "51"), ("urn:lab", "60")], "passed"),
    ],
)
def test_without_a_source_different_results_are_no_grade(results: list[tuple[str | None, str]], expected: str) -> None:
    made = rule(conversion=Conversion(None, "urn:t", FLOORS))
    for ordered in permutations(results):
        found = decide([agreement(made)], presented("urn:theirs", *ordered), Counted(), NOW)
        if isinstance(found, Granted):
            assert [one["value"] for one in found.results] == [expected]
        else:
            assert isinstance(found, Refused)
            assert [reason.code for reason in found.reasons] == [expected]
            assert found.is_for_people is (expected == Code.RESULT_AMBIGUOUS)


def test_what_is_left_to_people_goes_before_what_refuses() -> None:
    unclear = agreement(rule(conversion=Conversion(None, "urn:t", FLOORS)), name="unclear", age=1)
    ended = agreement(rule(), name="ended", age=3, ends=NOW)
    shown = presented("urn:theirs", ("urn:grade", "95"), ("urn:attendance", "12"))
    found = decide([ended, unclear], shown, Counted(), NOW)
    assert isinstance(found, Refused)
    assert (found.agreement, found.is_for_people) == ("unclear", True)
    assert isinstance(decide([ended, unclear, agreement(rule())], shown, Counted(), NOW), Granted)
    over = decide([agreement(*unclear.terms.rules, limits=Limits(Decimal(1)))], shown, Counted(), NOW)
    assert isinstance(over, Refused)
    assert not over.is_for_people


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-inf", "", "A", "1e", True, None, [], "٣x"])
def test_what_is_no_finite_number_is_none(value: object) -> None:
    assert number_in(value) is None


CREDITS = st.integers(min_value=1, max_value=12)


@given(st.lists(CREDITS, min_size=1, max_size=12), CREDITS, st.integers(min_value=1, max_value=6))
def test_limits_are_never_passed_and_refuse_only_what_would_pass_them(
    worths: list[int], most: int, number: int
) -> None:
    limits = Limits(Decimal(most), number)
    open_ones = [agreement(*(rule(f"urn:{one}", worth) for one, worth in enumerate(worths)), limits=limits)]
    total, count = Decimal(0), 0
    for one, worth in enumerate(worths):
        decision = decide(open_ones, presented(f"urn:{one}"), Counted(total, count), NOW)
        fits = total + worth <= most and count < number
        assert isinstance(decision, Granted) is fits
        if isinstance(decision, Granted):
            total, count = total + decision.credits, count + 1
        else:
            assert isinstance(decision, Refused)
            assert {reason.code for reason in decision.reasons} <= {Code.CREDIT_LIMIT, Code.COUNT_LIMIT}
        assert total <= most
        assert count <= number


@given(st.decimals(min_value=0, max_value=100, places=1), st.integers(min_value=0, max_value=9))
def test_what_is_in_the_programme_is_never_granted_again(total: Decimal, count: int) -> None:
    decision = decide([agreement(rule(), rule(None))], presented(), Counted(total, count, is_in_it=True), NOW)
    assert isinstance(decision, Refused)
    assert [reason.code for reason in decision.reasons] == [Code.RECOGNISED]


def test_the_order_of_agreements_does_not_matter_and_what_names_the_achievement_goes_first() -> None:
    old = agreement(rule(None, 1), name="old", age=9)
    named = agreement(rule("urn:theirs", 2), name="named", age=1)
    young = agreement(rule("urn:theirs", 3), name="young")
    for order in permutations([old, named, young]):
        decision = decide(order, presented(), Counted(), NOW)
        assert isinstance(decision, Granted)
        assert (decision.agreement, decision.credits) == ("named", Decimal(2))


def test_an_agreement_that_refuses_leaves_it_to_another() -> None:
    ended = agreement(rule(), name="ended", age=3, ends=NOW)
    decision = decide([ended, agreement(rule(), name="open")], presented(), Counted(), NOW)
    assert isinstance(decision, Granted)
    assert decision.agreement == "open"
    refused = decide([ended], presented(), Counted(), NOW)
    assert isinstance(refused, Refused)
    assert [reason.code for reason in refused.reasons] == [Code.NOT_IN_FORCE]


def test_what_no_agreement_is_about_is_for_people() -> None:
    assert decide([], presented(), Counted(), NOW) is None
    assert decide([agreement(rule("urn:other"))], presented(), Counted(), NOW) is None
    stranger = presented(issuer="did:web:stranger.example")
    assert decide([agreement(rule(), rule(None))], stranger, Counted(), NOW) is None


def test_every_reason_is_told() -> None:
    conversion = Conversion("urn:r", "urn:t", (GradeStep("1", exactly="A"),))
    harsh = Rule("urn:theirs", Decimal(6), 7, "urn:ours", Decimal(5), conversion)
    one = agreement(harsh, limits=Limits(Decimal(1), 1), ends=NOW)
    decision = decide([one], presented("urn:theirs", ("urn:r", "B")), Counted(Decimal(5), 1), NOW)
    assert isinstance(decision, Refused)
    assert [reason.code for reason in decision.reasons] == [
        Code.NOT_IN_FORCE,
        Code.CREDITS_BELOW,
        Code.LEVEL_BELOW,
        Code.GRADE_BELOW,
        Code.CREDIT_LIMIT,
        Code.COUNT_LIMIT,
    ]


def test_terms_are_what_the_document_says() -> None:
    document = {
        "programme": "urn:p",
        "recognisingIssuer": "did:a",
        "sourceIssuer": "did:b",
        "rules": [
            {"achievement": "urn:x", "target": "urn:y", "credits": 2.5},
            {
                "minimumLevel": 5,
                "target": "urn:z",
                "credits": 3,
                "gradeConversion": {"target": "urn:t", "steps": [{"atLeast": 50, "to": "pass"}]},
            },
        ],
        "limits": {"maxCredits": 30},
        "validUntil": "2027-01-01T00:00:00Z",
    }
    terms = terms_of(document)
    assert [one.credits for one in terms.rules] == [Decimal("2.5"), Decimal(3)]
    assert (terms.limits, terms.in_force.ends) == (Limits(Decimal(30), None), datetime(2027, 1, 1, tzinfo=UTC))
    assert terms.rules[1].conversion is not None
    assert terms.rules[1].conversion.convert("49.9") is None
    assert not terms.in_force.include(datetime(2027, 1, 1, tzinfo=UTC))


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20), st.text(alphabet="0123456789abcdef"))
def test_a_credential_names_one_address_and_no_other(one: str, other: str, salt: str) -> None:
    address, another = f"{one}@a.example".strip().lower(), f"{other}@b.example".strip().lower()
    for identity in (hashed_identity(address, EMAIL, salt), plain_identity(address, EMAIL)):
        document = {"credentialSubject": {"identifier": [identity]}}
        assert names(document, Recipient(EMAIL, address))
        assert not names(document, Recipient(EMAIL, another))
        assert not names(document, Recipient("studentId", address))


@pytest.mark.parametrize("subject", [{}, {"id": "did:a:b"}, {"identifier": "x"}, {"identifier": [{"hashed": True}]}])
def test_a_credential_that_names_nobody_is_nobodys(subject: dict[str, object]) -> None:
    assert not names({"credentialSubject": subject}, Recipient(EMAIL, "a@b.example"))
    assert not names({"credentialSubject": subject}, Recipient(DID, "did:a:c"))


@pytest.mark.parametrize(
    "document", [{}, {"credentialSubject": {}}, {"credentialSubject": {"achievement": {"id": "x"}}}]
)
def test_what_says_nothing_cannot_be_recognised(document: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        presented_in(document)


STANDINGS = st.builds(Standing, st.sampled_from(RecognitionState), st.sampled_from(State), st.booleans())
SOURCES = st.none() | st.sampled_from(State)


@given(STANDINGS, SOURCES)
def test_following_twice_is_following_once(standing: Standing, source: State | None) -> None:
    once = follow(standing, source)
    assert follow(once, source) == once


@given(STANDINGS, SOURCES)
def test_no_award_stands_on_what_does_not(standing: Standing, source: State | None) -> None:
    after = follow(standing, source)
    if standing.state in {RecognitionState.GRANTED, RecognitionState.SUSPENDED}:
        assert after.award is not State.ISSUED or source in {None, State.ISSUED}
        assert (after.state is RecognitionState.GRANTED) is (after.award is State.ISSUED)
    else:
        assert after == standing


@given(STANDINGS)
def test_a_suspension_by_hand_outlasts_that_of_the_source(standing: Standing) -> None:
    by_hand = Standing(RecognitionState.SUSPENDED, State.SUSPENDED, holds_back=False)
    assert follow(follow(by_hand, State.SUSPENDED), State.ISSUED) == by_hand
    granted = Standing(RecognitionState.GRANTED, State.ISSUED, holds_back=False)
    assert follow(follow(granted, State.SUSPENDED), State.ISSUED) == granted


GRANTED = Standing(RecognitionState.GRANTED, State.ISSUED, holds_back=False)


@pytest.mark.parametrize("source", [None, *State])
def test_a_revocation_by_hand_is_not_the_sources(source: State | None) -> None:
    revoked = follow(Standing(RecognitionState.GRANTED, State.REVOKED, holds_back=True), source)
    assert revoked == Standing(RecognitionState.REVOKED, State.REVOKED, holds_back=False)


def test_what_falls_with_its_source_is_the_sources() -> None:
    fallen = Standing(RecognitionState.REVOKED, State.REVOKED, holds_back=True)
    assert follow(GRANTED, State.REVOKED) == fallen
    assert follow(GRANTED, State.ISSUED, Corrected.LEARNER) == fallen


@given(STANDINGS, st.sampled_from([State.ISSUED, State.SUSPENDED]))
def test_what_was_corrected_waits_for_people(standing: Standing, source: State) -> None:
    """Whatever the source does, but for falling, nothing reinstates it."""
    after = follow(standing, source, Corrected.WORTH)
    if standing.award is State.REVOKED or after.state is not RecognitionState.SUSPENDED:
        assert after.award is not State.ISSUED or after == standing
        return
    assert follow(follow(after, State.SUSPENDED), State.ISSUED) == after


def test_a_correction_counts_by_what_it_changes() -> None:
    before = presented("urn:theirs", ("urn:r", "A"), recipient="ada")
    same = presented("urn:theirs", ("urn:r", "A"), recipient="ada", digest="another")
    worse = presented("urn:theirs", ("urn:r", "B"), recipient="ada")
    less = presented("urn:theirs", ("urn:r", "A"), recipient="ada", credits=Decimal(2))
    another = presented("urn:theirs", ("urn:r", "A"), recipient="bob")
    for now, expected in (
        (same, Corrected.NOTHING),
        (worse, Corrected.WORTH),
        (less, Corrected.WORTH),
        (another, Corrected.LEARNER),
    ):
        assert correction(before, now, is_vouched=False) is expected
    assert correction(before, another, is_vouched=True) is Corrected.WORTH


@pytest.mark.parametrize("owner", [None, "another"])
def test_a_floor_is_for_what_the_partner_published_itself(owner: str | None) -> None:
    floor, named = agreement(rule(None)), agreement(rule())
    assert isinstance(decide([floor], presented(), Counted(), NOW), Granted)
    assert decide([floor], presented(owner=owner), Counted(), NOW) is None
    assert isinstance(decide([named], presented(owner=owner), Counted(), NOW), Granted)


def waiting(sealed: bytes | None, document: str = "") -> Recognition:
    return Recognition(
        id=RecognitionId("one"),
        place=Place("org", "urn:programme", b"key", None, b"source", "urn:theirs"),
        presented=presented(),
        document=document,
        own_source=None,
        state=RecognitionState.OPEN,
        revision=1,
        agreement_id=None,
        target=None,
        credits=None,
        results=(),
        reasons=(),
        credential_id=None,
        evidence=(),
        vouched=None,
        sealed=sealed,
        decider=None,
        is_appeal_used=False,
        appeal_until=None,
        holds_back=False,
        created_at=NOW,
        changed_at=NOW,
    )


def test_papers_are_sealed_for_one_recognition_and_those_from_before_are_still_read() -> None:
    box, ada = RecipientBox(b"k" * 32), Recipient(EMAIL, "ada@learners.example", "Ada")
    items = ({"by": "learner", "credential": "a.b.c"}, {"by": "learner", "narrative": "A report."})
    bare, texts = split(items)
    papers = Papers(ada, "{}", texts)
    sealed = box.seal(RecognitionId("one"), papers)
    assert b"learners.example" not in sealed
    assert box.open(waiting(sealed)) == papers
    assert box.open(waiting(None)) is None
    with pytest.raises(RuntimeError):
        box.open(waiting(box.seal(RecognitionId("another"), papers)))
    assert "a.b.c" not in str(bare)
    assert [item.get("credential") for item in joined(bare, papers)] == ["a.b.c", None]
    assert joined(bare, None) == bare
    before = box.seal(RecognitionId("one"), ada)  # type: ignore[arg-type]  # as it was when only the name was sealed
    assert box.open(waiting(before, "a.b.c")) == Papers(ada, "a.b.c")
