"""DPoP proofs (RFC 9449 §4.3, §7): what proves a key, what does not, and services that check bound tokens."""

import contextlib
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx
import pytest
import pytest_asyncio
from fastapi import Depends
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from service_kit.app import create_app, router
from service_kit.auth import Caller, Scope
from service_kit.dpop import DpopError, Replays, normal, read_proof
from service_kit.settings import Settings
from service_kit.testing import BASE_URL, TokenMint, asgi_client
from tests.proofs import KEY, OTHER, proof

NOW = 1_800_000_000.0
URL = f"{BASE_URL}/things/1"
ED = OKPKey.generate_key("Ed25519")


def read(text: str, token: str | None = None) -> str:
    return read_proof(text, "GET", [URL], NOW, token).key


@pytest.mark.parametrize(("key", "alg"), [(KEY, "ES256"), (ED, "EdDSA"), (ED, "Ed25519")])
def test_a_good_proof_names_its_key(key: Any, alg: str) -> None:
    assert read(proof("GET", URL, NOW, key=key, header={"alg": alg})) == key.thumbprint()


@pytest.mark.parametrize(
    "address",
    [
        "HTTP://LAUREL.test/things/1",
        "http://laurel.test:80/things/1",
        "http://laurel.test/%74hings/1",
        f"{URL}?x=1",
        f"{URL}#f",
    ],
)
def test_the_address_is_compared_normalised(address: str) -> None:
    assert read(proof("GET", address, NOW))


@pytest.mark.parametrize("changes", [{"iat": NOW - 60}, {"iat": NOW + 30}, {"exp": NOW + 1, "nbf": NOW - 1}])
def test_clocks_may_differ_a_little(changes: dict[str, Any]) -> None:
    assert read(proof("GET", URL, NOW, **changes))


CLAIMS: dict[str, dict[str, Any]] = {
    "no htm": {"htm": None},
    "another method": {"htm": "POST"},
    "the method in another case": {"htm": "get"},
    "no htu": {"htu": None},
    "another path": {"htu": f"{BASE_URL}/things/2"},
    "another host": {"htu": "http://evil.test/things/1"},
    "another scheme": {"htu": "https://laurel.test/things/1"},
    "another port": {"htu": "http://laurel.test:8080/things/1"},
    "a path below": {"htu": f"{URL}/"},
    "an address that is none": {"htu": "http://[::1/things"},
    "a number for an address": {"htu": 1},
    "no jti": {"jti": None},
    "an empty jti": {"jti": ""},
    "a long jti": {"jti": "x" * 256},
    "a number for a jti": {"jti": 7},
    "no iat": {"iat": None},
    "old": {"iat": NOW - 91},
    "from the future": {"iat": NOW + 31},
    "a text for iat": {"iat": str(NOW)},
    "true for iat": {"iat": True},
    "expired": {"exp": NOW - 31},
    "not yet": {"nbf": NOW + 31},
}
HEADERS: dict[str, dict[str, Any]] = {
    "no typ": {"typ": None},
    "another typ": {"typ": "JWT"},
    "typ in another case": {"typ": "DPoP+JWT"},
    "no jwk": {"jwk": None},
    "a jwk that is no object": {"jwk": "x"},
    "an empty jwk": {"jwk": {}},
    "the private key": {"jwk": KEY.as_dict(private=True)},
    "another key": {"jwk": OTHER.as_dict(private=False)},
    "a secret for a key": {"jwk": OctKey.generate_key(256).as_dict(private=True)},
    "another curve": {"jwk": ECKey.generate_key("P-384").as_dict(private=False)},
    "a key of RSA": {"jwk": RSAKey.generate_key(2048).as_dict(private=False)},
    "a point that is none": {"jwk": KEY.as_dict(private=False) | {"y": "AAAA"}},
    "critical extensions": {"crit": ["exp"], "exp": 1},
}


@pytest.mark.parametrize("name", CLAIMS)
def test_a_wrong_claim_proves_nothing(name: str) -> None:
    with pytest.raises(DpopError):
        read(proof("GET", URL, NOW, **CLAIMS[name]))


@pytest.mark.parametrize("name", HEADERS)
def test_a_wrong_header_proves_nothing(name: str) -> None:
    with pytest.raises(DpopError):
        read(proof("GET", URL, NOW, header=HEADERS[name]))


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "e30.e30.", "eyJhbGciOiJub25lIn0.e30.", "é", "x" * 10_000])
def test_no_proof_at_all(text: str) -> None:
    with pytest.raises(DpopError):
        read(text)


def test_no_signature_proves_nothing() -> None:
    header, claims, _ = proof("GET", URL, NOW).split(".")
    for signature in ("", "AAAA"):
        with pytest.raises(DpopError):
            read(f"{header}.{claims}.{signature}")


@given(st.text(max_size=60))
def test_any_text_ends_in_an_address_or_an_error(text: str) -> None:
    with contextlib.suppress(DpopError):
        assert isinstance(normal(text), str)


def test_the_token_is_part_of_it() -> None:
    good = proof("GET", URL, NOW, token="the token")
    assert read(good, "the token")
    for text in (good, proof("GET", URL, NOW), proof("GET", URL, NOW, ath=5)):
        with pytest.raises(DpopError):
            read(text, "another token")


def test_a_proof_is_new_once_and_forgotten_when_it_is_old() -> None:
    replays = Replays()
    first = read_proof(proof("GET", URL, NOW, jti="a"), "GET", [URL], NOW)
    second = read_proof(proof("GET", URL, NOW, jti="b"), "GET", [URL], NOW)
    other = read_proof(proof("GET", URL, NOW, jti="a", key=OTHER), "GET", [URL], NOW)
    assert [replays.is_new(one, NOW) for one in (first, second, other, first)] == [True, True, True, False]
    assert not replays.is_new(first, NOW + 119)
    assert not replays.is_new(first, NOW + 121)
    assert replays.is_new(first, NOW + 300)


@pytest_asyncio.fixture
async def service(mint: TokenMint) -> AsyncIterator[httpx.AsyncClient]:
    things = router()

    @things.get("/things/{thing}")
    async def get(
        thing: str, caller: Annotated[Caller, Depends(Scope("things:read"))], q: str = ""
    ) -> dict[str, str | None]:
        return {"key": caller.key}

    settings = Settings(environment="development", public_base_url=BASE_URL)
    async with asgi_client(create_app("things", settings, routers=[things], tokens=mint.verifier())) as client:
        yield client


def bound(mint: TokenMint, **claims: Any) -> str:
    return mint.token("lakeside", "things:read", **{"cnf": {"jkt": KEY.thumbprint()}} | claims)


async def ask(service: httpx.AsyncClient, token: str, *proofs: str, scheme: str = "DPoP") -> httpx.Response:
    headers = [("Authorization", f"{scheme} {token}"), *(("DPoP", one) for one in proofs)]
    return await service.get("/things/1?q=1", headers=headers)


@pytest.mark.asyncio
class TestAService:
    @pytest.mark.parametrize("scheme", ["DPoP", "dpop", "DPOP"])
    async def test_a_bound_token_with_a_proof_is_let_in(
        self, service: httpx.AsyncClient, mint: TokenMint, scheme: str
    ) -> None:
        token = bound(mint)
        answer = await ask(service, token, proof("GET", URL, time.time(), token=token), scheme=scheme)
        assert answer.json() == {"key": KEY.thumbprint()}

    async def test_the_head_of_it_is_proved_as_head(self, service: httpx.AsyncClient, mint: TokenMint) -> None:
        token = bound(mint)
        headers = {"Authorization": f"DPoP {token}", "DPoP": proof("HEAD", URL, time.time(), token=token)}
        assert (await service.head("/things/1", headers=headers)).status_code == 200

    async def test_as_a_bearer_token_it_is_refused(self, service: httpx.AsyncClient, mint: TokenMint) -> None:
        token = bound(mint)
        answer = await ask(service, token, proof("GET", URL, time.time(), token=token), scheme="Bearer")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith('Bearer realm="laurel", error="invalid_token"')

    async def test_a_bearer_token_is_not_made_better_by_a_proof(
        self, service: httpx.AsyncClient, mint: TokenMint
    ) -> None:
        token = mint.token("lakeside", "things:read")
        answer = await ask(service, token, proof("GET", URL, time.time(), token=token))
        assert answer.status_code == 401

    async def test_every_proof_that_does_not_fit_is_refused(self, service: httpx.AsyncClient, mint: TokenMint) -> None:
        token, now = bound(mint), time.time()
        good = proof("GET", URL, now, token=token)
        hostile = {
            "none": (),
            "two": (good, proof("GET", URL, now, token=token)),
            "of another key": (proof("GET", URL, now, token=token, key=OTHER),),
            "of another token": (proof("GET", URL, now, token=bound(mint)),),
            "of no token": (proof("GET", URL, now),),
            "of another method": (proof("POST", URL, now, token=token),),
            "of another address": (proof("GET", f"{BASE_URL}/things/2", now, token=token),),
        }
        answers = {name: await ask(service, token, *proofs) for name, proofs in hostile.items()}
        assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(hostile, 401)
        for answer in answers.values():
            assert answer.headers["www-authenticate"].startswith('DPoP realm="laurel", error="invalid_dpop_proof"')
        assert (await ask(service, token, good)).status_code == 200

    async def test_a_proof_counts_once(self, service: httpx.AsyncClient, mint: TokenMint) -> None:
        token = bound(mint)
        once = proof("GET", URL, time.time(), token=token)
        assert [(await ask(service, token, once)).status_code for _ in range(2)] == [200, 401]

    @pytest.mark.parametrize(
        "confirmation", ["x", {}, {"jkt": 1}, {"x5t#S256": "x"}, {"jkt": "x", "x5t#S256": "x"}, [], 0]
    )
    async def test_a_binding_of_another_kind_is_no_token(
        self, service: httpx.AsyncClient, mint: TokenMint, confirmation: Any
    ) -> None:
        assert (await ask(service, bound(mint, cnf=confirmation), scheme="Bearer")).status_code == 401
