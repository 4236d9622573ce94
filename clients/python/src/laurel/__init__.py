"""A typed client of the Laurel API: issue, verify and revoke micro-credentials.

with Laurel("https://laurel.example", ClientSecret("client-id", "secret")) as laurel:
    issued = laurel.credentials.issue(achievement, Recipient(email="ada@students.example"))
    report = laurel.verifications.verify(issued.document)
"""

from laurel.batches import Batch
from laurel.client import Laurel
from laurel.credentials import Badge
from laurel.errors import (
    Conflict,
    Forbidden,
    Invalid,
    LaurelError,
    LoginFailed,
    NotFound,
    Problem,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    UnusableAddress,
)
from laurel.models import (
    Achievement,
    Agreement,
    Check,
    Credential,
    CredentialSummary,
    IssuedCredential,
    Issuer,
    Key,
    Recipient,
    Recognition,
    SandboxCase,
    Stack,
    Verification,
)
from laurel.tokens import AccessToken, ClientSecret, Nobody

__all__ = [
    "Laurel",
    "ClientSecret",
    "AccessToken",
    "Nobody",
    "Badge",
    "Batch",
    "Recipient",
    "Achievement",
    "Issuer",
    "Key",
    "Credential",
    "CredentialSummary",
    "IssuedCredential",
    "Agreement",
    "Recognition",
    "SandboxCase",
    "Stack",
    "Verification",
    "Check",
    "LaurelError",
    "LoginFailed",
    "Problem",
    "Invalid",
    "Forbidden",
    "NotFound",
    "Conflict",
    "RateLimited",
    "Unavailable",
    "UnexpectedAnswer",
    "UnusableAddress",
]
