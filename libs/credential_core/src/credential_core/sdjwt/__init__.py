"""SD-JWT VC with key binding (RFC 9901 and the SD-JWT VC draft): `issue`, `present`, `verify`.

Nothing here makes randomness: salts come from the caller. Whose key it is that `verify` takes is for `issuer_key` to
find, from the document that `key_location` names.
"""

from credential_core.sdjwt.compact import SdJwt
from credential_core.sdjwt.issuer_keys import issuer_key, key_location
from credential_core.sdjwt.issuing import issue
from credential_core.sdjwt.presenting import Binding, present
from credential_core.sdjwt.verifying import ExpectedBinding, VerifiedSdJwt, verify

__all__ = [
    "Binding",
    "ExpectedBinding",
    "SdJwt",
    "VerifiedSdJwt",
    "issue",
    "issuer_key",
    "key_location",
    "present",
    "verify",
]
