"""SD-JWT VCs: a verdict with reasons as for any credential, at /verifications and at the VC-API."""

from __future__ import annotations

import hashlib
import itertools
import zlib
from datetime import timedelta
from typing import Any

import httpx
import pytest

from credential_core import cbor, did, jose, sdjwt, token_status_list
from credential_core.jose.jws import Jws
from credential_core.jwk import to_jwk
from credential_core.keys import SigningKey
from credential_core.verify import Failure
from service_kit.clock import utc_now
from tests.verifier.conftest import Verify, Web
from tests.verifier.world import NOW, codes, of_the_fleet, outcomes

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

Json = dict[str, Any]
KEY, HOLDER, OTHER = (SigningKey.from_seed(bytes(range(start, start + 32)), "P-256") for start in (1, 2, 3))
ISSUER = "https://issuer.test/schools"
METADATA = "https://issuer.test/.well-known/jwt-vc-issuer/schools"
LIST = "https://issuer.test/lists/1"
CHECKS = ["parse", "schema", "proof", "issuer_trust", "status", "validity_period"]


def issued(*, shown: tuple[str, ...] = ("/given_name",), binding: sdjwt.Binding | None = None, **changes: Any) -> str:
    claims: Json = {
        "iss": ISSUER,
        "vct": "https://issuer.test/types/degree",
        "exp": int((NOW + timedelta(days=1)).timestamp()),
        "given_name": "Ada",
        "birthdate": "1815-12-10",
        "status": {"status_list": {"idx": 3, "uri": LIST}},
    } | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    salts = (hashlib.sha256(number.to_bytes(4)).digest() for number in itertools.count())
    whole = sdjwt.issue(claims, KEY, disclosable=["/given_name", "/birthdate"], salts=salts, holder=HOLDER.public)
    return sdjwt.present(whole, list(shown), binding)


def bound_by_another() -> str:
    """What no holder's program would make: the binding of somebody else's key."""
    whole = issued(binding=bound())
    claims = Jws.parse(whole.rpartition("~")[2]).claims
    return whole.rpartition("~")[0] + "~" + jose.sign({"typ": "kb+jwt"}, claims, OTHER)


def bound(**changes: Any) -> sdjwt.Binding:
    members: Json = {"key": HOLDER, "audience": "v.example", "nonce": "n-1", "issued": NOW} | changes
    return sdjwt.Binding(**members)


def status_list(*, key: SigningKey = KEY, values: dict[int, int] | None = None, **changes: Any) -> Json:
    claims: Json = {"sub": LIST, "iat": int((NOW - timedelta(hours=1)).timestamp()), "ttl": 300} | changes
    claims["status_list"] = token_status_list.encode(values or {}, length=64, bits=2)
    return {"token": jose.sign({"typ": "statuslist+jwt"}, claims, key), "ttl": 300}


def status_list_cwt(*, key: SigningKey = KEY, bits: int = 0, kid: bytes | None = None, **changes: Any) -> Json:
    """The same as a CWT."""
    labels = {"iss": 1, "sub": 2, "iat": 6, "ttl": 65534}
    claims: Json = {"sub": LIST, "iat": int((NOW - timedelta(hours=1)).timestamp()), "ttl": 300} | changes
    held = {"bits": 2, "lst": zlib.compress(bytes([bits]) * 16)}
    payload = cbor.encode({**{labels[name]: value for name, value in claims.items()}, 65533: held})
    protected = cbor.encode({1: -7, 16: "application/statuslist+cwt"})
    signature = key.sign(cbor.encode(["Signature1", protected, b"", payload]))
    unprotected: dict[int, Any] = {} if kid is None else {4: kid}
    return {"token": b"\xd2" + cbor.encode([protected, unprotected, payload, signature]), "ttl": 300}


@pytest.fixture(autouse=True)
def published(web: Web) -> None:
    """What the issuer has on its site."""
    web.documents[METADATA] = {"issuer": ISSUER, "jwks": {"keys": [to_jwk(KEY.public)]}}
    web.documents[LIST] = status_list()


async def accept(client: httpx.AsyncClient, issuer: str = ISSUER) -> None:
    answer = await client.put(f"/verifications/trusted-issuers/{issuer.replace('/', '%2F')}")
    assert answer.status_code == 200, answer.text


async def test_one_in_good_standing(client: httpx.AsyncClient, verify: Verify, web: Web) -> None:
    await accept(client)
    answer = await verify(issued())
    assert answer["verdict"] == "valid", answer
    assert [check["check"] for check in answer["checks"]] == CHECKS
    assert answer["credential"] == {"type": "https://issuer.test/types/degree", "issuer": {"id": ISSUER}}
    assert {METADATA, LIST} <= set(web.asked)


async def test_nobody_vouches_for_the_issuer(verify: Verify) -> None:
    answer = await verify(issued())
    assert (answer["verdict"], codes(answer)["issuer_trust"]) == ("indeterminate", "issuer_unknown")
    assert (await verify(issued(), policy={"acceptUnknownIssuer": True}))["verdict"] == "valid"


@pytest.mark.parametrize(("value", "code"), [(1, "status_revoked"), (2, "status_suspended")])
async def test_one_that_is_revoked_or_suspended(verify: Verify, web: Web, value: int, code: str) -> None:
    web.documents[LIST] = status_list(values={3: value})
    answer = await verify(issued())
    assert (answer["verdict"], codes(answer)["status"]) == ("invalid", code)


@pytest.mark.parametrize(("bits", "code"), [(0, "status_clear"), (0x40, "status_revoked"), (0x80, "status_suspended")])
async def test_its_list_may_be_a_cwt(verify: Verify, web: Web, bits: int, code: str) -> None:
    web.documents[METADATA] = {"issuer": ISSUER, "jwks": {"keys": [to_jwk(KEY.public) | {"kid": "key-1"}]}}
    verdict = "valid" if bits == 0 else "invalid"
    for kid in (None, b"key-1"):
        web.documents[LIST] = status_list_cwt(bits=bits, kid=kid)
        answer = await verify(issued(), policy={"acceptUnknownIssuer": True})
        assert (answer["verdict"], codes(answer)["status"]) == (verdict, code)


@pytest.mark.parametrize(
    "held",
    [
        status_list_cwt(key=OTHER),
        status_list_cwt(sub="https://issuer.test/lists/2"),
        status_list_cwt(iss="https://other.test"),
        status_list_cwt(kid=b"another"),
        status_list_cwt(kid=b"\xff"),
        {"token": b"\xd2\x00", "ttl": None},
        Failure("unreachable", "it cannot be read"),
        status_list(key=OTHER),
        status_list(sub="https://issuer.test/lists/2"),
        status_list(iss="https://other.test"),
        status_list(exp=int((NOW - timedelta(minutes=1)).timestamp())),
        {"token": "a.b.c", "ttl": None},
        {},
    ],
)
async def test_a_list_that_cannot_be_believed_leaves_it_open(verify: Verify, web: Web, held: Any) -> None:
    web.documents[LIST] = held
    answer = await verify(issued(), policy={"acceptUnknownIssuer": True})
    assert (answer["verdict"], codes(answer)["status"]) == ("indeterminate", "status_list_unavailable")


@pytest.mark.parametrize(
    ("text", "check"),
    [
        (issued(exp=int((NOW - timedelta(days=1)).timestamp())), "validity_period"),
        (jose.sign({"typ": "dc+sd-jwt"}, {"iss": ISSUER}, KEY) + "~", "schema"),
        (issued()[:-12] + "AAAA" + issued()[-8:], "parse"),
        (issued(binding=bound()), "holder_binding"),  # meant for somebody else
        (issued(iss=did.did_key(OTHER.public)), "proof"),
        (issued(iss="https://other.test"), "proof"),
        (issued(iss=None), "proof"),
    ],
)
async def test_one_that_does_not_hold(verify: Verify, text: str, check: str) -> None:
    answer = await verify(text, policy={"acceptUnknownIssuer": True})
    assert answer["verdict"] in ("invalid", "indeterminate")
    assert outcomes(answer)[check] in ("failed", "unknown"), answer


async def test_an_issuer_by_did_key_needs_no_site(verify: Verify, web: Web) -> None:
    answer = await verify(issued(iss=did.did_key(KEY.public), status=None), policy={"acceptUnknownIssuer": True})
    assert answer["verdict"] == "valid", answer
    assert not web.asked


async def test_the_fleets_addresses_are_asked_of_the_fleet_alone(verify: Verify, web: Web) -> None:
    answer = await verify(issued(iss=of_the_fleet("harbor").identifier))
    assert outcomes(answer)["proof"] in ("failed", "unknown")
    assert web.asked == [LIST]


async def test_the_history_knows_it_again_whatever_it_shows(client: httpx.AsyncClient, verify: Verify) -> None:
    answers = [await verify(issued(shown=shown)) for shown in ((), ("/given_name",), ("/birthdate",))]
    kept = [(await client.get(f"/verifications/{answer['id']}")).json() for answer in answers]
    assert len({each["inputDigest"] for each in kept}) == 1
    assert {each["issuerId"] for each in kept} == {ISSUER}
    assert not any("Ada" in str(each) or "1815" in str(each) for each in [*kept, *answers])


class TestVcApi:
    async def check(self, client: httpx.AsyncClient, text: str, **options: Any) -> httpx.Response:
        return await client.post("/vc/credentials/verify", json={"verifiableCredential": text, "options": options})

    async def test_it_is_verified(self, client: httpx.AsyncClient) -> None:
        answer = await self.check(client, issued(), returnCredential=True)
        assert (answer.status_code, answer.json()["errors"]) == (200, [])
        assert answer.json()["credential"] == issued()

    async def test_and_bound_to_an_occasion(self, client: httpx.AsyncClient) -> None:
        asked = {"domain": "v.example", "challenge": "n-1"}
        assert (await self.check(client, issued(binding=bound(issued=utc_now())), **asked)).status_code == 200
        wrong: list[tuple[str, Json]] = [
            (issued(), asked),
            (issued(binding=bound(issued=utc_now())), {}),
            (issued(binding=bound(issued=utc_now())), {"domain": "v.example"}),
            (issued(binding=bound(issued=utc_now())), {"challenge": "n-1"}),
            (issued(binding=bound(issued=utc_now())), {**asked, "domain": ["v.example", "w.example"]}),
            (issued(binding=bound(issued=utc_now())), {**asked, "challenge": "n-2"}),
            (bound_by_another(), asked),
            (issued(binding=bound(issued=NOW - timedelta(hours=1))), asked),
            (issued(), {"expectedProofPurpose": "authentication"}),
        ]
        for text, options in wrong:
            assert (await self.check(client, text, **options)).status_code == 400, options

    async def test_a_revoked_one_is_not(self, client: httpx.AsyncClient, web: Web) -> None:
        web.documents[LIST] = status_list(values={3: 1})
        answer = await self.check(client, issued())
        assert (answer.status_code, [error["title"] for error in answer.json()["errors"]]) == (400, ["status_revoked"])

    async def test_it_is_no_presentation(self, client: httpx.AsyncClient) -> None:
        body = {"verifiablePresentation": issued(binding=bound()), "options": {"challenge": "n-1"}}
        assert (await client.post("/vc/presentations/verify", json=body)).status_code == 400
