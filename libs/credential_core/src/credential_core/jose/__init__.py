"""Documents secured by JWS: Open Badges 3.0 VC-JWT, and W3C VC-JOSE-COSE. Two profiles, told apart by `typ`
and never mixed.

`read` takes a compact JWS apart; `credential_core.verify` judges it.
"""

from credential_core.jose.algorithms import RsaSigningKey, Signer, VerifyingKey, algorithms
from credential_core.jose.envelope import Envelope, Enveloped, Profile
from credential_core.jose.jws import Jws, sign
from credential_core.jose.open_badges import issue as issue_open_badge
from credential_core.jose.open_badges import prepare as prepare_open_badge
from credential_core.jose.reading import read
from credential_core.jose.verification import Expected, verify_enveloped
from credential_core.jose.w3c import enveloped, issue_credential, issue_presentation, prepare_credential

__all__ = [
    "Envelope",
    "Enveloped",
    "Expected",
    "Jws",
    "Profile",
    "RsaSigningKey",
    "Signer",
    "VerifyingKey",
    "algorithms",
    "enveloped",
    "issue_credential",
    "issue_open_badge",
    "issue_presentation",
    "prepare_credential",
    "prepare_open_badge",
    "read",
    "sign",
    "verify_enveloped",
]
