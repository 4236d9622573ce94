"""How people show who they are, in the words of RFC 8176 (`amr`), and what that is worth to a program (`acr`)."""

from collections.abc import Sequence

PASSWORD = ("pwd",)
# Proof of a key, by a person who was there and whom the authenticator knew: by a PIN, or by what the person is.
# Whether the key is kept in hardware is not known without attestation, which nobody is asked for.
PASSKEY = ("mfa", "swk", "user")
PHISHING_RESISTANT = "phr"  # OpenID Connect Extended Authentication Profile ACR Values 1.0
PASSWORD_OVER_TLS = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"  # noqa: S105 - a name
CLASSES = (PHISHING_RESISTANT, PASSWORD_OVER_TLS)


def context_class(methods: Sequence[str]) -> str | None:
    """The class that these methods reach; None where they were not kept."""
    return {PASSKEY: PHISHING_RESISTANT, PASSWORD: PASSWORD_OVER_TLS}.get(tuple(methods))
