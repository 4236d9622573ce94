"""From a badge of Open Badges 2.0 and its documents to a report."""

from datetime import datetime

from credential_core.errors import CredentialError
from credential_core.openbadges2 import badge_issuer, verify_badge
from credential_core.report import Report
from credential_core.verify import rejected
from verifier.core.earlier_badges import EarlierBadge
from verifier.core.model import Evidence
from verifier.core.vouching import answers, registered_or_accepted, told, unknown_issuer


def judge_badge(sent: EarlierBadge, evidence: Evidence, now: datetime, *, accept_unknown_issuer: bool) -> Report:
    """The report on one of Open Badges 2.0. That a hosted one cannot be had says nothing of it."""
    unknown = unknown_issuer(accept=accept_unknown_issuer)
    documents = evidence.badge_documents
    try:
        badge = sent.read(documents)
    except CredentialError as error:
        return rejected(error)
    issuer = badge_issuer(badge, documents)
    vouched = {} if issuer is None else {issuer: unknown}
    vouched |= {name: registered_or_accepted(name, evidence) for name in evidence.accepted}
    report = verify_badge(badge, documents=documents, now=now, trusted_issuers=answers(vouched))
    return told(report, vouched, unknown)
