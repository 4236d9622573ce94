"""A credential of the W3C data model as an SD-JWT (VC-JOSE-COSE §3.2): its claims are the credential."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from credential_core.errors import CredentialError, DocumentError, ProofError
from credential_core.jose.envelope import Envelope, Enveloped, Profile
from credential_core.jose.reading import document_of
from credential_core.sdjwt.compact import SdJwt
from credential_core.sdjwt.processing import process

_TYPES: Final = frozenset({"vc+sd-jwt", "sd+jwt"})  # the second by wallets that say nothing of what is in it
# What decides how a credential is judged (VC-JOSE-COSE §3.2.1): not for a holder to show or to withhold.
_ALWAYS_DISCLOSED: Final = frozenset({"@context", "type", "credentialStatus", "credentialSchema", "relatedResource"})


def holds_credential(text: str) -> bool:
    """Whether an SD-JWT says that its claims are a credential of the W3C data model, and no SD-JWT VC."""
    try:
        jws = SdJwt.parse(text).jws
    except CredentialError:
        return False
    return jws.header.get("typ") in _TYPES and "@context" in jws.claims and "vct" not in jws.claims


def read_credential(text: str) -> Enveloped:
    """The credential in an SD-JWT as far as it is disclosed, nothing of it verified. CredentialError."""
    if not holds_credential(text):
        raise DocumentError("format_unsupported", "an SD-JWT holds claims, and no credential of the W3C data model")
    sd_jwt = SdJwt.parse(text)
    found = process(sd_jwt)
    for place in found.places.values():
        if place[0] in _ALWAYS_DISCLOSED:
            raise ProofError("sd_jwt_claim_not_disclosable", f"the member {place[0]} must not be disclosed selectively")
    held = document_of(Profile.SELECTIVE, found.claims)
    return Enveloped(held, Envelope(Profile.SELECTIVE, replace(sd_jwt.jws, claims=found.claims), text))
