"""Who vouches for an issuer, and the answers in their names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from credential_core.report import Check, Report
from credential_core.verify import Trust, TrustAnswer
from verifier.core.model import Evidence

UNKNOWN = "issuer_unknown"
LONGEST_IDENTIFIER = 2048


@dataclass(frozen=True, slots=True)
class Vouch:
    """What is said of an issuer, under a code of its own."""

    code: str
    answer: TrustAnswer


def told(report: Report, vouched: Mapping[str, Vouch], unknown: Vouch) -> Report:
    """With the names of those who vouch, in the reports inside too."""
    issuer = (report.summary or {}).get("issuer") or {}
    vouch = vouched.get(str(issuer.get("id")), unknown)
    nested = (replace(each, report=told(each.report, vouched, unknown)) for each in report.nested)
    checks = (_plain(_name_trust(check, vouch)) for check in report.checks)
    return replace(report, checks=tuple(checks), nested=tuple(nested))


def _plain(check: Check) -> Check:
    """Without a source that is no identifier: it is quoted from the credential, which may hold anything there."""
    source = check.source
    return check if source is None or is_identifier(source) else replace(check, source=None)


def is_identifier(value: object) -> bool:
    """Whether this can be the address or name of something."""
    return isinstance(value, str) and len(value) <= LONGEST_IDENTIFIER


def registered_or_accepted(issuer: str, evidence: Evidence) -> Vouch:
    """Of an issuer that is known here, or on the organization's own list."""
    known = evidence.issuers.get(issuer)
    if known is None:
        answer = TrustAnswer(Trust.TRUSTED, "the organization's list accepts the issuer", "trusted-issuers")
        return Vouch("issuer_accepted_by_policy", answer)
    if known.active:
        return Vouch("issuer_registered", TrustAnswer(Trust.TRUSTED, "the issuer is registered here", "registry"))
    return Vouch("issuer_inactive", TrustAnswer(Trust.UNKNOWN, "the issuer is registered and inactive", "registry"))


def unknown_issuer(*, accept: bool) -> Vouch:
    """Of every other."""
    if accept:
        answer = TrustAnswer(Trust.TRUSTED, "nobody vouches for the issuer; the request accepts that", "request")
        return Vouch("issuer_accepted_by_policy", answer)
    return Vouch(UNKNOWN, TrustAnswer(Trust.UNKNOWN, "nobody vouches for the issuer"))


def answers(vouched: Mapping[str, Vouch]) -> Callable[[str], TrustAnswer]:
    """What the library asks."""

    def answer(issuer: str) -> TrustAnswer:
        return vouched[issuer].answer if issuer in vouched else TrustAnswer(Trust.UNKNOWN)

    return answer


def _name_trust(check: Check, vouch: Vouch) -> Check:
    """The library knows trusted and unknown; the answer says who vouches, or why nobody does."""
    if check.check == "issuer_trust" and check.code in {"issuer_trusted", "issuer_unknown"}:
        return replace(check, code=vouch.code)
    return check
