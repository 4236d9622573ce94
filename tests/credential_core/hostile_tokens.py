"""An issuer with three kinds of keys, and a table of tokens that must not be taken for its own (RFC 8725)."""

from __future__ import annotations

import base64
import hmac
import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from credential_core import jose, model
from credential_core.jwk import to_jwk
from credential_core.keys import SigningKey

Json = dict[str, Any]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WEB = "did:web:issuer.test"
ES = SigningKey.from_seed(bytes(range(32)), "P-256")
ED = SigningKey.from_seed(bytes(range(32)))
RSA = rsa.generate_private_key(65537, 2048)
RS = jose.RsaSigningKey(RSA)
MALLORY = SigningKey.from_seed(bytes(range(1, 33)), "P-256")
KEYS: dict[str, jose.Signer] = {"ES256": ES, "EdDSA": ED, "RS256": RS}
KIDS = {"ES256": f"{WEB}#es", "EdDSA": f"{WEB}#ed", "RS256": f"{WEB}#rs"}
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493

CREDENTIAL = model.achievement_credential(
    credential_id="https://issuer.test/credentials/1",
    issuer={"id": WEB, "name": "University of Test"},
    achievement={
        "id": "https://issuer.test/achievements/1",
        "name": "Statistics",
        "description": "Reads and makes statistics.",
        "criteria": {"narrative": "Passed."},
    },
    subject_id="did:example:ada",
    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    valid_until=datetime(2030, 1, 1, tzinfo=UTC),
)
CLAIMS = dict(jose.read(jose.issue_open_badge(CREDENTIAL, ES)).envelope.jws.claims)


def controller() -> Json:
    methods = [
        {"id": KIDS[name], "type": "JsonWebKey", "controller": WEB, "publicKeyJwk": to_jwk(key.public)}
        for name, key in KEYS.items()
    ]
    listed = [method["id"] for method in methods]
    return {"id": WEB, "verificationMethod": methods, "assertionMethod": listed, "authentication": listed}


def b64(data: bytes | str) -> str:
    return base64.urlsafe_b64encode(data.encode() if isinstance(data, str) else data).rstrip(b"=").decode()


def raw(header: Any, claims: Any, signature: Callable[[bytes], bytes] | bytes = b"") -> str:
    """A compact JWS of whatever is given: text as it stands, anything else as JSON."""
    parts = [part if isinstance(part, str | bytes) else json.dumps(part) for part in (header, claims)]
    data = ".".join(map(b64, parts))
    return f"{data}.{b64(signature(data.encode()) if callable(signature) else signature)}"


def ob(changes: Json | None = None, claims: Any = None, algorithm: str = "ES256", key: Any = None, **more: Any) -> str:
    """A VC-JWT of Open Badges, properly signed, with another header or other claims. None takes a member away."""
    header = {"alg": algorithm, "typ": "JWT", "kid": KIDS.get(algorithm, KIDS["ES256"]), **(changes or {}), **more}
    header = {name: value for name, value in header.items() if value is not None}
    made = {name: value for name, value in {**CLAIMS, **(claims or {})}.items() if value is not None}
    return raw(header, made, (key or KEYS.get(algorithm, ES)).sign)


def w3c(changes: Json | None = None, claims: Any = None, key: Any = None) -> str:
    header = {"alg": "ES256", "typ": "vc+jwt", "kid": KIDS["ES256"], **(changes or {})}
    header = {name: value for name, value in header.items() if value is not None}
    return raw(header, {**CREDENTIAL, **(claims or {})}, (key or ES).sign)


def mac(secret: bytes, name: str = "sha256") -> Callable[[bytes], bytes]:
    return lambda data: hmac.new(secret, data, name).digest()


def with_signature(token: str, change: Callable[[bytes], bytes]) -> str:
    data, _, signature = token.rpartition(".")
    return f"{data}.{b64(change(base64.urlsafe_b64decode(signature + '==')))}"


def scalar(number: int, size: int = 32) -> bytes:
    return number.to_bytes(size)


PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DER = RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
GOOD = ob()
GOOD_HEADER, GOOD_CLAIMS, GOOD_SIGNATURE = GOOD.split(".")
BODY = json.dumps(CLAIMS)
H = {"alg": "ES256", "typ": "JWT", "kid": KIDS["ES256"]}
SMALL_ORDER = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")

TOKENS: dict[str, str] = {
    # no signature, or not one by the key's algorithm
    "alg none": raw({**H, "alg": "none"}, CLAIMS),
    "alg None": raw({**H, "alg": "None"}, CLAIMS),
    "alg nOnE": raw({**H, "alg": "nOnE"}, CLAIMS),
    "alg none with a signature": raw({**H, "alg": "none"}, CLAIMS, ES.sign),
    "alg empty": raw({**H, "alg": ""}, CLAIMS),
    "no alg": raw({name: H[name] for name in ("typ", "kid")}, CLAIMS, ES.sign),
    "alg a list": raw({**H, "alg": ["ES256"]}, CLAIMS, ES.sign),
    "alg null": raw({**H, "alg": None}, CLAIMS, ES.sign),
    "alg lower case": raw({**H, "alg": "es256"}, CLAIMS, ES.sign),
    "signature removed": f"{GOOD_HEADER}.{GOOD_CLAIMS}.",
    "signature of another token": f"{GOOD_HEADER}.{GOOD_CLAIMS}.{w3c().split('.')[2]}",
    "HS256 with the RSA key as PEM": raw({**H, "alg": "HS256", "kid": KIDS["RS256"]}, CLAIMS, mac(PEM)),
    "HS256 with the RSA key as DER": raw({**H, "alg": "HS256", "kid": KIDS["RS256"]}, CLAIMS, mac(DER)),
    "HS256 with the RSA modulus": raw(
        {**H, "alg": "HS256", "kid": KIDS["RS256"]}, CLAIMS, mac(str(RS.public).encode())
    ),
    "HS256 with the JWK": raw({**H, "alg": "HS256"}, CLAIMS, mac(json.dumps(to_jwk(ES.public)).encode())),
    "HS256 with the point": raw({**H, "alg": "HS256"}, CLAIMS, mac(ES.public.raw)),
    "HS512 with nothing": raw({**H, "alg": "HS512"}, CLAIMS, mac(b"", "sha512")),
    "RS256 said of an EC key": raw({**H, "alg": "RS256"}, CLAIMS, RS.sign),
    "ES256 said of an RSA key": raw({**H, "kid": KIDS["RS256"]}, CLAIMS, ES.sign),
    "ES384 said of a P-256 key": raw({**H, "alg": "ES384"}, CLAIMS, ES.sign),
    "ES256K": raw({**H, "alg": "ES256K"}, CLAIMS, ES.sign),
    "EdDSA said of an EC key": raw({**H, "alg": "EdDSA"}, CLAIMS, ED.sign),
    "RS1": raw(
        {**H, "alg": "RS1", "kid": KIDS["RS256"]},
        CLAIMS,
        lambda d: RSA.sign(d, padding.PKCS1v15(), hashes.SHA1()),  # noqa: S303  # what is tested
    ),
    "PS256 with a short salt": raw(
        {**H, "alg": "PS256", "kid": KIDS["RS256"]},
        CLAIMS,
        lambda d: RSA.sign(d, padding.PSS(padding.MGF1(hashes.SHA256()), 8), hashes.SHA256()),
    ),
    "RSA1_5": raw({**H, "alg": "RSA1_5", "kid": KIDS["RS256"]}, CLAIMS, RS.sign),
    # signatures
    "r and s zero": raw(H, CLAIMS, bytes(64)),
    "s zero": raw(H, CLAIMS, scalar(1) + bytes(32)),
    "r zero": raw(H, CLAIMS, bytes(32) + scalar(1)),
    "r and s the order": raw(H, CLAIMS, scalar(P256_ORDER) * 2),
    "r beyond the order": with_signature(GOOD, lambda s: b"\xff" * 32 + s[32:]),
    "all ones": raw(H, CLAIMS, b"\xff" * 64),
    "in DER": raw(H, CLAIMS, bytes.fromhex("3006020100020100")),
    "63 bytes": with_signature(GOOD, lambda s: s[:-1]),
    "65 bytes": with_signature(GOOD, lambda s: s + b"\0"),
    "one bit": with_signature(GOOD, lambda s: bytes([s[0] ^ 1]) + s[1:]),
    "r and s exchanged": with_signature(GOOD, lambda s: s[32:] + s[:32]),
    "Ed25519 of zeros": raw({**H, "alg": "EdDSA", "kid": KIDS["EdDSA"]}, CLAIMS, bytes(64)),
    "Ed25519 with R of small order": raw({**H, "alg": "EdDSA", "kid": KIDS["EdDSA"]}, CLAIMS, SMALL_ORDER + bytes(32)),
    "Ed25519 with S plus the order": with_signature(
        ob(algorithm="EdDSA"),
        lambda s: s[:32] + (int.from_bytes(s[32:], "little") + ED25519_ORDER).to_bytes(32, "little"),
    ),
    "RSA one": raw({**H, "alg": "RS256", "kid": KIDS["RS256"]}, CLAIMS, scalar(1, 256)),
    "RSA empty": raw({**H, "alg": "RS256", "kid": KIDS["RS256"]}, CLAIMS),
    "RSA too long": with_signature(ob(algorithm="RS256"), lambda s: b"\0" + s),
    "a signature of 2,000 bytes": raw(H, CLAIMS, bytes(2000)),
    # keys that the token brings
    "jwk of mallory": ob({"kid": None, "jwk": to_jwk(MALLORY.public)}, key=MALLORY),
    "jwk beside kid": ob({"jwk": to_jwk(MALLORY.public)}, key=MALLORY),
    "jwk with its secret": ob({"kid": None, "jwk": {**to_jwk(MALLORY.public), "d": b64(MALLORY.seed)}}, key=MALLORY),
    "jwk symmetric": raw({"alg": "HS256", "typ": "JWT", "jwk": {"kty": "oct", "k": b64(b"k")}}, CLAIMS, mac(b"k")),
    "jwk of small order": raw(
        {"alg": "EdDSA", "typ": "JWT", "jwk": {"kty": "OKP", "crv": "Ed25519", "x": b64(SMALL_ORDER)}},
        CLAIMS,
        bytes(64),
    ),
    "jwk off the curve": ob(
        {"kid": None, "jwk": {"kty": "EC", "crv": "P-256", "x": b64(scalar(1)), "y": b64(scalar(1))}}
    ),
    "jwk of 512 bits": ob({"kid": None, "jwk": {"kty": "RSA", "n": b64(b"\xc1" * 64), "e": "AQAB"}}),
    "jwk with exponent one": ob({"kid": None, "jwk": {**to_jwk(RS.public), "e": "AQ"}}),
    "jwk a list": ob({"kid": None, "jwk": [to_jwk(ES.public)]}),
    "jwk text": ob({"kid": None, "jwk": json.dumps(to_jwk(ES.public))}),
    "jku": ob({"jku": "https://mallory.test/keys"}, key=MALLORY),
    "jku of the issuer's host": ob({"jku": "https://issuer.test@mallory.test/keys"}),
    "x5u": ob({"x5u": "https://mallory.test/x"}),
    "x5c": ob({"x5c": [b64(DER)]}),
    "jwk in vc+jwt": w3c({"kid": None, "jwk": to_jwk(MALLORY.public)}, key=MALLORY),
    "jku in vc+jwt": w3c({"jku": "https://mallory.test/keys"}),
    # kid
    "kid a path": ob(kid="../../../../dev/null"),
    "kid a file": ob(kid="file:///etc/passwd"),
    "kid SQL": ob(kid="' UNION SELECT 'secret' --"),
    "kid a shell": ob(kid="| cat /etc/passwd"),
    "kid http": ob(kid="http://issuer.test/keys/1"),
    "kid inside": ob(kid="https://169.254.169.254/latest"),
    "kid of mallory": ob(kid="did:web:mallory.test#1", key=MALLORY),
    "kid with a user": ob(kid="https://issuer.test@mallory.test/k#1"),
    "kid of the issuer and more": ob(kid=f"{WEB}#es#es"),
    "kid with NUL": ob(kid=f"{WEB}#es\0"),
    "kid a number": ob(kid=5),
    "kid an object": ob(kid={"$ne": None}),
    "kid empty": ob(kid=""),
    "kid null": raw({**H, "kid": None}, CLAIMS, ES.sign),
    "kid and jwk null": raw({**H, "kid": None, "jwk": None}, CLAIMS, ES.sign),
    "kid null in vc+jwt": raw({**H, "kid": None, "typ": "vc+jwt"}, CREDENTIAL, ES.sign),
    "kid a bare DID": ob(kid=WEB),
    "kid a data URL": ob(kid="data:application/json," + json.dumps(to_jwk(MALLORY.public)), key=MALLORY),
    "kid unknown": ob(kid=f"{WEB}#other"),
    "kid a fraction": ob(kid=f"{WEB}#e"),
    "kid by a did:key of mallory": ob(
        kid=f"did:key:{MALLORY.public.multibase}#{MALLORY.public.multibase}", key=MALLORY
    ),
    "kid very long": ob(kid=f"{WEB}#" + "x" * 9000),
    # extensions
    "crit unknown": ob({"crit": ["exp"]}),
    "crit empty": ob({"crit": []}),
    "crit and b64": ob({"crit": ["b64"], "b64": False}),
    "b64 false": ob({"b64": False}),
    "b64 true": ob({"b64": True}),
    "zip": raw({**H, "zip": "DEF"}, zlib.compress(BODY.encode()), ES.sign),
    "zip of nothing": ob({"zip": "none"}),
    "an encrypted token": ".".join([b64('{"alg":"dir","enc":"A128GCM"}'), "", b64("iv"), b64("x"), b64("t")]),
    # made for another purpose
    "an access token": ob(typ="at+jwt"),
    "a DPoP proof": ob(typ="dpop+jwt"),
    "a logout token": ob(typ="logout+jwt"),
    "a key binding": ob(typ="kb+jwt"),
    "a status list token": ob(typ="statuslist+jwt"),
    "an ID token": raw({**H, "typ": None}, {"iss": WEB, "sub": "ada", "aud": "x", "exp": 1893456000}, ES.sign),
    "an SD-JWT without tilde": ob(typ="dc+sd-jwt"),
    "typ a list": ob(typ=["JWT"]),
    "typ lower case": ob(typ="jwt"),
    "typ with a blank": ob(typ="JWT "),
    "open badge as vc+jwt with vc": w3c(claims={"vc": CREDENTIAL}),
    "vp+jwt as credential": w3c({"typ": "vp+jwt"}),
    "vc+jwt as open badge": ob(claims={"iss": None, "jti": None, "sub": None, "nbf": None, "exp": None}),
    "open badges with cty": ob({"cty": "JWT"}),
    # claims
    "iss of another": ob(claims={"iss": "did:web:other.test"}),
    "iss a look-alike": ob(claims={"iss": "did:web:\u0456ssuer.test"}),
    "iss with a zero-width joiner": ob(claims={"iss": "did:web:issuer\u200d.test"}),
    "iss decomposed": ob(claims={"iss": WEB + "\u0301"}),
    "iss a list": ob(claims={"iss": [WEB]}),
    "issuer and iss a look-alike": ob(claims={"iss": "did:web:\u0456ssuer.test", "issuer": "did:web:\u0456ssuer.test"}),
    "aud there": ob(claims={"aud": "https://verifier.test"}),
    "aud a list": ob(claims={"aud": ["https://verifier.test", "https://other.test"]}),
    "aud in vc+jwt": w3c(claims={"aud": ["https://verifier.test"]}),
    "aud empty in vc+jwt": w3c(claims={"aud": ""}),
    "exp missing": ob(claims={"exp": None}),
    "exp text": ob(claims={"exp": "1893456000"}),
    "exp true": ob(claims={"exp": True}),
    "exp negative": w3c(claims={"exp": -1}),
    "exp now": w3c(claims={"exp": int(NOW.timestamp())}),
    "exp beyond time": w3c(claims={"exp": 10**15}),
    "exp 1e308": w3c(claims={"exp": 1e308}),
    "exp null": w3c(claims={"exp": None}),
    "exp an object": w3c(claims={"exp": {"$gt": 0}}),
    "nbf in six minutes": w3c(claims={"nbf": int(NOW.timestamp()) + 360}),
    "nbf of another day": ob(claims={"nbf": CLAIMS["nbf"] + 86400}),
    "iat in six minutes": ob(claims={"iat": int(NOW.timestamp()) + 360}),
    "iat NaN": raw(H, BODY[:-1] + ', "iat": NaN}', ES.sign),
    "jti of another": ob(claims={"jti": "https://issuer.test/credentials/2"}),
    "sub of another": ob(claims={"sub": "did:example:eve"}),
    "claims changed": f"{GOOD_HEADER}.{b64(BODY.replace('Statistics', 'Surgery'))}.{GOOD_SIGNATURE}",
    "header changed": f"{b64(json.dumps({**H, 'typ': None}))}.{GOOD_CLAIMS}.{GOOD_SIGNATURE}",
    # text that readers read differently
    "alg twice": raw('{"alg":"none","alg":"ES256","typ":"JWT","kid":"' + KIDS["ES256"] + '"}', CLAIMS, ES.sign),
    "iss twice": raw(H, '{"iss":"x",' + BODY[1:], ES.sign),
    "nested twice": raw(H, BODY[:-1] + ',"evidence":[{"id":"a","id":"b"}]}', ES.sign),
    "padding": f"{GOOD_HEADER}=.{GOOD_CLAIMS}.{GOOD_SIGNATURE}",
    "padding behind": GOOD + "==",
    "base64, not base64url": raw(H, BODY, lambda _: b"").replace("-", "+").replace("_", "/") + "+/",
    "a blank": GOOD.replace(".", " .", 1),
    "a line break": GOOD.replace(".", ".\n", 1),
    "loose bits": GOOD[:-1] + {"A": "B", "Q": "R", "g": "h", "w": "x"}[GOOD[-1]],
    "two parts": f"{GOOD_HEADER}.{GOOD_CLAIMS}",
    "four parts": GOOD + "." + GOOD_SIGNATURE,
    "only dots": "..",
    "no header": f".{GOOD_CLAIMS}.{GOOD_SIGNATURE}",
    "header a list": raw([H], CLAIMS, ES.sign),
    "header null": raw("null", CLAIMS, ES.sign),
    "header no JSON": raw("alg=ES256", CLAIMS, ES.sign),
    "header with a BOM": raw("\ufeff" + json.dumps(H), CLAIMS, ES.sign),
    "header in UTF-16": raw(json.dumps(H).encode("utf-16"), CLAIMS, ES.sign),
    "claims a list": raw(H, [CLAIMS], ES.sign),
    "claims text": raw(H, '"x"', ES.sign),
    "claims not UTF-8": raw(H, b'{"a":"\xff"}', ES.sign),
    "claims with a surrogate": raw(H, '{"iss":"\\ud800"}', ES.sign),
    "claims with an integer too large": raw(H, BODY[:-1] + ',"x":9007199254740993}', ES.sign),
    "deep header": raw('{"alg":' + "[" * 5000 + "]" * 5000 + "}", CLAIMS, ES.sign),
    "deep claims": raw(H, '{"a":' * 5000 + "1" + "}" * 5000, ES.sign),
    "many claims": raw(H, {f"m{n}": n for n in range(3000)}, ES.sign),
    "one megabyte": raw(H, {**CLAIMS, "x": "y" * 1_000_000}, ES.sign),
    "a megabyte of header": raw({**H, "x": "y" * 1_000_000}, CLAIMS, ES.sign),
    "a megabyte of dots": "." * 1_000_000,
    "JSON serialization": json.dumps({"payload": GOOD_CLAIMS, "protected": GOOD_HEADER, "signature": GOOD_SIGNATURE}),
}
