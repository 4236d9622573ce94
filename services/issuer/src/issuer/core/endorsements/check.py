"""Reading an endorsement that comes from outside, and judging one, new or old."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credential_core.errors import CredentialError
from credential_core.model.period import validity_period
from credential_core.report import Outcome, Report
from credential_core.verify import issuer_id, needs
from issuer.core.backpack.arrival import Examine
from issuer.core.backpack.model import Notation
from issuer.core.endorsements.model import Endorsement, Finding
from issuer.core.model import Json
from service_kit.errors import FieldError, Invalid

KINDS = frozenset({"EndorsementCredential"})
MOST_BYTES = 64 * 1024
LONGEST = 500  # characters of a name or an id
LONGEST_COMMENT = 5000
FINAL = frozenset({"expired", "signature_invalid", "schema_invalid"})


@dataclass(frozen=True, slots=True)
class Read:
    """What an endorsement says, before anything of it is believed."""

    document: Json
    text: str
    notation: Notation
    subject: str
    issuer_id: str
    issuer_name: str
    credential_id: str
    comment: str | None
    valid_from: datetime
    valid_until: datetime | None
    status_lists: tuple[str, ...]


class CheckEndorsement:
    """Reads and judges, by what the web and our own records say now. Outside any transaction."""

    def __init__(self, examine: Examine) -> None:
        self._examine = examine

    async def read(self, text: str, notation: Notation) -> Read:
        """Raises Invalid for what is no endorsement."""
        if len(text.encode()) > MOST_BYTES:
            raise _wrong(f"an endorsement has at most {MOST_BYTES} bytes")
        return _read(await self._examine.unverified(text, notation, KINDS), text, notation)

    async def judge(self, read: Read) -> Finding:
        """What speaks against it now."""
        return _finding(await self._examine.judged(read.document))

    async def again(self, endorsement: Endorsement) -> Finding:
        """The same for one that is here already."""
        document = await self._examine.unverified(endorsement.document, endorsement.notation, KINDS)
        return _finding(await self._examine.judged(document))


def _read(document: Json, text: str, notation: Notation) -> Read:
    subject = document.get("credentialSubject")
    if isinstance(subject, list) and len(subject) == 1:
        subject = subject[0]
    if not isinstance(subject, dict) or "EndorsementSubject" not in _listed(subject.get("type")):
        raise _wrong("credentialSubject: must be one EndorsementSubject")
    try:
        starts, ends = validity_period(document)
    except CredentialError as error:
        raise _wrong(f"its period cannot be read: {error.detail}") from error
    by = issuer_id(document)
    if by is None or starts is None:
        raise _wrong("it must name its issuer, and the moment from which it is valid")
    profile = document.get("issuer")
    name = profile.get("name") if isinstance(profile, dict) else None
    return Read(
        document=document,
        text=text,
        notation=notation,
        subject=_short("credentialSubject.id", subject.get("id")),
        issuer_id=_short("issuer.id", by),
        issuer_name=_short("issuer.name", name or by),
        credential_id=_short("id", document.get("id")),
        comment=_comment(subject.get("endorsementComment")),
        valid_from=starts,
        valid_until=ends,
        status_lists=tuple(needs(document).status_lists),
    )


def _finding(report: Report) -> Finding:
    against = [check for check in report.checks if check.outcome in {Outcome.FAILED, Outcome.UNKNOWN}]
    codes = tuple(dict.fromkeys(check.code for check in against))
    is_open = all(check.outcome is Outcome.UNKNOWN for check in against)
    return Finding(codes, is_open=bool(codes) and is_open, is_final=not FINAL.isdisjoint(codes))


def _short(member: str, value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > LONGEST:
        raise _wrong(f"{member}: must be a text of 1 to {LONGEST} characters")
    return value


def _comment(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > LONGEST_COMMENT:
        raise _wrong(f"credentialSubject.endorsementComment: must be a text of at most {LONGEST_COMMENT} characters")
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _wrong(detail: str) -> Invalid:
    return Invalid(f"the endorsement was refused: {detail}", errors=(FieldError("credential", detail),))
