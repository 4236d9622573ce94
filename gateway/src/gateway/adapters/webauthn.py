"""WebAuthn by py_webauthn: options for browsers, and the verification of what they answer (ADR 0078)."""

from base64 import urlsafe_b64decode
from binascii import Error as NoBase64
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import webauthn
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from webauthn.helpers import options_to_json
from webauthn.helpers.cose import COSEAlgorithmIdentifier as Algorithm
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AttestationFormat,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from gateway.core.passkey import Ceremonies, Claim, NewCredential, Passkey, PasskeyRefused
from gateway.core.people import User
from service_kit import strict_json

T = TypeVar("T")
RP_NAME = "Laurel"
ALGORITHMS = [Algorithm.EDDSA, Algorithm.ECDSA_SHA_256, Algorithm.RSASSA_PKCS1_v1_5_SHA_256]
# Without a statement, or signed by the new key itself: who made the authenticator is not asked.
FORMATS = {AttestationFormat.NONE, AttestationFormat.PACKED}
MAX_ANSWER = 16 * 1024
MAX_PUBLIC_KEY = 1024
# Whatever the library stumbles over in a hostile answer.
WRONG = (
    WebAuthnException,
    InvalidSignature,
    UnsupportedAlgorithm,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


class WebAuthnCeremonies(Ceremonies):
    """See core.passkey.Ceremonies. `rp_id` is the domain that passkeys are bound to, `origins` our pages' origins."""

    def __init__(self, *, rp_id: str, origins: Sequence[str]) -> None:
        self._rp_id = rp_id
        self._origins = list(origins)

    def creation_options(self, user: User, challenge: bytes, held: Sequence[Passkey]) -> str:
        options = webauthn.generate_registration_options(
            rp_id=self._rp_id,
            rp_name=RP_NAME,
            user_id=user.id.encode(),
            user_name=user.email,
            user_display_name=user.name,
            challenge=challenge,
            attestation=AttestationConveyancePreference.NONE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential) for one in held],
            supported_pub_key_algs=ALGORITHMS,
        )
        return options_to_json(options)

    def request_options(self, challenge: bytes) -> str:
        return options_to_json(
            webauthn.generate_authentication_options(
                rp_id=self._rp_id, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
            )
        )

    def read(self, answer: str) -> Claim:
        if len(answer) > MAX_ANSWER:
            raise PasskeyRefused("too large")
        return _guarded(lambda: _claim(answer))

    def created(self, claim: Claim) -> NewCredential:
        found = _guarded(
            lambda: webauthn.verify_registration_response(
                credential=dict(claim.document),
                expected_challenge=claim.challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origins,
                require_user_verification=True,
                supported_pub_key_algs=ALGORITHMS,
            )
        )
        if found.fmt not in FORMATS or len(found.credential_public_key) > MAX_PUBLIC_KEY:
            raise PasskeyRefused("attestation")
        if found.credential_id != claim.credential:
            raise PasskeyRefused("two names of one credential")
        return NewCredential(found.credential_id, found.credential_public_key, found.sign_count)

    def asserted(self, claim: Claim, public_key: bytes) -> int:
        found = _guarded(
            lambda: webauthn.verify_authentication_response(
                credential=dict(claim.document),
                expected_challenge=claim.challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origins,
                credential_public_key=public_key,
                credential_current_sign_count=0,
                require_user_verification=True,
            )
        )
        return found.new_sign_count


def _claim(answer: str) -> Claim:
    document = strict_json.loads(answer.encode())
    response = document["response"]
    client_data = strict_json.loads(_bytes(response["clientDataJSON"]))
    if client_data.get("crossOrigin"):
        raise PasskeyRefused("in a frame of another site")
    user = _bytes(response.get("userHandle") or "").decode()
    return Claim(document, _bytes(client_data["challenge"]), _bytes(document["rawId"]), user)


def _bytes(text: Any) -> bytes:
    if not isinstance(text, str):
        raise PasskeyRefused("not base64url")
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except NoBase64 as error:
        raise PasskeyRefused("not base64url") from error


def _guarded(work: Callable[[], T]) -> T:
    try:
        return work()
    except WRONG as error:
        raise PasskeyRefused(type(error).__name__) from error
