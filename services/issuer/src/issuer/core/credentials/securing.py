"""The forms in which any credential may be secured, and the keys that each takes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from issuer.core.model import Algorithm, Issuer, IssuerKey, KeyPurpose
from service_kit.errors import Malformed


class Form(StrEnum):
    """A cryptosuite of Data Integrity, a `vc+jwt` around the whole, or the VC-JWT of Open Badges 3.0 (§8.2)."""

    EDDSA_RDFC = "eddsa-rdfc-2022"
    EDDSA_JCS = "eddsa-jcs-2022"
    ECDSA_RDFC = "ecdsa-rdfc-2019"
    ECDSA_JCS = "ecdsa-jcs-2019"
    ECDSA_SD = "ecdsa-sd-2023"
    JWT = "vc-jwt"
    OPEN_BADGES_JWT = "ob-vc-jwt"


KEYS: dict[Form, tuple[Algorithm, ...]] = {
    Form.EDDSA_RDFC: ("Ed25519",),
    Form.EDDSA_JCS: ("Ed25519",),
    Form.ECDSA_RDFC: ("P-256", "P-384"),
    Form.ECDSA_JCS: ("P-256", "P-384"),
    Form.ECDSA_SD: ("P-256",),
    Form.JWT: ("P-256", "P-384", "Ed25519", "RS256"),
    Form.OPEN_BADGES_JWT: ("RS256", "P-256", "P-384", "Ed25519"),
}
USUAL: dict[str, Form] = {
    "Ed25519": Form.EDDSA_RDFC,
    "P-256": Form.ECDSA_RDFC,
    "P-384": Form.ECDSA_RDFC,
    "RS256": Form.OPEN_BADGES_JWT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a credential is secured. `mandatory` are JSON pointers, for selective disclosure only."""

    form: Form
    created: datetime
    domain: str | tuple[str, ...] | None = None
    challenge: str | None = None
    mandatory: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Secured:
    """A secured credential as JSON text, and the digest of its canonical form (RFC 8785). A bare JWT is a string."""

    text: str
    digest: str


def choose_key(issuer: Issuer, form: Form | None, algorithm: Algorithm | None) -> tuple[IssuerKey, Form]:
    """The key and the form: what is asked for, else what the issuer's first key of that kind is made for.

    Raises Malformed when the issuer has no such active key.
    """
    fitting = KEYS[form] if form is not None else [key.algorithm for key in issuer.signing(KeyPurpose.CREDENTIALS)]
    wanted = [name for name in fitting if algorithm in (None, name)]
    key = issuer.key_for(wanted)
    if key is None:
        what = form.value if form is not None else "this"
        raise Malformed(f"the issuer has no {algorithm or ' or '.join(fitting)} key for {what}", code="no-such-key")
    return key, form or USUAL[key.algorithm]
