"""private_key_jwt (RFC 7523): what a good assertion is, and that it is good once."""

import asyncio
from typing import Any

import pytest
import pytest_asyncio
from joserfc.jwk import ECKey, Key

from gateway.adapters.housekeeping import sweep
from service_kit.ids import new_id
from tests.gateway.harness import BASE, Gateway
from tests.gateway.signing import EC, ED, RSA, STRANGER, Signer, register_signer, signed

pytestmark = [pytest.mark.db, pytest.mark.asyncio]


@pytest_asyncio.fixture
async def signer(gateway: Gateway) -> Signer:
    return await register_signer(gateway)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(EC, "ES256"), (ED, "EdDSA"), (ED, "Ed25519"), (RSA, "RS256"), (RSA, "PS256")],
)
async def test_each_registered_kind_of_key_signs(signer: Signer, key: Key, algorithm: str) -> None:
    answer = await signer.send(signed(signer.claims(), key, alg=algorithm))
    assert answer.status_code == 200, answer.text
    assert answer.json()["scope"] == "credentials:issue"


@pytest.mark.parametrize("audience", [BASE, [BASE]])
async def test_the_issuer_is_the_good_audience(signer: Signer, audience: Any) -> None:
    answer = await signer.send(signed(signer.claims(aud=audience)))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("kind", [None, "JWT", "client-authentication+jwt"])
async def test_the_type_of_an_assertion_may_be_named(signer: Signer, kind: str | None) -> None:
    answer = await signer.send(signed(signer.claims(), typ=kind), client_id=signer.client_id)
    assert answer.status_code == 200, answer.text


async def test_an_assertion_is_good_once(signer: Signer) -> None:
    assertion = signed(signer.claims())
    assert (await signer.send(assertion)).status_code == 200
    again = await signer.send(assertion)
    assert again.status_code == 401
    assert "jti" in again.json()["error_description"]


async def test_a_jti_is_used_up_by_a_request_that_was_refused(signer: Signer) -> None:
    assertion = signed(signer.claims())
    assert (await signer.send(assertion, scope="nope")).json()["error"] == "invalid_scope"
    assert (await signer.send(assertion)).status_code == 401


async def test_a_jti_is_remembered_until_the_end_of_its_assertion(signer: Signer) -> None:
    jti = new_id()
    assert (await signer.send(signed(signer.claims(jti=jti)))).status_code == 200
    signer.gateway.clock.forward(seconds=50)
    assert (await signer.send(signed(signer.claims(jti=jti)))).status_code == 401


async def test_of_simultaneous_uses_one_is_accepted(signer: Signer) -> None:
    assertion = signed(signer.claims())
    answers = await asyncio.gather(*(signer.send(assertion) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401, 401]


@pytest.mark.parametrize(
    ("said", "key", "alg", "status"),
    [
        ("PS256", RSA, "PS256", 200),
        ("PS256", RSA, "RS256", 401),
        ("PS256", EC, "ES256", 401),
        ("ES256", EC, "ES256", 200),
        ("EdDSA", ED, "Ed25519", 200),
        ("Ed25519", ED, "EdDSA", 200),
        ("EdDSA", EC, "ES256", 401),
        (None, RSA, "RS256", 200),
    ],
)
async def test_a_client_signs_by_what_it_registered(
    gateway: Gateway, said: str | None, key: Key, alg: str, status: int
) -> None:
    """OpenID Connect Registration §2, `token_endpoint_auth_signing_alg`."""
    asked = {
        "grant_types": ["client_credentials"],
        "scope": "credentials:issue",
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": {"keys": [one.as_dict(private=False) for one in (EC, ED, RSA)]},
    } | ({"token_endpoint_auth_signing_alg": said} if said else {})
    headers = await gateway.headers(await gateway.member("lakeside"))
    made = (await gateway.http.post("/oauth/register", json=asked, headers=headers)).json()
    assert made.get("token_endpoint_auth_signing_alg") == said
    mine = Signer(gateway, made["client_id"], "")
    assert (await mine.send(signed(mine.claims(), key, alg=alg))).status_code == status


async def test_an_assertion_for_an_hour_is_good_once_within_it(signer: Signer) -> None:
    """As clients make them that were told nothing else."""
    assertion = signed(signer.claims(exp=int(signer.gateway.clock.now.timestamp()) + 3600))
    assert (await signer.send(assertion)).status_code == 200
    signer.gateway.clock.forward(minutes=59)
    await sweep(signer.gateway.database, signer.gateway.clock)
    assert (await signer.send(assertion)).status_code == 401


async def test_two_clients_may_use_the_same_jti(signer: Signer) -> None:
    jti = new_id()
    assert (await signer.send(signed(signer.claims(jti=jti)))).status_code == 200
    other = signer.claims(iss=signer.other_id, sub=signer.other_id, jti=jti)
    assert (await signer.send(signed(other, STRANGER))).status_code == 200


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_assertion_type": "urn:other"}, 401, "invalid_client"),
        ({"client_assertion_type": ""}, 401, "invalid_client"),
        ({"client_assertion": ""}, 401, "invalid_client"),
        ({"client_id": "client-lakeside"}, 400, "invalid_request"),
        ({"client_secret": "x"}, 400, "invalid_request"),
    ],
)
async def test_an_assertion_stands_alone_and_complete(
    signer: Signer, form: dict[str, str], status: int, error: str
) -> None:
    answer = await signer.send(signed(signer.claims()), **form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_a_client_that_signs_has_no_secret(signer: Signer) -> None:
    answer = await signer.gateway.ask({}, auth=(signer.client_id, ""))
    assert answer.status_code == 401
    member = await signer.gateway.member("lakeside")
    rotation = await signer.gateway.http.post(
        f"/clients/{signer.client_id}/secret", headers=await signer.gateway.headers(member)
    )
    assert rotation.status_code == 409


async def test_keys_are_replaced_by_patching_the_client(signer: Signer) -> None:
    fresh = ECKey.generate_key("P-256", {"kid": "fresh"})
    member = await signer.gateway.member("lakeside")
    answer = await signer.gateway.http.patch(
        f"/clients/{signer.client_id}",
        headers=await signer.gateway.headers(member),
        json={"jwks": {"keys": [fresh.as_dict(private=False)]}},
    )
    assert answer.status_code == 200, answer.text
    assert (await signer.send(signed(signer.claims(), fresh))).status_code == 200
    assert (await signer.send(signed(signer.claims(), fresh, kid=None))).status_code == 200
    assert (await signer.send(signed(signer.claims(), EC))).status_code == 401
