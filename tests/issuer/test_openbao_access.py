"""How an OpenBao server, a real one, lets the issuer in, and what for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey
from pydantic import ValidationError

from issuer.adapters.keys.transit import open_transit
from issuer.settings import OpenBaoSettings
from service_kit.clock import utc_now
from service_kit.errors import Unavailable
from service_kit.ids import new_id
from tests.issuer.openbao import OpenBao
from tests.issuer.world import Json

pytestmark = pytest.mark.asyncio


@pytest.fixture(scope="module")
def openbao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    server = OpenBao(tmp_path_factory.mktemp("openbao"))
    server.start()
    yield server
    server.process.stop()


async def test_an_approle_lets_in(openbao: OpenBao, tmp_path: Path) -> None:
    role, secret = tmp_path / "role", tmp_path / "secret"
    role.write_text(openbao.operate("GET", "auth/approle/role/issuer/role-id")["data"]["role_id"])
    secret.write_text(openbao.operate("POST", "auth/approle/role/issuer/secret-id")["data"]["secret_id"])
    by_role = OpenBaoSettings(address=openbao.address, role_id_file=role, secret_id_file=secret)
    name = f"laurel-{new_id()}"
    async with open_transit(by_role) as transit:
        assert transit is not None
        await transit.create(name, "ed25519")
        assert [len(one) for one in await transit.sign(name, [b"data", b"more"], None)] == [64, 64]
        await transit.delete(name)
        await transit.delete(name)
    secret.write_text("wrong")
    async with open_transit(by_role) as transit:
        assert transit is not None
        with pytest.raises(Unavailable):
            await transit.sign(name, [b"data"], None)


async def test_a_signed_token_lets_in_and_is_read_again(openbao: OpenBao, tmp_path: Path) -> None:
    """As a pod's service account token does: the same login, and the kubelet writes another before one ends."""
    signer = ec.generate_private_key(ec.SECP256R1())
    openbao.trust("kubernetes", signer.public_key())
    file = tmp_path / "jwt"
    file.write_text(pod_token(signer, "system:serviceaccount:laurel:issuer"))
    way = OpenBaoSettings(address=openbao.address, role="laurel-issuer", jwt_file=file)
    name = f"laurel-{new_id()}"
    async with open_transit(way) as transit:
        assert transit is not None
        await transit.create(name, "ed25519")
        assert [len(one) for one in await transit.sign(name, [b"data", b"more"], None)] == [64, 64]
        openbao.operate("POST", "sys/leases/revoke-prefix/auth/kubernetes", {"sync": True})
        file.write_text(pod_token(signer, "system:serviceaccount:laurel:issuer"))
        await transit.delete(name)
    file.write_text(pod_token(signer, "system:serviceaccount:laurel:catalog"))
    async with open_transit(way) as transit:
        assert transit is not None
        with pytest.raises(Unavailable):
            await transit.sign(name, [b"data"], None)


def pod_token(key: ec.EllipticCurvePrivateKey, subject: str) -> str:
    now = int(utc_now().timestamp())
    claims = {"sub": subject, "aud": ["openbao"], "iat": now, "nbf": now, "exp": now + 600}
    return jwt.encode({"alg": "ES256"}, claims, ECKey.import_key(key))


async def test_the_policy_of_the_docs_allows_no_more(openbao: OpenBao, tmp_path: Path) -> None:
    openbao.operate("POST", "transit/keys/another", {"type": "ed25519"})
    (tmp_path / "token").write_text(openbao.token())
    async with open_transit(OpenBaoSettings(address=openbao.address, token_file=tmp_path / "token")) as transit:
        assert transit is not None
        with pytest.raises(Unavailable):
            await transit.sign("another", [b"data"], None)


@pytest.mark.parametrize(
    "members",
    [
        {"address": "http://bao.example:8200", "token_file": "/t"},
        {"address": "ftp://localhost", "token_file": "/t"},
        {"address": "https://bao.example"},
        {"address": "https://bao.example", "token_file": "/t", "role_id_file": "/r", "secret_id_file": "/s"},
        {"address": "https://bao.example", "token_file": "/t", "role_id_file": "/r"},
        {"address": "https://bao.example", "role_id_file": "/r"},
        {"address": "https://bao.example", "role": "laurel-issuer"},
        {"address": "https://bao.example", "role": "laurel-issuer", "jwt_file": "/j", "token_file": "/t"},
        {"address": "https://bao.example", "role_id_file": "/r", "secret_id_file": "/s", "jwt_file": "/j"},
        {"address": "https://bao.example", "token_file": "/t", "mount": "../sys"},
    ],
)
async def test_settings_that_lead_nowhere_or_over_an_open_wire_are_refused(members: Json) -> None:
    with pytest.raises(ValidationError):
        OpenBaoSettings(**members)
