"""What somebody who was shown a credential does about a check that does not pass: sentences, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

UNTOUCHED: Final = (
    "Ask for the document as the issuer handed it out: a copy that was edited, converted or cut short does not verify."
)
FORGED: Final = (
    "It does not come from whom it names, or was changed since. Ask for the document as it was handed out; "
    "if that fails too, ask the issuer."
)
ISSUER_ERRS: Final = "The document is not as its standard wants it. Only its issuer can mend that, by issuing it again."
LATER: Final = "This could not be found out. Verify again later; if it stays so, ask the issuer."
UNREADABLE: Final = "This verifier does not read documents of this kind. Ask the issuer for one in Open Badges 3.0."
STRANGER: Final = (
    "Nobody here vouches for the issuer. If you know it, accept it: "
    "for good (PUT /verifications/trusted-issuers/{id}) or this once (acceptUnknownIssuer, --trust-unknown)."
)
DISTRUSTED: Final = "Whoever runs your verifier has said that this issuer is not to be trusted. Ask them why."
WITHDRAWN: Final = "The issuer has taken it back for good. What for, only the issuer can say."
SUSPENDED: Final = "The issuer has put it on hold. Verify again later, or ask the issuer."
OVER: Final = "Its time is over: validUntil says since when. Ask whether there is a newer one."
TOO_EARLY: Final = "It is not valid yet: validFrom says from when on."
SUPERSEDED: Final = "The issuer has corrected it. Ask for the newer document; this one counts no more."
SOMEBODY_ELSE: Final = "It was issued to somebody else than you asked about, or under another address. Ask which one."
PRESENTATION: Final = "Ask for a new presentation, made for you: this one does not show that its holder is meant by it."
PARTS: Final = "One of the documents within is the reason: `nested` has a report of each."

_BY_CODE: Final[Mapping[str, str]] = {
    "status_revoked": WITHDRAWN,
    "status_suspended": SUSPENDED,
    "expired": OVER,
    "not_yet_valid": TOO_EARLY,
    "superseded": SUPERSEDED,
    "issuer_unknown": STRANGER,
    "issuer_distrusted": DISTRUSTED,
    "issuer_missing": ISSUER_ERRS,
    "format_unsupported": UNREADABLE,
    "proof_type_unsupported": UNREADABLE,
    "cryptosuite_unsupported": UNREADABLE,
    "did_method_unsupported": UNREADABLE,
    "context_unknown": UNREADABLE,
    "context_inline": UNREADABLE,
}
_FAILED: Final[Mapping[str, str]] = {
    "parse": UNTOUCHED,
    "schema": ISSUER_ERRS,
    "proof": FORGED,
    "validity_period": ISSUER_ERRS,
    "recipient": SOMEBODY_ELSE,
    "holder_binding": PRESENTATION,
    "credentials": PARTS,
    "endorsements": PARTS,
}


def advice(check: str, outcome: str, code: str) -> str:
    """What to do about a check; empty where there is nothing to be done, because it passed or counts for nothing."""
    if outcome not in ("failed", "unknown"):
        return ""
    if code in _BY_CODE:
        return _BY_CODE[code]
    return LATER if outcome == "unknown" else _FAILED.get(check, ISSUER_ERRS)
