"""The VC-API: any credential of the data model, secured as asked for; 201 or 200, and 400 for whatever is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from credential_core import jose
from issuer.core.credentials.securing import Form
from service_kit.clock import utc_now
from service_kit.ids import new_id
from tests.issuer.vc_api import ENTRY, KEYS, V1, V2, Json, credential, holds, issued, keys_of, post
from tests.issuer.world import ORG, OTHER_ORG, World, fields

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

PROOFS = [form for form in Form if form not in (Form.JWT, Form.OPEN_BADGES_JWT, Form.ECDSA_SD)]


@pytest.mark.parametrize("form", PROOFS)
async def test_each_cryptosuite_secures_what_was_handed_in(world: World, form: Form) -> None:
    did = (await world.issuer(keys=KEYS))["id"]
    document = credential(did)
    signed = await issued(world, document, form=form)
    made = await holds(world, signed)
    assert (made["cryptosuite"], made["proofPurpose"]) == (form, "assertionMethod")
    assert {name: value for name, value in signed.items() if name != "proof"} == document


@pytest.mark.parametrize(
    ("algorithm", "suite"),
    [("Ed25519", "eddsa-rdfc-2022"), ("P-256", "ecdsa-rdfc-2019"), ("P-384", "ecdsa-rdfc-2019")],
)
async def test_without_a_suite_in_the_path_the_issuers_key_decides(world: World, algorithm: str, suite: str) -> None:
    did = (await world.issuer(keys=[algorithm], method="key"))["id"]
    made = await holds(world, await issued(world, credential(did)))
    assert made["cryptosuite"] == suite


async def test_the_kind_of_key_may_be_asked_for(world: World) -> None:
    did = (await world.issuer(keys=KEYS))["id"]
    for algorithm in ("P-256", "P-384"):
        body = {"credential": credential(did)}
        answer = await post(world, f"/ecdsa-jcs-2019/credentials/issue?keyType={algorithm}", body)
        made = await holds(world, answer.json()["verifiableCredential"])
        assert (await keys_of(world, made["verificationMethod"])).algorithm == algorithm


async def test_the_options_stand_in_the_proof(world: World) -> None:
    did = (await world.issuer())["id"]
    options: Json = {"created": "2026-02-03T04:05:06Z", "challenge": "c-1", "domain": ["a.example", "b.example"]}
    made = await holds(world, await issued(world, credential(did), **options))
    assert {name: made[name] for name in options} == options


async def test_selective_disclosure_from_issuing_to_showing(world: World) -> None:
    did = (await world.issuer(keys=KEYS))["id"]
    base = await issued(world, credential(did), form="ecdsa-sd-2023", mandatoryPointers=["/issuer"])
    body = {"verifiableCredential": base, "options": {"selectivePointers": ["/credentialSubject/name"]}}
    answer = await post(world, "/credentials/derive", body)
    shown = answer.json()["verifiableCredential"]
    await holds(world, shown)
    assert answer.status_code == 201
    assert (shown["credentialSubject"]["name"], shown["issuer"]) == ("Ada", did)
    assert "validFrom" not in shown


@pytest.mark.parametrize("pointers", [None, [], ["/issuer"]])
async def test_a_holder_shows_what_ends_a_credential(world: World, pointers: list[str] | None) -> None:
    """Left out, a revoked or expired credential would be one that holds."""
    did = (await world.issuer(keys=KEYS))["id"]
    status = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": "7"}
    status["statusListCredential"] = "https://lists.example/1"
    options: Json = {} if pointers is None else {"mandatoryPointers": pointers}
    document = credential(did, credentialStatus=status, validUntil="2099-01-01T00:00:00Z")
    base = await issued(world, document, form="ecdsa-sd-2023", **options)
    body = {"verifiableCredential": base, "options": {"selectivePointers": ["/credentialSubject/name", "/issuer"]}}
    shown = (await post(world, "/credentials/derive", body)).json()["verifiableCredential"]
    assert (shown["credentialStatus"], shown["validUntil"]) == (status, document["validUntil"])
    assert ("validFrom" in shown) is (pointers is None)


async def test_an_enveloped_credential(world: World) -> None:
    did = (await world.issuer(keys=KEYS))["id"]
    document = credential(did)
    made = await issued(world, document, form="vc-jwt")
    assert made["type"] in ("EnvelopedVerifiableCredential", ["EnvelopedVerifiableCredential"])
    read = jose.read(made["id"].removeprefix("data:application/vc+jwt,"))
    header = read.envelope.jws.header
    read.envelope.jws.verify(await keys_of(world, header["kid"]))
    assert (header["typ"], header["alg"]) == ("vc+jwt", "ES256")
    assert {name: read[name] for name in document} == document


async def test_a_second_proof_stands_beside_the_first(world: World) -> None:
    did = (await world.issuer(keys=KEYS))["id"]
    once = await issued(world, credential(did))
    twice = await issued(world, once, form="ecdsa-rdfc-2019")
    assert [made["cryptosuite"] for made in twice["proof"]] == ["eddsa-rdfc-2022", "ecdsa-rdfc-2019"]
    await holds(world, twice)


async def test_a_credential_of_the_first_data_model(world: World) -> None:
    did = (await world.issuer())["id"]
    document = credential(did, **{"@context": [V1]})
    del document["validFrom"], document["credentialSubject"]["name"]
    document["issuanceDate"] = "2026-01-01T00:00:00Z"
    for form in ("eddsa-rdfc-2022", "eddsa-jcs-2022"):
        signed = await issued(world, document, form=form)
        await holds(world, signed)
        assert signed["@context"] == [V1, "https://w3id.org/security/data-integrity/v2"]


MALFORMED: Mapping[str, Json] = {
    "of no list": {"statusListCredential": None},
    "of a list without a URL": {"statusListCredential": "one"},
    "with the id of its list": {"id": "https://a.example/1"},
    "without a purpose": {"statusPurpose": None},
    "with two purposes": {"statusPurpose": ["revocation", "suspension"]},
    "in base 16": {"statusListIndex": "0x7"},
    "below zero": {"statusListIndex": "-7"},
    "of no bits": {"statusSize": 0},
    "of two bits without messages": {"statusSize": 2},
}
WRONG: Mapping[str, Any] = {
    "no body": None,
    "a list": [],
    "no credential": {},
    "a credential as text": {"credential": "{}"},
    "options as text": {"options": "none"},
    "an option that is none": {"options": {"expires": "2030-01-01T00:00:00Z"}},
    "a date without an offset": {"options": {"created": "2026-01-01T00:00:00"}},
    "a challenge that is no text": {"options": {"challenge": 7}},
    "a domain that is no text": {"options": {"domain": [7]}},
    "no domains": {"options": {"domain": []}},
    "pointers for another suite": {"options": {"mandatoryPointers": ["/issuer"]}},
    "pointers as text": {"options": {"mandatoryPointers": "/issuer"}},
    "a long name": {"options": {"credentialId": "x" * 501}},
    "somebody else's DID": {"issuer": "did:example:somebody"},
    "no issuer": {"issuer": None},
    "no type": {"type": []},
    "no subject": {"credentialSubject": {}},
    "no context": {"@context": []},
    "an unknown context": {"@context": [V2, "https://unknown.example/v1"]},
    "a term without a meaning": {"unmapped": "x"},
    "a subject with a term without a meaning": {"credentialSubject": {"id": "did:example:a", "unmapped": "x"}},
    "a date that is none": {"validFrom": "yesterday"},
    "an end before the beginning": {"validUntil": "2025-01-01T00:00:00Z"},
    "a relative id": {"id": "one"},
    "a status without a type": {"credentialStatus": {"id": "https://a.example/1"}},
    "a status index that is a number": {"credentialStatus": ENTRY | {"statusListIndex": 7}},
    "a malformed status in another place": {
        "@context": [V2, "https://www.w3.org/ns/credentials/examples/v2"],
        "statusEntry": {**ENTRY, "statusListIndex": True},
    },
    **{f"a status: {name}": {"credentialStatus": {**ENTRY, **change}} for name, change in MALFORMED.items()},
    "a related resource with a wrong digest": {
        "relatedResource": [{"id": V2, "digestMultibase": "uAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]
    },
}


@pytest.mark.parametrize("form", ["", "/eddsa-jcs-2022"])
@pytest.mark.parametrize("name", WRONG)
async def test_whatever_is_wrong_is_a_400_and_leaves_nothing(world: World, name: str, form: str) -> None:
    did = (await world.issuer())["id"]
    wrong = WRONG[name]
    whole = not isinstance(wrong, dict) or not wrong or wrong.keys() & {"credential", "options"}
    body = wrong if whole else {"credential": {k: v for k, v in credential(did, **wrong).items() if v is not None}}
    if isinstance(body, dict) and "options" in body:
        body = {"credential": credential(did)} | body
    answer = await post(world, f"{form}/credentials/issue", body)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert await world.count("any_credentials") == 0


async def test_what_is_wrong_is_named(world: World) -> None:
    did = (await world.issuer())["id"]
    answer = await post(world, "/credentials/issue", {"credential": credential(did, validFrom="yesterday")})
    assert fields(answer) == ["credential.validFrom"]


@pytest.mark.parametrize("path", ["/ecdsa-rdfc-2019", "/bbs-2023", "/vc-jwt"])
async def test_a_way_that_the_issuer_has_no_key_for(world: World, path: str) -> None:
    did = (await world.issuer(keys=["Ed25519"], method="key"))["id"]
    answer = await post(world, f"{path}/credentials/issue", {"credential": credential(did)})
    assert answer.status_code == (201 if path == "/vc-jwt" else 400)


async def test_an_inactive_issuer_issues_nothing(world: World) -> None:
    issuer = await world.issuer()
    await world.send("PATCH", f"/issuers/{issuer['slug']}", {"active": False})
    answer = await post(world, "/credentials/issue", {"credential": credential(issuer["id"])})
    assert (answer.status_code, fields(answer)) == (400, ["credential.issuer"])


async def test_a_repeated_key_gives_the_same_credential(world: World) -> None:
    did = (await world.issuer(keys=KEYS))["id"]
    body = {"credential": credential(did), "options": {"mandatoryPointers": ["/issuer"]}}
    once, again = [
        await post(world, "/ecdsa-sd-2023/credentials/issue", body, Idempotency_Key="once") for _ in range(2)
    ]
    assert (once.status_code, once.content) == (again.status_code, again.content)
    assert await world.count("any_credentials") == 1


class TestNames:
    """`options.credentialId`: one credential goes by it, however often it is ordered."""

    async def order(self, world: World, document: Json, path: str = "/ecdsa-sd-2023", **headers: str) -> httpx.Response:
        body = {"credential": document, "options": {"credentialId": "enrolment-4711"}}
        return await post(world, f"{path}/credentials/issue", body, **headers)

    async def test_the_same_order_again_gives_the_same_credential(self, world: World) -> None:
        document = credential((await world.issuer(keys=KEYS))["id"])
        answers = [await self.order(world, document) for _ in range(3)]
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert await world.count("any_credentials") == 1

    async def test_of_many_at_once_one_is_issued(self, world: World) -> None:
        document = credential((await world.issuer(keys=KEYS))["id"])
        answers = await asyncio.gather(*(self.order(world, document) for _ in range(6)))
        assert len({answer.content for answer in answers}) == 1
        assert await world.count("any_credentials") == 1

    async def test_another_order_by_the_name_is_refused(self, world: World) -> None:
        did = (await world.issuer(keys=KEYS))["id"]
        document = credential(did)
        assert (await self.order(world, document)).status_code == 201
        others = [
            await self.order(world, {**document, "validUntil": "2030-01-01T00:00:00Z"}),
            await self.order(world, document, "/ecdsa-rdfc-2019"),
            await self.order(world, document, ""),
            await self.order(world, document, "/ecdsa-rdfc-2019", Idempotency_Key="other"),
        ]
        assert [(answer.status_code, fields(answer)) for answer in others] == [(400, ["options.credentialId"])] * 4
        assert await world.count("any_credentials") == 1

    async def test_an_order_that_failed_leaves_the_name_free(self, world: World) -> None:
        document = credential((await world.issuer(keys=KEYS))["id"])
        assert (await self.order(world, {**document, "unmapped": 1})).status_code == 400
        assert (await self.order(world, document)).status_code == 201

    async def test_it_is_the_organizations_own(self, world: World) -> None:
        document = credential((await world.issuer(keys=KEYS))["id"])
        assert (await self.order(world, document)).status_code == 201
        other = credential((await world.issuer(OTHER_ORG, keys=KEYS))["id"])
        body = {"credential": other, "options": {"credentialId": "enrolment-4711"}}
        assert (await post(world, "/ecdsa-sd-2023/credentials/issue", body, org=OTHER_ORG)).status_code == 201


async def test_another_university_cannot_issue_by_an_issuer_that_is_not_its_own(world: World) -> None:
    did = (await world.issuer())["id"]
    await world.issuer(OTHER_ORG)
    answer = await post(world, "/credentials/issue", {"credential": credential(did)}, org=OTHER_ORG)
    assert (answer.status_code, fields(answer)) == (400, ["credential.issuer"])


async def test_under_the_address_of_a_credential_its_own_organization_signs_alone(world: World) -> None:
    """Whoever follows the id reads who issued what is there: it must not be somebody else's."""
    ours, theirs = (await world.issuer())["id"], (await world.issuer(OTHER_ORG))["id"]
    address = str((await world.issue(await world.achievement()))["id"])
    nobodys = f"{address.rpartition('/')[0]}/{new_id()}"
    for did, org, identifier in (
        (theirs, OTHER_ORG, address),
        (theirs, OTHER_ORG, nobodys),
        (theirs, OTHER_ORG, f"{address}/x"),
        (theirs, OTHER_ORG, address.replace("/credentials/", "/records/")),
        (theirs, OTHER_ORG, address.replace("/credentials/", "/./%63redentials/")),
        (ours, ORG, nobodys),
    ):
        answer = await post(world, "/credentials/issue", {"credential": credential(did, id=identifier)}, org=org)
        assert (answer.status_code, fields(answer)) == (400, ["credential.id"]), identifier
    assert (await issued(world, credential(ours, id=address)))["id"] == address


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"verifiableCredential": {}},
        {"verifiableCredential": "x"},
        {"verifiableCredential": {}, "options": {"selectivePointers": "x"}},
    ],
)
async def test_what_cannot_be_derived_from(world: World, body: Json) -> None:
    assert (await post(world, "/credentials/derive", body)).status_code == 400


async def test_a_pointer_that_leads_nowhere(world: World) -> None:
    did = (await world.issuer(keys=KEYS))["id"]
    base = await issued(world, credential(did), form="ecdsa-sd-2023", mandatoryPointers=[])
    for pointers in ([], ["/nothing"], ["issuer"]):
        body = {"verifiableCredential": base, "options": {"selectivePointers": pointers}}
        assert (await post(world, "/credentials/derive", body)).status_code == 400
    wrong = {"credential": credential(did), "options": {"mandatoryPointers": ["/nothing"]}}
    assert (await post(world, "/ecdsa-sd-2023/credentials/issue", wrong)).status_code == 400


@pytest.mark.parametrize("algorithm", ["RS256", "P-256", "P-384", "Ed25519"])
async def test_the_vc_jwt_of_open_badges(world: World, algorithm: str) -> None:
    did = (await world.issuer(keys=list(dict.fromkeys(["Ed25519", algorithm]))))["id"]
    document = credential(did, validUntil="2099-01-01T00:00:00Z")
    answer = await post(world, f"/ob-vc-jwt/credentials/issue?keyType={algorithm}", {"credential": document})
    token = jose.read(answer.json()["verifiableCredential"])
    jws = token.envelope.jws
    assert (answer.status_code, token.envelope.profile, dict(token)) == (201, jose.Profile.OPEN_BADGES, document)
    assert (jws.claims["iss"], jws.claims["jti"], jws.claims["sub"]) == (did, document["id"], "did:example:subject")
    (published,) = await world.events("issuer.published.v1")
    resolve = {did: published.did_document}
    expected = jose.Expected(signer=did, purpose="assertionMethod", now=utc_now())
    jose.verify_enveloped(token, expected, lambda name: resolve[name])


async def test_an_rsa_key_is_published_as_jwk_and_signs_where_it_is_asked_for(world: World) -> None:
    issuer = await world.issuer(keys=["RS256", "P-256"])
    (published,) = await world.events("issuer.published.v1")
    rsa, ec = published.did_document["verificationMethod"]
    assert (rsa["type"], rsa["publicKeyJwk"]["kty"], ec["type"]) == ("JsonWebKey", "RSA", "Multikey")
    assert published.did_document["assertionMethod"] == [rsa["id"], ec["id"]]
    items = (await world.send("GET", f"/issuers/{issuer['slug']}/keys")).json()["items"]
    assert [(key["algorithm"], key["type"]) for key in items] == [("RS256", "JsonWebKey"), ("P-256", "Multikey")]
    assert items[0]["publicKeyJwk"] == rsa["publicKeyJwk"]
    signed = (await world.issue(await world.achievement()))["credential"]
    assert signed["proof"]["verificationMethod"] == ec["id"]
    refused = await post(
        world, "/eddsa-jcs-2022/credentials/issue?keyType=RS256", {"credential": credential(issuer["id"])}
    )
    assert refused.status_code == 400


@pytest.mark.parametrize("lacking", ["id", "subject"])
async def test_a_vc_jwt_of_open_badges_takes_names_for_its_claims(world: World, lacking: str) -> None:
    did = (await world.issuer())["id"]
    document = credential(did)
    if lacking == "id":
        del document["id"]
    else:
        document["credentialSubject"] = {"name": "Ada"}
    answer = await post(world, "/ob-vc-jwt/credentials/issue", {"credential": document})
    assert (answer.status_code, await world.count("any_credentials")) == (400, 0)
