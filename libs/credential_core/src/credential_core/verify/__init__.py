"""Verifying a credential: `parse` it, find out what it `needs`, fetch that elsewhere, then `verify` into a report."""

from credential_core.verify.inputs import (
    Failure,
    KnownCorrection,
    KnownState,
    KnownStatus,
    Needs,
    Policy,
    Resolution,
    Trust,
    TrustAnswer,
    issuer_id,
    needs,
    trust_only,
)
from credential_core.verify.presentation import verify_presentation
from credential_core.verify.reading import is_sd_jwt, parse
from credential_core.verify.recipient import Recipient
from credential_core.verify.sd_jwt import SdJwtReport, read_status_token, sd_jwt_needs, verify_sd_jwt
from credential_core.verify.verification import rejected, verify

__all__ = [
    "Failure",
    "KnownCorrection",
    "KnownState",
    "KnownStatus",
    "Needs",
    "Policy",
    "Recipient",
    "Resolution",
    "SdJwtReport",
    "Trust",
    "TrustAnswer",
    "is_sd_jwt",
    "issuer_id",
    "needs",
    "parse",
    "read_status_token",
    "rejected",
    "sd_jwt_needs",
    "trust_only",
    "verify",
    "verify_presentation",
    "verify_sd_jwt",
]
