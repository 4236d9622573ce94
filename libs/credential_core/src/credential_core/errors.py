"""The one tree of errors that leaves this library. Every error carries a stable code and a detail for people."""

from __future__ import annotations


class CredentialError(Exception):
    """Root of every error of this library.

    `code` is stable snake_case for programs; `detail` is for people and never echoes secrets.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail

    def __reduce__(self) -> tuple[type[CredentialError], tuple[str, str]]:
        return type(self), (self.code, self.detail)


class ContextError(CredentialError):
    """A JSON-LD context is not one of the frozen set, or cannot be applied."""


class DocumentError(CredentialError):
    """A document is not what it must be: JSON, JSON-LD safe mode, data model."""


class LimitError(DocumentError):
    """A document asks for more work or room than the documented budgets."""


class ProofError(CredentialError):
    """A proof is malformed, not supported, or does not verify."""


class KeyMaterialError(CredentialError):
    """A key or its encoding is malformed or of a kind not supported."""


class DidError(CredentialError):
    """A DID, a controller document or a verification method is not acceptable."""


class StatusError(CredentialError):
    """A status entry or status list is malformed, mismatched or out of range."""


class LogError(CredentialError):
    """A transparency log's proof, checkpoint, signed note or tile is malformed or does not verify."""


class ImageError(CredentialError):
    """An image is not a PNG or SVG that this library reads, or is not baked as it must be."""
