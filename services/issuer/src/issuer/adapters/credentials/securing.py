"""Securing a credential with an opened key, and checking what was made. Slow enough to be run off the event loop."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric import rsa

from credential_core import jose, proof
from credential_core.contexts import CREDENTIALS_V2, DATA_INTEGRITY_V2
from credential_core.errors import ContextError, DocumentError, KeyMaterialError
from credential_core.jcs import digest
from credential_core.jose import RsaSigningKey
from credential_core.keys import PublicKey, SigningKey
from credential_core.proof import ProofOptions
from credential_core.shape_memory import canonical_nquads
from credential_core.template import Filled, Sealed
from credential_core.unsigned import Unsigned
from issuer.core.credentials.securing import Form, Manner, Secured
from issuer.core.model import AnyPublicKey, IssuerKey, Json

SECRET_BYTES = {"Ed25519": 32, "P-256": 32, "P-384": 48}
HMAC_BYTES = 32
SUITES = {"Ed25519": "eddsa-rdfc-2022", "P-256": "ecdsa-rdfc-2019", "P-384": "ecdsa-rdfc-2019"}
RSA_BITS = 3072  # enough beyond 2030 (NIST SP 800-57), where credentials of today are still shown
ALWAYS_THERE = "/issuer"
Unsignable = DocumentError | ContextError


def prepare_proof(document: Json, key: IssuerKey, created: datetime) -> Unsigned[Json]:
    """What the key has to sign for a proof by its usual suite."""
    public, suite, method = key.of_proofs, SUITES[key.algorithm], key.verification_method
    return proof.prepare(document, public, verification_method=method, created=created, cryptosuite=suite)


def prepare_filled(filled: Filled, key: IssuerKey, created: datetime, suite: str) -> Unsigned[Sealed] | Unsignable:
    """What the key has to sign for a filled template, or why it has no meaning."""
    method = key.verification_method
    try:
        return filled.prepare(key.of_proofs, verification_method=method, created=created, cryptosuite=suite)
    except (DocumentError, ContextError) as error:
        return error


def seal(prepared: Unsigned[Sealed] | Unsignable, signature: bytes) -> Sealed | Unsignable:
    """A prepared template with its signature, which is checked. What was not prepared stays why it was not."""
    if not isinstance(prepared, Unsigned):
        return prepared
    try:
        return prepared.signed(signature)
    except (DocumentError, ContextError) as error:
        return error


def prepare(
    document: Json, key: IssuerKey, manner: Manner, *, random_bytes: Callable[[int], bytes]
) -> Unsigned[Json] | Unsigned[str]:
    """What the key has to sign for a credential in some manner. Raises CredentialError for one that has no meaning."""
    return _FORMS[manner.form](document, key.public, key.verification_method, manner, random_bytes)


def finish(made: Json | str, key: IssuerKey, form: Form) -> Secured:
    """The signed credential, verified from its own text."""
    text = orjson.dumps(made)
    _check(orjson.loads(text), key, form)
    return Secured(text.decode(), digest(made))


def new_rsa_key() -> RsaSigningKey:
    """An RSA key that nobody has had. Its randomness is OpenSSL's own, and it takes a good part of a second."""
    return RsaSigningKey(rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS))


def new_key(algorithm: str, random_bytes: Callable[[int], bytes]) -> SigningKey:
    """A key of another kind that nobody has had."""
    while True:
        try:
            return SigningKey.from_seed(random_bytes(SECRET_BYTES[algorithm]), algorithm)
        except KeyMaterialError:  # one number in 2^32 is none below the order of P-256
            continue


def _with_proof_terms(document: Json) -> Json:
    """With the context that defines proofs, unless one of the document's does (VC Data Integrity 1.0 §2.4.1)."""
    context = document["@context"]
    contexts = context if isinstance(context, list) else [context]
    known = {CREDENTIALS_V2, DATA_INTEGRITY_V2}
    return (
        document
        if known & set(filter(_is_text, contexts))
        else {**document, "@context": [*contexts, DATA_INTEGRITY_V2]}
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _proof(document: Json, public: PublicKey, method: str, manner: Manner, _: object) -> Unsigned[Json]:
    document = _with_proof_terms(document)
    _refuse_meaningless(document)
    return proof.prepare(
        document,
        public,
        verification_method=method,
        created=manner.created,
        cryptosuite=manner.form.value,
        options=_options(manner),
        inline_contexts=True,
    )


def _selective(
    document: Json, public: PublicKey, method: str, manner: Manner, random_bytes: Callable[[int], bytes]
) -> Unsigned[Json]:
    return proof.prepare_selective(
        _with_proof_terms(document),
        public,
        verification_method=method,
        created=manner.created,
        mandatory=manner.mandatory,
        hmac_key=random_bytes(HMAC_BYTES),
        ephemeral=new_key("P-256", random_bytes),
        options=_options(manner),
        inline_contexts=True,
    )


def _jwt(document: Json, public: AnyPublicKey, method: str, manner: Manner, _: object) -> Unsigned[Json]:
    _refuse_meaningless(document)
    token = jose.prepare_credential(document, public, kid=method, issued=manner.created)
    return Unsigned(token.data, lambda signature: jose.enveloped(token.signed(signature)))


def _open_badges_jwt(document: Json, public: AnyPublicKey, method: str, _: object, __: object) -> Unsigned[str]:
    _refuse_meaningless(document)
    return jose.prepare_open_badge(document, public, kid=method)


_FORMS: dict[Form, Callable[..., Unsigned[Json] | Unsigned[str]]] = {
    Form.ECDSA_SD: _selective,
    Form.JWT: _jwt,
    Form.OPEN_BADGES_JWT: _open_badges_jwt,
    **dict.fromkeys((Form.EDDSA_RDFC, Form.EDDSA_JCS, Form.ECDSA_RDFC, Form.ECDSA_JCS), _proof),
}


def _options(manner: Manner) -> ProofOptions:
    return ProofOptions(domain=manner.domain, challenge=manner.challenge)


def _refuse_meaningless(document: Json) -> None:
    """Every member is a term of a context, whatever secures it: JCS and JWS would sign any JSON."""
    canonical_nquads({name: value for name, value in document.items() if name != "proof"}, inline_contexts=True)


def _check(made: Any, key: IssuerKey, form: Form) -> None:
    """Verify what will leave the process. A faulty signature may give away the key."""
    if form in (Form.JWT, Form.OPEN_BADGES_JWT):
        token = made["id"].partition(",")[2] if form is Form.JWT else made
        jose.read(token).envelope.jws.verify(key.public)
        return
    if form is Form.ECDSA_SD:
        made = proof.derive(made, [ALWAYS_THERE], inline_contexts=True)
    proof.verify_proof(made, proof.proofs(made)[-1], key.of_proofs, inline_contexts=True)
