"""The Python peers' sides: `python python_side.py pyld|openvc`, run by `benchmarks`, by itself, in any environment.

Reads lines of JSON on stdin: first the material, then {operation, seconds}; answers each with {operations, seconds} of
CPU time. It imports nothing of this repository, so that openvc-core can live in an environment of its own.
"""

import base64
import copy
import hashlib
import importlib.metadata
import json
import sys
import time
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]
Operations = dict[str, Callable[[], Any]]
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58(data: bytes) -> str:
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "z" + text


def pyld(material: Json) -> tuple[Operations, str, list[str]]:
    """PyLD's canonicalization and an Ed25519 signature: what a script of forty lines does."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from pyld import jsonld  # noqa: PLC0415

    def load(url: str, _options: object) -> Json:
        document = material["documents"][url]
        return {"contentType": None, "contextUrl": None, "documentUrl": url, "document": document}

    def digest(document: Json) -> bytes:
        options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": load}
        return hashlib.sha256(jsonld.normalize(document, options).encode()).digest()

    def data(document: Json, proof: Json) -> bytes:
        return digest({**proof, "@context": document["@context"]}) + digest(document)

    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(material["seed"]))
    public = key.public_key()
    unsigned, method, now = material["unsigned"], material["key"]["id"], material["now"]
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": now,
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }

    def issue() -> Json:
        value = base58(key.sign(data(unsigned, proof)))
        return {**copy.deepcopy(unsigned), "proof": {**proof, "proofValue": value}}

    signed = issue()
    value = signed["proof"]["proofValue"]
    signature = int(sum(ALPHABET.index(c) * 58**n for n, c in enumerate(reversed(value[1:])))).to_bytes(64, "big")
    return {"issue": issue, "verify": lambda: public.verify(signature, data(unsigned, proof))}, value, ["pyld"]


def openvc(material: Json) -> tuple[Operations, str, list[str]]:
    """openvc-core, which also checks that the JSON is what the signature covers."""
    from datetime import datetime  # noqa: PLC0415

    from openvc.keys import Ed25519SigningKey  # type: ignore[import-not-found]  # noqa: PLC0415  # its own environment
    from openvc.proof.data_integrity import (  # type: ignore[import-not-found]  # noqa: PLC0415
        DataIntegrityProofSuite,
    )

    def base64url(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    seed = bytes.fromhex(material["seed"])
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": base64url(public)}
    method = material["key"]["id"]
    key = Ed25519SigningKey.from_jwk({**jwk, "d": base64url(seed)}, method)
    suite = DataIntegrityProofSuite()
    now = datetime.fromisoformat(material["now"].replace("Z", "+00:00"))
    extra = {url: document for url, document in material["documents"].items() if "@context" in document}

    def issue() -> Json:
        signed: Json = suite.add_proof(
            material["unsigned"], signing_key=key, verification_method=method, created=now, extra_contexts=extra
        )
        return signed

    signed = issue()
    verify = lambda: suite.verify(signed, public_key_jwk=jwk, now=now, extra_contexts=extra)  # noqa: E731
    return {"issue": issue, "verify": verify}, signed["proof"]["proofValue"], ["openvc-core"]


def main() -> None:
    material = json.loads(sys.stdin.readline())
    operations, value, packages = {"pyld": pyld, "openvc": openvc}[sys.argv[1]](material)
    versions = {name: importlib.metadata.version(name) for name in [*packages, "cryptography"]}
    print(json.dumps({"proofValue": value, "versions": versions}), flush=True)
    for line in sys.stdin:
        task = json.loads(line)
        operation, count, began = operations[task["operation"]], 0, time.process_time()
        while not count or time.process_time() - began < task["seconds"]:
            operation()
            count += 1
        print(json.dumps({"operations": count, "seconds": time.process_time() - began}), flush=True)


if __name__ == "__main__":
    main()
