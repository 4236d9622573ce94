"""Which resources a token is asked for (RFC 8707)."""

from authlib.oauth2 import OAuth2Error

from gateway.oauth.form import FormRequest
from gateway.oauth.policy import MAX_TARGETS, Policy


class InvalidTarget(OAuth2Error):  # type: ignore[misc]  # Authlib has no types
    """RFC 8707 §2."""

    error = "invalid_target"
    description = "a token may be asked for the public origin of this fleet, or an address beneath it"


def targets(request: FormRequest, policy: Policy) -> tuple[str, ...]:
    """`audience` and every `resource`. Raises InvalidTarget."""
    audience = request.form.get("audience")
    found = (*((audience,) if audience else ()), *request.resources)
    if len(found) > MAX_TARGETS or not all(policy.is_target(target) for target in found):
        raise InvalidTarget
    return found
