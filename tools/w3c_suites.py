"""`python -m tools.w3c_suites > localConfig.cjs`: tell the W3C suites of the fleet that `make run` runs.

They look for the file at their root. It names an environment variable for the client's secret, and leaves the value in
var/demo.json. Lakeside gets the issuers it lacks for this: by did:key, the DID method that the suites resolve.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from pathlib import Path
from typing import Any

import httpx

from tools.seed import TIMEOUT_S, issuers

Json = dict[str, Any]
DEMO = Path(__file__).resolve().parents[1] / "var" / "demo.json"
SECRET = "LAUREL_CLIENT_SECRET"  # noqa: S105 - the name of a variable
NAME = "Laurel"
MODELS = ["1.1", "2.0"]
SECOND = MODELS[1:]  # envelopes and our statuses are of the second data model
ECDSA_KEYS = ["P-256", "P-384"]
EDDSA = ("eddsa-rdfc-2022", "eddsa-jcs-2022")
ECDSA = ("ecdsa-rdfc-2019", "ecdsa-jcs-2019")
SELECTIVE = "ecdsa-sd-2023"
# Whom the presentation that the suite of the data model shows in a JWT is for, and its nonce.
OCCASION = {"domain": "example.com", "challenge": "123456789"}
OTHER_TAGS = ("vc2.0", "vc-api", "EnvelopingProof", "BitstringStatusList")
WANTED: tuple[Json, ...] = (
    {"slug": "lakeside-ed25519", "method": "key", "keys": ["Ed25519"]},
    {"slug": "lakeside-p256", "method": "key", "keys": ["P-256"]},
    {"slug": "lakeside-p384", "method": "key", "keys": ["P-384"]},
    {"slug": "lakeside-status", "keys": ["Ed25519", "P-256", "P-384"], "policy": {"addsStatus": True}},
)


def config(demo: Json, dids: Json) -> Json:
    """What a suite's localConfig.cjs exports. `dids` are the issuers' by their slugs."""
    client = next(one for one in demo["organizations"] if one["slug"] == "lakeside")
    origin = demo["tls_base_url"]
    token = {"tokenEndpoint": f"{origin}/oauth/token", "tokenAudience": origin}
    oauth2 = {"clientId": client["client_id"], "clientSecret": SECRET, **token}
    endpoints: dict[str, list[Json]] = {
        "issuers": _issuers(f"{origin}/vc", dids),
        "vcHolders": [_holder(f"{origin}/vc/credentials/derive", dids["lakeside-p256"])],
        "verifiers": [_verifier(f"{origin}/vc/credentials/verify", [*EDDSA, *ECDSA, SELECTIVE, *OTHER_TAGS])],
        "vpVerifiers": [
            _verifier(f"{origin}/vc/presentations/verify", ["vc2.0", *EDDSA, *ECDSA]),
            _verifier(f"{origin}/vc/presentations/verify", ["EnvelopingProof"]) | {"options": OCCASION},
        ],
    }
    for endpoint in itertools.chain.from_iterable(endpoints.values()):
        # Some editions look for it here, with the scopes in it, and would call without a token.
        endpoint["oauth2"] = {**oauth2, "scopes": endpoint["scopes"]}
    # `only`: some editions of the suites leave out a local implementation without it.
    laurel = {"name": NAME, "implementation": NAME, "only": True, "oauth2": oauth2, **endpoints}
    return {"settings": {"enableInteropTests": True, "testAllImplementations": False}, "implementations": [laurel]}


def _issuers(at: str, dids: Json) -> list[Json]:
    by_key = {"Ed25519": dids["lakeside-ed25519"], "P-256": dids["lakeside-p256"], "P-384": dids["lakeside-p384"]}
    found = [_issuer(at, form, by_key["Ed25519"], [form]) for form in EDDSA]
    found[0]["tags"] += ["vc2.0", "vc-api"]
    for key in ECDSA_KEYS:
        found += [_issuer(at, form, by_key[key], [form], key) for form in ECDSA]
    found.append(_issuer(at, SELECTIVE, by_key["P-256"], [SELECTIVE], "P-256"))
    second = {"supports": {"vc": SECOND}}
    found.append(_issuer(at, "vc-jwt", by_key["Ed25519"], ["EnvelopingProof"]) | second)
    found.append(_issuer(at, "eddsa-rdfc-2022", dids["lakeside-status"], ["BitstringStatusList"]) | second)
    return found


def _issuer(at: str, form: str, did: str, tags: list[str], key: str | None = None) -> Json:
    made = {"id": did, "endpoint": f"{at}/{form}/credentials/issue", "tags": tags, "supports": {"vc": MODELS}}
    return made | {"scopes": ["credentials:issue-any"]} | ({"supportedEcdsaKeyTypes": [key]} if key else {})


def _holder(endpoint: str, did: str) -> Json:
    """Who derives: asked by the cryptosuite's tag, and by its own for what the suite shows to every verifier."""
    made = {"id": did, "endpoint": endpoint, "tags": [SELECTIVE, "vcHolder"], "supports": {"vc": MODELS}}
    return made | {"scopes": ["credentials:issue-any"], "supportedEcdsaKeyTypes": ["P-256"]}


def _verifier(endpoint: str, tags: list[str]) -> Json:
    made = {"id": "https://laurel.example", "endpoint": endpoint, "tags": tags, "supports": {"vc": MODELS}}
    return made | {"scopes": ["verifications:create"], "supportedEcdsaKeyTypes": ECDSA_KEYS}


def prepared(demo: Json) -> Json:
    """The configuration, and the issuers that it names made where they are missing."""
    client = next(one for one in demo["organizations"] if one["slug"] == "lakeside")
    with httpx.Client(base_url=demo["base_url"], timeout=TIMEOUT_S) as http:
        found = issuers(http, client, WANTED)
    return config(demo, dict(zip((one["slug"] for one in WANTED), found, strict=True)))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.w3c_suites", description=__doc__)
    parser.add_argument("--demo", type=Path, default=DEMO, help="the fleet's demo.json")
    path: Path = parser.parse_args().demo
    if not path.exists():
        print(f"there is no {path}: start the fleet with `make run` first", file=sys.stderr)
        return 1
    print(f"module.exports = {json.dumps(prepared(json.loads(path.read_text())), indent=2)};")
    print(f"set {SECRET} to the client_secret of demo-lakeside in {path}", file=sys.stderr)
    print(f"NODE_EXTRA_CA_CERTS to {path.parent / 'tls' / 'ca.pem'}, HOLDER_NAME to {NAME}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
