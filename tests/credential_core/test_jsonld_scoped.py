"""Scoped contexts written inline: names of a document's own, and nothing else, at the places that are its own."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from credential_core import proof
from credential_core.contexts import OPEN_BADGES_V3
from credential_core.errors import CredentialError
from credential_core.jsonld import general, to_quads
from credential_core.keys import SigningKey
from credential_core.rdfc import canonicalize
from tests.credential_core.oracle import pyld_quads

V1 = "https://www.w3.org/2018/credentials/v1"
V2 = "https://www.w3.org/ns/credentials/v2"
CRED = "https://www.w3.org/2018/credentials#"
OB = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#"
LICENCE: dict[str, Any] = {
    "@protected": True,
    "Licence": {
        "@id": "urn:ex:Licence",
        "@context": {
            "@protected": True,
            "id": "@id",
            "type": "@type",
            "number": "urn:ex:number",
            "dateOfBirth": "urn:ex:born",  # a name of Open Badges
            "expirationDate": "urn:ex:ends",  # a name of credentials/v1
        },
    },
    "licence": {"@id": "urn:ex:licence", "@type": "@id"},
    "boats": {"@id": "urn:ex:boats", "@context": {"@protected": True, "sail": "urn:ex:sail", "result": "urn:ex:won"}},
}
HELD = {"type": "Licence", "number": "T2", "dateOfBirth": "01-01-1990", "expirationDate": "01-01-2030"}


def document(context: Any, *, first: str = V2, more: tuple[str, ...] = (), **members: Any) -> dict[str, Any]:
    made = {
        "@context": [first, *more, context],
        "id": "urn:x:credential",
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {"id": "did:example:subject"},
        **members,
    }
    return {name: value for name, value in made.items() if value is not None}


def subject(**members: Any) -> dict[str, Any]:
    return {"credentialSubject": {"id": "did:example:subject", **members}}


@pytest.mark.parametrize("first", [V1, V2])
def test_a_drivers_licence(first: str) -> None:
    given = document(LICENCE, first=first, **subject(licence=HELD))
    quads = general.to_quads(given)
    assert canonicalize(quads).nquads == canonicalize(pyld_quads(given)).nquads
    assert {predicate for _, predicate, _, _ in quads} >= {"<urn:ex:born>", "<urn:ex:ends>", "<urn:ex:number>"}
    with pytest.raises(CredentialError):
        to_quads(given)


def test_by_property_and_in_arrays() -> None:
    boats = [{"sail": "red", "result": 1}, {"sail": "blue", "result": 2}]
    given = document(LICENCE, **subject(boats=boats, licence=[HELD, {**HELD, "number": "T3"}]))
    assert canonicalize(general.to_quads(given)).nquads == canonicalize(pyld_quads(given)).nquads


def own(name: str, iri: str = "urn:ex:own", **more: Any) -> dict[str, Any]:
    """A property and a type of the document's own, under which a name has another meaning."""
    scoped = {name: iri, **more}
    return {
        "mine": {"@id": "urn:ex:mine", "@context": scoped},
        "Mine": {"@id": "urn:ex:Mine", "@context": scoped},
        "bare": "urn:ex:bare",
    }


def predicates(given: dict[str, Any]) -> set[str]:
    """Those of a document, none if it is refused."""
    try:
        return {predicate for _, predicate, _, _ in general.to_quads(given)}
    except CredentialError:
        return set()


BADGE = {"more": (OPEN_BADGES_V3,), "type": ["VerifiableCredential", "OpenBadgeCredential"]}
TAKEN = ["id", "type", "issuer", "credentialStatus", "credentialSubject", "validUntil", "proof", "proofValue", "name"]
TAKEN += ["statusListIndex", "statusPurpose", "cryptosuite", "verificationMethod", "publicKeyMultibase", "evidence"]


@pytest.mark.parametrize("name", TAKEN)
def test_names_of_credentials_proofs_and_statuses_are_nobodys_to_define(name: str) -> None:
    with pytest.raises(CredentialError, match="context_conflict"):
        general.to_quads(document(own(name), **subject(mine={name: "x"})))


@pytest.mark.parametrize(
    "members",
    [
        {"type": ["VerifiableCredential", "Mine"], "achievement": "x"},  # in the root
        subject(type="Mine", achievement="x"),  # by a property that is not the document's own
        {"evidence": {"type": "Mine", "achievement": "x"}},
        subject(mine={"evidence": {"achievement": "x"}}),  # handed down by the property
        subject(mine={"bare": {"evidence": {"achievement": "x"}}}),
        subject(mine={"type": "AchievementSubject", "achievement": "x"}),  # of a type that is not its own
        subject(mine={"bare": {"type": ["Mine", "Evidence"], "achievement": "x"}}),
    ],
)
def test_elsewhere_a_known_name_means_what_it_always_does(members: dict[str, Any]) -> None:
    for more in ((), (OPEN_BADGES_V3,)):
        assert "<urn:ex:own>" not in predicates(document(own("achievement"), **{"more": more, **members}))
    assert general.to_quads(document(own("achievement"), **subject(mine={"achievement": "x"})))
    assert general.to_quads(document(own("achievement"), **subject(bare={"type": "Mine", "achievement": "x"})))


@pytest.mark.parametrize("iri", [f"{CRED}credentialStatus", f"{CRED}issuer", f"{OB}achievement", "@id", "@type"])
def test_no_name_stands_for_what_the_frozen_contexts_define(iri: str) -> None:
    for place in (subject(mine={"hidden": "urn:x"}), subject(bare={"type": "Mine", "hidden": "urn:x"})):
        with pytest.raises(CredentialError, match="context_conflict"):
            general.to_quads(document(own("hidden", iri), **place))


def test_nor_by_a_prefix_or_by_another_term() -> None:
    for more in ({"far": "https://www.w3.org/2018/", "hidden": "far:credentials#issuer"}, {"hidden": "achievement"}):
        context = {"mine": {"@id": "urn:ex:mine", "@context": more}}
        with pytest.raises(CredentialError):
            general.to_quads(document(context, **{**BADGE, **subject(mine={"hidden": "urn:x"})}))


def test_a_status_cannot_be_renamed_away() -> None:
    """The credential says it has a status, and the proof would cover something else."""
    status = {"id": "urn:x:status", "type": "BitstringStatusListEntry"}
    aside: list[Any] = [
        {"credentialStatus": "urn:ex:nothing"},
        {"VerifiableCredential": {"@id": f"{CRED}VerifiableCredential", "@context": {"credentialStatus": "urn:ex:n"}}},
        {"Aside": {"@id": "urn:ex:Aside", "@context": {"credentialStatus": "urn:ex:nothing"}}},
        {"BitstringStatusListEntry": "urn:ex:Nothing"},
        {"Aside": {"@id": "urn:ex:Aside", "@context": {"BitstringStatusListEntry": "urn:ex:Nothing"}}},
    ]
    for context in aside:
        types = ["VerifiableCredential", *[name for name in context if name == "Aside"]]
        with pytest.raises(CredentialError):
            general.to_quads(document(context, type=types, credentialStatus=status))


@pytest.mark.parametrize(
    "scoped",
    [
        {"@vocab": "https://ex.test/"},
        {"@base": "https://ex.test/"},
        {"@language": "en"},
        {"@import": V2},
        {"@propagate": True},
        {"x": {"@reverse": "urn:ex:x"}},
        {"x": {"@id": "urn:ex:x", "@nest": "y"}},
        {"x": {"@id": "urn:ex:x", "@container": "@id"}},
        {"x": {"@id": "urn:ex:x", "@context": V2}},
        {"x": None},
        {"x:y": "urn:ex:x"},
        {"id": {"@id": "@id"}},
        {"id": "@type"},
        {"kind": "@type"},
        {"name": "urn:ex:name"},
        V2,
        [V2, {"x": "urn:ex:x"}],
        [],
        None,
        7,
    ],
)
def test_what_a_scoped_context_may_not_hold(scoped: Any) -> None:
    with pytest.raises(CredentialError) as raised:
        general.to_quads(document({"mine": {"@id": "urn:ex:mine", "@context": scoped}}))
    assert raised.value.code in ("context_unsupported", "context_conflict")


def test_an_inline_vocabulary_gives_no_known_name_another_meaning() -> None:
    vocabulary = {"@vocab": "https://ex.test/vocab#"}
    assert general.to_quads(document(vocabulary, **subject(sailing={"boat": "x"})))
    for name in ("achievement", "expirationDate"):
        with pytest.raises(CredentialError, match="context_conflict"):
            general.to_quads(document(vocabulary, **subject(**{name: "x"})))
    with pytest.raises(CredentialError, match="context_conflict"):
        general.to_quads(document(vocabulary, type=["VerifiableCredential", "OpenBadgeCredential"]))


def test_values_that_are_terms_are_held_to_it_too() -> None:
    context = {"mine": {"@id": "urn:ex:m", "@type": "@vocab", "@context": {"x": "urn:x"}}, "hide": f"{OB}Achievement"}
    assert general.to_quads(document(context, **subject(mine="x")))
    with pytest.raises(CredentialError, match="context_conflict"):
        general.to_quads(document(context, **subject(mine="hide")))
    with pytest.raises(CredentialError, match="context_conflict"):
        general.to_quads(document(context, **subject(mine={"@value": "1", "@type": "hide"})))


def test_no_text_is_abbreviated_by_a_scoped_name() -> None:
    context = {"mine": {"@id": "urn:ex:mine", "@context": {"ex": {"@id": "https://ex.test/", "@prefix": True}}}}
    with pytest.raises(CredentialError, match="iri_relative"):
        general.to_quads(document(context, **subject(mine={"id": "ex:hidden"})))


def test_contexts_cost_no_more_than_a_budget() -> None:
    terms = {f"t{number}": f"urn:t:{number}" for number in range(250)}
    context = {"Mine": {"@id": "urn:ex:Mine", "@context": terms}, "bare": "urn:ex:bare"}
    many = [{"type": "Mine", "t0": str(number)} for number in range(200)]
    with pytest.raises(CredentialError, match="too_many_contexts"):
        general.to_quads(document(context, **subject(bare=many)))
    with pytest.raises(CredentialError, match="context_invalid"):
        general.to_quads(document({"a": {"@id": "urn:a", "@context": terms}, "b": {"@id": "urn:b", "@context": terms}}))
    assert general.to_quads(document(context, **subject(bare=many[:30])))


KEY, EPHEMERAL = (SigningKey.from_seed(bytes(range(start, start + 32)), "P-256") for start in (1, 2))


def test_a_part_of_a_drivers_licence_is_shown() -> None:
    base = proof.sign_selective(
        document(LICENCE, id=None, **subject(licence=HELD, boats=[{"sail": "red"}, {"sail": "blue"}])),
        KEY,
        verification_method="did:example:issuer#k",
        created=datetime(2026, 1, 2, tzinfo=UTC),
        mandatory=["/issuer"],
        hmac_key=bytes(32),
        ephemeral=EPHEMERAL,
        inline_contexts=True,
    )
    pointers = ["/credentialSubject/licence/number", "/credentialSubject/boats/1"]
    shown = proof.derive(base, pointers, inline_contexts=True)
    proof.verify_proof(shown, shown["proof"], KEY.public, inline_contexts=True)
    assert shown["credentialSubject"]["licence"] == {"type": "Licence", "number": "T2"}
    assert shown["credentialSubject"]["boats"] == [{"sail": "blue"}]
    changed = copy.deepcopy(shown)
    changed["@context"][1]["Licence"]["@context"]["number"] = "urn:ex:other"
    for wrong, inline in ((changed, True), (shown, False)):
        with pytest.raises(CredentialError):
            proof.verify_proof(wrong, wrong["proof"], KEY.public, inline_contexts=inline)
