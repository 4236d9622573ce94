"""Securing a credential with an opened key, and checking what was made. Slow enough to be run off the event loop."""

from collections.abc import Callable

import orjson

from credential_core import jose, proof
from credential_core.contexts import CREDENTIALS_V2, DATA_INTEGRITY_V2
from credential_core.errors import KeyMaterialError
from credential_core.jcs import digest
from credential_core.keys import SigningKey
from credential_core.proof import ProofOptions
from credential_core.shape_memory import canonical_nquads
from issuer.core.model import Json
from issuer.core.securing import Form, Manner, Secured

SECRET_BYTES = {"Ed25519": 32, "P-256": 32, "P-384": 48}
HMAC_BYTES = 32
ALWAYS_THERE = "/issuer"


def secure(
    document: Json, key: SigningKey, method: str, manner: Manner, *, random_bytes: Callable[[int], bytes]
) -> Secured:
    """The secured credential, verified from its own text. Raises CredentialError for one that has no meaning."""
    made = _FORMS[manner.form](document, key, method, manner, random_bytes)
    text = orjson.dumps(made)
    _check(orjson.loads(text), key, manner.form)
    return Secured(made, text.decode(), digest(made))


def new_key(algorithm: str, random_bytes: Callable[[int], bytes]) -> SigningKey:
    """A key that nobody has had."""
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


def _proof(document: Json, key: SigningKey, method: str, manner: Manner, _: object) -> Json:
    document = _with_proof_terms(document)
    _refuse_meaningless(document)
    return proof.sign(
        document,
        key,
        verification_method=method,
        created=manner.created,
        cryptosuite=manner.form.value,
        options=_options(manner),
        inline_contexts=True,
    )


def _selective(
    document: Json, key: SigningKey, method: str, manner: Manner, random_bytes: Callable[[int], bytes]
) -> Json:
    return proof.sign_selective(
        _with_proof_terms(document),
        key,
        verification_method=method,
        created=manner.created,
        mandatory=manner.mandatory,
        hmac_key=random_bytes(HMAC_BYTES),
        ephemeral=new_key("P-256", random_bytes),
        options=_options(manner),
    )


def _jwt(document: Json, key: SigningKey, method: str, manner: Manner, _: object) -> Json:
    _refuse_meaningless(document)
    return jose.enveloped(jose.issue_credential(document, key, kid=method, issued=manner.created))


_FORMS: dict[Form, Callable[..., Json]] = {
    Form.ECDSA_SD: _selective,
    Form.JWT: _jwt,
    **dict.fromkeys((Form.EDDSA_RDFC, Form.EDDSA_JCS, Form.ECDSA_RDFC, Form.ECDSA_JCS), _proof),
}


def _options(manner: Manner) -> ProofOptions:
    return ProofOptions(domain=manner.domain, challenge=manner.challenge)


def _refuse_meaningless(document: Json) -> None:
    """Every member is a term of a context, whatever secures it: JCS and JWS would sign any JSON."""
    canonical_nquads({name: value for name, value in document.items() if name != "proof"}, inline_contexts=True)


def _check(document: Json, key: SigningKey, form: Form) -> None:
    """Verify what will leave the process. A faulty signature may give away the key."""
    if form is Form.JWT:
        jose.read(document["id"].partition(",")[2]).envelope.jws.verify(key.public)
        return
    if form is Form.ECDSA_SD:
        document = proof.derive(document, [ALWAYS_THERE])
    made = proof.proofs(document)[-1]
    proof.verify_proof(document, made, key.public, inline_contexts=True)
