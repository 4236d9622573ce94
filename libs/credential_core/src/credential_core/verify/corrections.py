"""Whether a document still stands for its credential: a correction signs a newer one under the same id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from credential_core.errors import CredentialError
from credential_core.jcs import digest
from credential_core.model.period import validity_period
from credential_core.report import Check, Outcome
from credential_core.verify.inputs import KnownStatus

CHECK: Final = "correction"


def check_correction(document: Mapping[str, Any], known: KnownStatus | None) -> list[Check]:
    """Nothing for a credential that was never corrected. The document of before fails, though its proof is genuine.

    A derived or enveloped form has a digest of its own, and a correction may be newer than the one that is known:
    then the newer `validFrom` wins, as the specification has it.
    """
    if known is None or known.correction is None:
        return []
    correction, source = known.correction, known.source
    if _digest(document) == correction.digest:
        return [Check(CHECK, Outcome.PASSED, "current", "the document is the one that the correction signed", source)]
    try:
        starts, _ = validity_period(document)
    except CredentialError:
        starts = None
    if starts is None:
        return [Check(CHECK, Outcome.UNKNOWN, "correction_undecided", "the document has no readable validFrom", source)]
    if starts < correction.valid_from:
        return [
            Check(CHECK, Outcome.FAILED, "superseded", "the issuer has replaced the document by a newer one", source)
        ]
    return [Check(CHECK, Outcome.PASSED, "current", "the document is not older than the correction", source)]


def _digest(document: Mapping[str, Any]) -> str | None:
    try:
        return digest(document)
    except CredentialError:
        return None
