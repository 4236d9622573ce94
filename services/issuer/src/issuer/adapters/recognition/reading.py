"""Reads about recognition outside any transaction."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    Select,
    Table,
    and_,
    cast,
    false,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from credential_core.errors import DocumentError
from credential_core.timestamps import parse_timestamp
from issuer.adapters import rows
from issuer.adapters.recognition import rows as made
from issuer.adapters.recognition.recognitions import counted_in, is_party, signed_about
from issuer.adapters.recognition.sources import source_status, watched_in
from issuer.adapters.recognition.tables import (
    AGREEMENT_CHANGES,
    AGREEMENTS,
    RECOGNITION_CHANGES,
    RECOGNITION_SOURCES,
    RECOGNITIONS,
)
from issuer.adapters.stacks.tables import PATHWAYS
from issuer.adapters.tables import ACHIEVEMENTS, CREDENTIALS, ID, ISSUERS, MOMENT
from issuer.core.model import APPEAL_DAYS, Credential, CredentialId
from issuer.core.recognition.agreement import PUBLIC, Agreement, AgreementChange, AgreementId, AgreementState
from issuer.core.recognition.deciding import Counted
from issuer.core.recognition.ports import Viewer, WantedAgreements, WantedRecognitions
from issuer.core.recognition.recognition import Place, Recognition, RecognitionChange, RecognitionId
from issuer.core.recognition.sources import SourceMatter, SourceStatus
from service_kit.database import Database
from service_kit.errors import invalid_field
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest

OF = AGREEMENTS.c
ONE = RECOGNITIONS.c
SOURCE = RECOGNITION_SOURCES.c
EVERYBODYS = OF.state.in_([state.value for state in PUBLIC])


class ReadingRecognitions:
    """See issuer.core.recognition.ports.RecognitionReading."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def _rows(self, query: Select[Any]) -> Sequence[RowMapping]:
        async with self._database.connection() as connection:
            return list((await connection.execute(query)).mappings())

    async def agreement(self, party: str | None, agreement_id: AgreementId) -> Agreement | None:
        """One that the organization is a party of; without one, of those that everybody may read."""
        seen = EVERYBODYS if party is None else is_party(party)
        found = await self._rows(select(AGREEMENTS).where(OF.id == agreement_id, seen))
        return made.agreement(found[0]) if found else None

    async def with_outsider(self, agreement_id: AgreementId) -> Agreement | None:
        """One whose partner is not on this fleet, proposed or whatever became of it."""
        found = await self._rows(select(AGREEMENTS).where(OF.id == agreement_id, OF.source_org == OF.source_issuer))
        return made.agreement(found[0]) if found else None

    async def agreement_changes(self, agreement_id: AgreementId) -> Sequence[AgreementChange]:
        """Its life, oldest first."""
        table = AGREEMENT_CHANGES.c
        query = select(AGREEMENT_CHANGES).where(table.agreement_id == agreement_id).order_by(table.revision)
        return [made.agreement_change(row) for row in await self._rows(query)]

    async def agreements(self, wanted: WantedAgreements, page: PageRequest) -> Page[Agreement]:
        """Newest first."""
        found, last = await self._page(AGREEMENTS, _agreements(wanted), page)
        return Page([made.agreement(row) for row in found], last)

    async def signed(self, place: Place, source_issuer: str) -> Sequence[Agreement]:
        """The signed ones about the programme and issuer."""
        return [made.agreement(row) for row in await self._rows(signed_about(place, source_issuer))]

    async def counted(self, place: Place) -> Counted:
        """What counts in the place."""
        async with self._database.connection() as connection:
            return await counted_in(connection, place)

    async def recognition(self, viewer: Viewer, recognition_id: RecognitionId) -> Recognition | None:
        """One that the viewer may see."""
        found = await self._rows(select(RECOGNITIONS).where(ONE.id == recognition_id, _seen_by(viewer)))
        return made.recognition(found[0]) if found else None

    async def changes(self, recognition_id: RecognitionId) -> Sequence[RecognitionChange]:
        """Its life, oldest first."""
        table = RECOGNITION_CHANGES.c
        query = select(RECOGNITION_CHANGES).where(table.recognition_id == recognition_id).order_by(table.revision)
        return [made.change(row) for row in await self._rows(query)]

    async def watched(self, recognition_id: RecognitionId) -> SourceStatus | None:
        """What was last seen of what is recognised, if that was issued elsewhere."""
        found = await self._rows(watched_in(recognition_id))
        return source_status(found[0]) if found else None

    async def recognitions(self, viewer: Viewer, wanted: WantedRecognitions, page: PageRequest) -> Page[Recognition]:
        """Newest first."""
        found, last = await self._page(RECOGNITIONS, [_seen_by(viewer), *_recognitions(wanted)], page)
        return Page([made.recognition(row) for row in found], last)

    async def programme_owner(self, programme: str) -> str | None:
        """The organization whose pathway or achievement it is, if it is published and not retired."""
        owners = union_all(
            *(
                select(table.c.org_id).where(table.c.id == programme, table.c.retired.is_(False))
                for table in (PATHWAYS, ACHIEVEMENTS)
            )
        ).subquery()
        async with self._database.connection() as connection:
            found: str | None = await connection.scalar(select(owners.c.org_id).limit(1))
        return found

    async def achievement_owner(self, achievement: str) -> str | None:
        """The organization that published it here, retired or not."""
        query = select(ACHIEVEMENTS.c.org_id).where(ACHIEVEMENTS.c.id == achievement).limit(1)
        async with self._database.connection() as connection:
            found: str | None = await connection.scalar(query)
        return found

    async def organization_of(self, did: str) -> str | None:
        """The organization that an issuer belongs to, if it is one of ours."""
        async with self._database.connection() as connection:
            found: str | None = await connection.scalar(select(ISSUERS.c.org_id).where(ISSUERS.c.did == did))
        return found

    async def appeal_days(self, org_id: str) -> int:
        """How long an organization's refusals may be appealed against: the most that its issuers' policies give."""
        said = select(ISSUERS.c.policy["appeal_days"].as_integer()).where(ISSUERS.c.org_id == org_id)
        async with self._database.connection() as connection:
            found = (await connection.scalars(said)).all()
        return max((APPEAL_DAYS if days is None else days for days in found), default=APPEAL_DAYS)

    async def organizations(self) -> Collection[str]:
        """Those that have issuers."""
        async with self._database.connection() as connection:
            return (await connection.scalars(select(ISSUERS.c.org_id).distinct())).all()

    async def own(self, credential_id: CredentialId) -> Credential | None:
        """A credential that was issued here, by whichever organization."""
        found = await self._rows(select(*rows.WITHOUT_DOCUMENT).where(CREDENTIALS.c.id == credential_id))
        return rows.credential(found[0]) if found else None

    async def _page(
        self, table: Table, which: Sequence[ColumnElement[bool]], page: PageRequest
    ) -> tuple[Sequence[RowMapping], tuple[str, ...] | None]:
        place = tuple_(table.c.created_at, table.c.id)
        query = select(table).where(*which)
        if page.after is not None:
            query = query.where(place < _position(page.after))
        query = query.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(page.limit + 1)
        found = await self._rows(query)
        items = found[: page.limit]
        last = (items[-1]["created_at"].isoformat(), str(items[-1]["id"])) if len(found) > page.limit else None
        return items, last


def _seen_by(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.org_id is not None:
        return ONE.org_id == viewer.org_id
    if viewer.person is None:
        return false()
    return or_(ONE.person == viewer.person, ONE.recipient_key.in_(viewer.recipient_keys))


def _agreements(wanted: WantedAgreements) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = [EVERYBODYS] if wanted.is_public else []
    if wanted.party is not None:
        filters.append(is_party(wanted.party))
    filters.extend(_standing(wanted))
    if wanted.issuer is not None:
        filters.append(or_(OF.recognising_issuer == wanted.issuer, OF.source_issuer == wanted.issuer))
    if wanted.programme is not None:
        filters.append(OF.programme == wanted.programme)
    return filters


def _standing(wanted: WantedAgreements) -> Iterator[ColumnElement[bool]]:
    """What is signed expires with its date."""
    if wanted.state not in (None, AgreementState.SIGNED, AgreementState.EXPIRED):
        yield OF.state == wanted.state.value
    elif wanted.state is not None:
        is_over = cast(OF.document["validUntil"].as_string(), MOMENT) <= wanted.now
        yield OF.state == AgreementState.SIGNED.value
        yield is_over if wanted.state is AgreementState.EXPIRED else is_over.is_not(true())


def _recognitions(wanted: WantedRecognitions) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        filters.append(ONE.state == wanted.state.value)
    if wanted.programme is not None:
        filters.append(ONE.programme == wanted.programme)
    if wanted.source is not None:
        filters.append(ONE.id.in_(select(SOURCE.recognition_id).where(_matter(wanted.source))))
    return filters


def _matter(source: SourceMatter) -> ColumnElement[bool]:
    if source is SourceMatter.REVIEW:
        return and_(SOURCE.review.is_not(None), SOURCE.review["code"].astext.is_distinct_from(SOURCE.review_kept))
    return and_(SOURCE.problem["code"].astext == source.value)


def _position(after: tuple[str, ...]) -> Any:
    try:
        moment, found_id = after
        created_at = parse_timestamp(moment)
    except (ValueError, DocumentError) as error:
        raise invalid_field("cursor", "is not a cursor of this list") from error
    if not is_id(found_id):
        raise invalid_field("cursor", "is not a cursor of this list")
    return tuple_(literal(created_at, MOMENT), literal(found_id, ID))
