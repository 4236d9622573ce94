"""Why a credential that was built from an order is not issued."""

from credential_core.errors import ContextError, DocumentError
from credential_core.model import validate_achievement_credential
from issuer.core.model import Json
from service_kit.errors import FieldError, Invalid

UNFIT = "invalid-credential"


def unfit(document: Json) -> Invalid | None:
    """What keeps a document from being an Open Badges 3.0 credential, if anything does."""
    violations = validate_achievement_credential(document)
    if not violations:
        return None
    errors = [FieldError(violation.path, violation.detail) for violation in violations]
    return Invalid("the credential would not be Open Badges 3.0", code=UNFIT, errors=errors)


def unsignable(error: DocumentError | ContextError) -> Invalid:
    """It has no meaning that could be signed."""
    return Invalid(f"the credential cannot be signed: {error.detail}", code=UNFIT)
