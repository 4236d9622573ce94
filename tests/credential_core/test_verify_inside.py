"""Documents inside documents: endorsements, CLRs, what presentations hold. Each has a report of its own, by its id."""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from credential_core import bitstring, did, proof
from credential_core.contexts import CREDENTIALS_V2, OPEN_BADGES_V3
from credential_core.errors import StatusError
from credential_core.jose import enveloped, issue_credential
from credential_core.keys import SigningKey
from credential_core.report import Report, Verdict
from credential_core.verify import (
    KnownState,
    KnownStatus,
    Policy,
    Trust,
    TrustAnswer,
    needs,
    parse,
)
from credential_core.verify.nested import MAX_COSTLY, MAX_NESTED
from credential_core.verify.read_lists import MAX_LISTS, ReadLists
from tests.credential_core.reports import only, outcome

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIST = "https://issuer.test/status-lists/1"
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
CLR = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
FIRST = "https://issuer.test/credentials/1"
SECOND = "https://issuer.test/credentials/2"
READ = Policy(inline_contexts=True)
ACHIEVEMENT = "https://issuer.test/achievements/1"

Json = dict[str, Any]
Sign = Callable[[Json], Json]
Verify = Callable[..., Report]


def endorsement(issuer: str, about: str, **changes: Any) -> Json:
    return {
        "@context": [CREDENTIALS_V2, OPEN_BADGES_V3],
        "id": "https://accreditor.test/endorsements/1",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "In good standing",
        "issuer": {"id": issuer, "type": ["Profile"], "name": "Accreditor"},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {"id": about, "type": ["EndorsementSubject"], "endorsementComment": "Good."},
        **changes,
    }


@pytest.fixture
def endorsed(unsigned: Json, sign: Sign, issuer: str) -> Callable[..., Json]:
    """A credential whose achievement bears an endorsement."""

    def make(inner: Json | None = None, member: str = "endorsement") -> Json:
        document = copy.deepcopy(unsigned)
        inner = sign(endorsement(issuer, ACHIEVEMENT)) if inner is None else inner
        document["credentialSubject"]["achievement"][member] = [inner]
        return sign(document)

    return make


def test_an_endorsement_is_verified_like_a_credential(check: Verify, endorsed: Callable[..., Json]) -> None:
    report = check(endorsed())
    assert outcome(report, "endorsements") == ("passed", "endorsements_valid")
    [nested] = report.nested
    assert (nested.role, nested.id) == ("endorsement", "https://accreditor.test/endorsements/1")
    assert nested.path == "credentialSubject.achievement.endorsement[0]"
    assert nested.report.verdict is Verdict.VALID
    assert report.to_dict()["nested"][0]["report"]["verdict"] == "valid"


@pytest.mark.parametrize(
    ("changes", "code", "failed"),
    [
        ({"validUntil": "2026-02-01T00:00:00Z"}, "endorsements_invalid", "validity_period"),
        ({"name": None}, "endorsements_invalid", "schema"),
        ({"type": ["VerifiableCredential"]}, "endorsements_invalid", "endorsed"),
        (
            {"credentialSubject": {"id": "https://other.test/1", "type": ["EndorsementSubject"]}},
            "endorsements_invalid",
            "endorsed",
        ),
        ({"credentialStatus": {"id": "urn:x", "type": "Other"}}, "endorsements_undecided", "status"),
    ],
)
def test_an_endorsement_in_doubt_informs_and_decides_only_by_policy(
    check: Verify,
    unsigned: Json,
    sign: Sign,
    issuer: str,
    changes: Json,
    code: str,
    failed: str,
) -> None:
    inner = {name: value for name, value in endorsement(issuer, ACHIEVEMENT, **changes).items() if value is not None}
    inner["@context"] = [*inner["@context"], "https://www.w3.org/ns/credentials/undefined-terms/v2"]
    unsigned["@context"] = [*unsigned["@context"], "https://www.w3.org/ns/credentials/undefined-terms/v2"]
    unsigned["credentialSubject"]["achievement"]["endorsement"] = [sign(inner)]
    if code == "endorsements_invalid" and failed in ("schema", "endorsed") and "type" in changes:
        del unsigned["credentialSubject"]["achievement"]["endorsement"]
        unsigned["endorsement"] = [sign(inner)]  # any type may stand in JSON; the model of the outer one refuses it
    document = sign(unsigned)
    report = check(document)
    assert outcome(report, "endorsements") == ("skipped", code)
    [nested] = report.nested
    found = nested.report.check(failed)
    assert found is not None
    assert str(found.outcome) in ("failed", "unknown")
    decided = check(document, policy=Policy(endorsements_decide=True))
    assert outcome(decided, "endorsements") == ("failed" if code == "endorsements_invalid" else "unknown", code)
    assert decided.verdict is not Verdict.VALID


def test_an_endorsement_by_somebody_unknown_is_undecided(check: Verify, unsigned: Json, sign: Sign) -> None:
    stranger = SigningKey.from_seed(bytes(32))
    name, method = did.did_key(stranger.public), did.did_key_verification_method(stranger.public)
    inner = proof.sign(endorsement(name, ACHIEVEMENT), stranger, verification_method=method, created=NOW)
    unsigned["credentialSubject"]["achievement"]["endorsement"] = [inner]
    report = check(sign(unsigned))
    assert report.verdict is Verdict.VALID
    assert outcome(report, "endorsements") == ("skipped", "endorsements_undecided")
    assert outcome(report.nested[0].report, "issuer_trust") == ("unknown", "issuer_unknown")


def test_an_endorsement_may_be_a_jwt(check: Verify, unsigned: Json, sign: Sign, issuer: str, key: SigningKey) -> None:
    token = issue_credential(endorsement(issuer, ACHIEVEMENT), key, kid=did.did_key_verification_method(key.public))
    unsigned["credentialSubject"]["achievement"]["endorsementJwt"] = [token]
    report = check(sign(unsigned))
    assert outcome(report, "endorsements") == ("passed", "endorsements_valid")
    unsigned["credentialSubject"]["achievement"]["endorsementJwt"] = [token[:-4] + "AAAA"]
    assert outcome(check(sign(unsigned)), "endorsements") == ("skipped", "endorsements_invalid")


def test_what_is_read_of_an_achievement_stands_there(
    check: Verify, endorsed: Callable[..., Json], unsigned: Json
) -> None:
    """One node to the signature: a holder could move what an achievement says into what endorses it."""
    described = {"id": "urn:grade", "type": ["ResultDescription"], "name": "Grade", "resultType": "LetterGrade"}
    scale = {"allowedValue": ["5", "4", "3", "2", "1"]}
    achievement = unsigned["credentialSubject"]["achievement"]
    unsigned["credentialSubject"].pop("result", None)
    achievement["resultDescription"] = [described | scale]
    signed = endorsed()
    assert check(signed).verdict is Verdict.VALID
    achievement = signed["credentialSubject"]["achievement"]
    achievement["resultDescription"] = [described]
    [inner] = achievement["endorsement"]
    inner["credentialSubject"] |= {
        "type": ["EndorsementSubject", "Achievement"],
        "resultDescription": [{**described, **scale}],
    }
    report = check(signed)
    assert outcome(report, "proof") == ("passed", "signature_valid")
    assert outcome(report, "schema") == ("failed", "schema_invalid")
    assert report.verdict is Verdict.INVALID


def test_one_may_be_described_twice_if_it_is_the_same(check: Verify, unsigned: Json, sign: Sign) -> None:
    again = {"id": ACHIEVEMENT, "type": ["Related"]}
    unsigned["credentialSubject"]["achievement"]["related"] = [again]
    assert check(sign(unsigned)).verdict is Verdict.VALID
    again["version"] = "2"
    assert outcome(check(sign(unsigned)), "schema") == ("failed", "schema_invalid")
    unsigned["credentialSubject"]["achievement"]["version"] = "2"
    assert check(sign(unsigned)).verdict is Verdict.VALID


def test_who_issues_to_themselves_may_have_a_picture(check: Verify, unsigned: Json, sign: Sign, issuer: str) -> None:
    unsigned["credentialSubject"]["id"] = issuer
    unsigned["issuer"]["image"] = {"id": "https://issuer.test/me.png", "type": "Image"}
    assert check(sign(unsigned)).verdict is Verdict.VALID


def test_nothing_inside_a_forgery_is_looked_at(check: Verify, endorsed: Callable[..., Json]) -> None:
    report = check({**endorsed(), "name": "Surgery"})
    assert outcome(report, "endorsements") == ("skipped", "endorsements_not_checked")
    assert report.nested == ()


def test_more_endorsements_than_there_is_room_for_are_not_verified(check: Verify, unsigned: Json, sign: Sign) -> None:
    unsigned["endorsementJwt"] = ["a.b.c"] * (MAX_NESTED + 1)
    report = check(sign(unsigned))
    assert outcome(report, "endorsements") == ("skipped", "endorsements_too_many")
    assert report.verdict is Verdict.VALID


def test_what_the_inside_takes_is_named(unsigned: Json, sign: Sign) -> None:
    inner = endorsement("did:web:accreditor.test", ACHIEVEMENT)
    inner["proof"] = {"type": "DataIntegrityProof", "verificationMethod": "did:web:accreditor.test#key-1"}
    inner["credentialStatus"] = {"id": "https://accreditor.test/revocations", "type": "1EdTechRevocationList"}
    inner["credentialSchema"] = {"id": "https://accreditor.test/schema", "type": "1EdTechJsonSchemaValidator2019"}
    document = sign(unsigned)
    document["issuer"]["endorsement"] = [inner]
    assert needs(document).controllers == ()
    found = needs(document, nested=True)
    assert found.controllers == ("did:web:accreditor.test",)
    assert found.status_lists == (LIST, "https://accreditor.test/revocations")
    assert found.schemas == ("https://accreditor.test/schema",)


def test_each_credential_of_a_record_has_its_own_report(
    check: Verify, record: Callable[..., Json], signed: Json, second: Json, status_list: Any
) -> None:
    report = check(record(signed, second))
    assert report.verdict is Verdict.VALID
    assert outcome(report, "credentials") == ("passed", "credentials_valid")
    for order in itertools.permutations([signed, second]):
        report = check(record(*order), status_lists={LIST: status_list(8)})
        assert outcome(report, "credentials") == ("failed", "credentials_invalid")
        assert only(report, FIRST).verdict is Verdict.VALID
        assert outcome(only(report, SECOND), "status") == ("failed", "status_revoked")


def test_a_list_is_inflated_once_and_several_share_the_room() -> None:
    encoded = bitstring.StatusBits.empty(2**25).encoded()  # 4 MiB
    few = ReadLists(8)
    assert few.decode(encoded) is few.decode(encoded)
    for lists, code in ((9, "status_list_too_large"), (MAX_LISTS + 1, "status_lists_too_many")):
        with pytest.raises(StatusError, match=code):
            ReadLists(lists).decode(encoded)


@pytest.mark.parametrize("sizes", [(48, 50), (49, 50), (52, 52)])
def test_too_much_inside_is_undecided_in_any_order(
    shown: Verify, present: Callable[..., Json], jwt_record: Callable[..., str], unsigned: Json, sign: Sign, sizes: Any
) -> None:
    def held(number: int, *, forged: bool = False) -> Json:
        made = sign({**unsigned, "id": f"https://issuer.test/credentials/{number}"})
        return {**made, "name": "Forged"} if forged else made

    one = enveloped(jwt_record(held(0, forged=True), *(held(n) for n in range(1, sizes[0]))))
    other = enveloped(jwt_record(*(held(n) for n in range(sizes[1]))))
    verdicts = {shown(present(*order)).verdict for order in ((one, other), (other, one))}
    assert verdicts == {Verdict.INVALID if sum(sizes) + 2 <= MAX_NESTED else Verdict.INDETERMINATE}


def test_too_many_status_lists_are_undecided_in_any_order(
    check: Verify, jwt_record: Callable[..., str], unsigned: Json, sign: Sign, status_list: Any
) -> None:
    def on(number: int) -> Json:
        url = f"https://issuer.test/status-lists/{number}"
        status = {**unsigned["credentialStatus"], "id": f"{url}#7", "statusListCredential": url}
        return sign({**unsigned, "id": f"https://issuer.test/credentials/{number}", "credentialStatus": status})

    lists = [f"https://issuer.test/status-lists/{number}" for number in range(MAX_LISTS + 1)]
    for several, order in itertools.product((MAX_LISTS - 1, MAX_LISTS + 1), (1, -1)):
        held = [on(number) for number in range(several)][::order]
        found = {url: status_list(7, id=url) for url in lists}
        report = check(parse(jwt_record(*held)), status_lists={LIST: status_list(), **found})
        codes = {outcome(each.report, "status")[1] for each in report.nested}
        assert codes == {"status_revoked" if several < MAX_LISTS else "status_lists_too_many"}


def test_events_are_told_by_id(check: Verify, record: Callable[..., Json], signed: Json, second: Json) -> None:
    known = {SECOND: KnownStatus(KnownState.SUSPENDED, 2)}
    report = check(record(signed, second), known_statuses=known)
    assert outcome(only(report, FIRST), "status") == ("passed", "status_clear")
    assert outcome(only(report, SECOND), "status") == ("failed", "status_suspended")
    assert outcome(check(second, known_statuses=known), "status") == ("failed", "status_suspended")


def test_a_record_in_a_jwt_may_say_so_by_an_iri(
    check: Verify, record: Callable[..., Json], signed: Json, key: SigningKey
) -> None:
    """Nobody reads it as JSON-LD there; what is in it is looked at all the same."""
    plain = {name: value for name, value in record({**signed, "name": "Surgery"}).items() if name != "proof"}
    clr = "https://purl.imsglobal.org/spec/vc/clr/vocab.html#ClrCredential"
    kid = did.did_key_verification_method(key.public)
    report = check(parse(issue_credential(plain | {"type": ["VerifiableCredential", clr]}, key, kid=kid)))
    assert outcome(report, "proof") == ("passed", "signature_valid")
    assert outcome(report, "credentials") == ("failed", "credentials_invalid")


def test_a_record_may_hold_records(check: Verify, record: Callable[..., Json], signed: Json) -> None:
    inner = record(signed, identifier="https://issuer.test/records/2")
    report = check(record(inner))
    assert report.verdict is Verdict.VALID
    assert only(report, FIRST).verdict is Verdict.VALID


def test_a_forged_credential_in_a_genuine_record_is_found(
    check: Verify, record: Callable[..., Json], signed: Json
) -> None:
    report = check(record({**signed, "name": "Surgery"}))
    assert outcome(report, "proof") == ("passed", "signature_valid")
    assert report.verdict is Verdict.INVALID
    assert outcome(only(report, FIRST), "proof") == ("failed", "signature_invalid")


@pytest.mark.parametrize("term", [None, "kind"])
def test_a_record_does_not_hide_that_it_is_one(
    check: Verify, record: Callable[..., Json], signed: Json, term: str | None
) -> None:
    """The quads are the same, so its proof would hold; only nobody would look at the forged credential in it."""
    made = record({**signed, "name": "Surgery"})
    rdf_type = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
    clr = "https://purl.imsglobal.org/spec/vc/clr/vocab.html#ClrCredential"
    hidden = {**made, "type": ["VerifiableCredential"], term or rdf_type: {"id": clr}}
    if term:
        hidden["@context"] = [*made["@context"], {term: rdf_type}]
    report = check(hidden, policy=READ)
    assert report.verdict is Verdict.INVALID
    assert outcome(report, "proof")[0] == "failed"


def test_a_record_says_what_it_is_by_its_name(check: Verify, record: Callable[..., Json], signed: Json) -> None:
    """By the type's IRI the quads are the same too, without any context of the holder's own."""
    made = record({**signed, "name": "Surgery"})
    clr = "https://purl.imsglobal.org/spec/vc/clr/vocab.html#ClrCredential"
    report = check({**made, "type": ["VerifiableCredential", clr]})
    assert report.verdict is Verdict.INVALID
    assert outcome(report, "proof") == ("failed", "type_malformed")


def test_a_whole_wallet_is_shown_at_once_and_a_transcript_holds_all_courses(
    shown: Verify, check: Verify, present: Callable[..., Json], record: Callable[..., Json], unsigned: Json, sign: Sign
) -> None:
    held = [sign({**unsigned, "id": f"https://issuer.test/credentials/{number}"}) for number in range(80)]
    for report in (shown(present(*held)), check(record(*held))):
        assert report.verdict is Verdict.VALID
        assert len(report.nested) == len(held)
    report = shown(present(*held[:-1], {**held[-1], "name": "Surgery"}))
    assert report.verdict is Verdict.INVALID
    assert only(report, held[-1]["id"]).verdict is Verdict.INVALID


def test_the_work_for_what_is_inside_is_bounded(
    shown: Verify, issuer: str, key: SigningKey, unsigned: Json, sign: Sign
) -> None:
    """Each of them takes all the work there is for one document; the holder's own proof costs nothing."""
    signed = sign(unsigned)
    alike: Json = {"a": [{"b": [{"c": 1}] * 5}] * 5}
    members = {"@context": [CREDENTIALS_V2, EXAMPLES], "type": ["VerifiableCredential"], "credentialSubject": alike}
    tried = {"issuer": issuer, "proof": signed["proof"], **members}
    poison = [{**tried, "id": f"urn:uuid:{number}"} for number in range(30)]
    for order in (1, -1):
        held = proof.sign(
            {
                "@context": [CREDENTIALS_V2],
                "type": ["VerifiablePresentation"],
                "holder": issuer,
                "verifiableCredential": [*poison, signed][::order],
            },
            key,
            verification_method=did.did_key_verification_method(key.public),
            created=NOW,
            purpose="authentication",
            cryptosuite="eddsa-jcs-2022",
            options=proof.ProofOptions(challenge="abc", domain="verifier.test"),
        )
        report = shown(held)
        codes = [outcome(each.report, "proof")[1] for each in report.nested]
        assert report.verdict is Verdict.INVALID
        assert codes.count("canonicalization_too_costly") == MAX_COSTLY
        assert codes.count("documents_too_costly") >= len(poison) - MAX_COSTLY


def test_poisoned_endorsements_take_nothing_from_the_credentials(
    check: Verify, jwt_record: Callable[..., str], unsigned: Json, sign: Sign, issuer: str, key: SigningKey
) -> None:
    signed = sign(unsigned)
    alike: Json = {"id": ACHIEVEMENT, "a": [{"b": [{"c": 1}] * 5}] * 5}
    members = {"@context": [CREDENTIALS_V2, EXAMPLES], "type": ["VerifiableCredential"], "credentialSubject": alike}
    poison = {"issuer": issuer, "proof": signed["proof"], **members}
    record = json.loads(json.dumps(dict(parse(jwt_record(signed)))))
    record["endorsement"] = [{**poison, "id": f"urn:uuid:{number}"} for number in range(MAX_COSTLY + 3)]
    report = check(parse(issue_credential(record, key, kid=did.did_key_verification_method(key.public))))
    assert outcome(report, "credentials") == ("passed", "credentials_valid")
    assert outcome(report, "endorsements")[0] == "skipped"
    codes = [outcome(each.report, "proof")[1] for each in report.nested if each.role == "endorsement"]
    assert codes.count("canonicalization_too_costly") == MAX_COSTLY
    assert codes.count("documents_too_costly") == 3


def test_the_refresh_service_is_reported_as_data(check: Verify, unsigned: Json, sign: Sign) -> None:
    unsigned["@context"].append("https://purl.imsglobal.org/spec/ob/v3p0/extensions.json")
    service = {"id": "https://issuer.test/refresh/1", "type": "1EdTechCredentialRefresh"}
    report = check(sign({**unsigned, "refreshService": service}))
    assert report.summary is not None
    assert report.summary["refreshService"] == service
    assert report.verdict is Verdict.VALID


def test_hostile_values_inside_never_make_it_raise(check: Verify, shown: Verify, unsigned: Json, sign: Sign) -> None:
    hostile: list[Any] = [None, 5, "x", "a.b.c", [], {}, [[]], {"type": [{}]}, {"type": "ClrCredential"}, {"id": []}]
    trusting = {"trusted_issuers": lambda _: TrustAnswer(Trust.TRUSTED)}
    for value in hostile:
        for document in (
            {**unsigned, "endorsement": value},
            {**unsigned, "endorsement": [value]},
            {**unsigned, "issuer": {"endorsementJwt": [value], "parentOrg": value}},
            {**unsigned, "type": ["ClrCredential"], "credentialSubject": {"verifiableCredential": [value]}},
            {**unsigned, "verifiableCredential": value, "holder": value},
            {**unsigned, "credentialSchema": [value], "refreshService": value},
        ):
            assert check(document, **trusting).verdict is not Verdict.VALID
            assert shown(document, **trusting).verdict is not Verdict.VALID
            needs(document, nested=True)
