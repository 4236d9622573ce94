"""What other services told us. Only a higher revision replaces a row, so repeats and any order give the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters.tables import AGREEMENTS, CREDENTIALS, ENDORSEMENTS, ISSUERS
from catalog.core.model import AgreementState, Endorsement, IssuerProfile
from service_kit.direct import fetch
from service_kit.unnest import columns_of, insert_all, rounds

# State and revision are of whichever is later; revoked is final. What changes nothing writes nothing.
LATER = "excluded.revision > credentials.revision AND credentials.state <> 'revoked'"
PUT_CREDENTIALS = f"""
{insert_all(CREDENTIALS)} ON CONFLICT (credential_id) DO UPDATE SET
  achievement_id = coalesce(excluded.achievement_id, credentials.achievement_id),
  state = CASE WHEN {LATER} THEN excluded.state ELSE credentials.state END,
  revision = CASE WHEN {LATER} THEN excluded.revision ELSE credentials.revision END
WHERE {LATER} OR coalesce(excluded.achievement_id, credentials.achievement_id)
  IS DISTINCT FROM credentials.achievement_id
"""
OF_NONE = ""  # and not NULL, which leaves what is known
OWNERS = "SELECT id, org_id FROM achievements WHERE id = ANY ($1::text[])"


class SqlProjections:
    """See core.ports.Projections. Credentials are written by `flush`: those of a chunk of events by one statement."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._credentials: list[dict[str, Any]] = []

    async def put_issuer(self, issuer: IssuerProfile) -> None:
        """See core.ports.Projections. The same revision again writes what an older release kept nothing of."""
        values = asdict(issuer)
        statement = insert(ISSUERS).values(values)
        new = statement.excluded
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["slug"],
                set_={name: new[name] for name in values if name != "slug"},
                where=new.revision >= ISSUERS.c.revision,
            )
        )

    async def put_issuance(self, credential_id: str, achievement: str, by: str, state: str, revision: int) -> None:
        """See core.ports.Projections. The achievement is always news; the state only if nothing later came first."""
        self._put(by, credential_id, achievement, state, revision)

    async def put_state(self, credential_id: str, state: str, revision: int) -> None:
        """See core.ports.Projections."""
        self._put(None, credential_id, None, state, revision)

    def _put(self, by: str | None, *values: str | int | None) -> None:
        self._credentials.append(dict(zip(CREDENTIALS.c.keys(), values, strict=True)) | {"by": by})

    async def flush(self) -> None:
        """Send the credentials that were put. Whoever commits calls it."""
        put, self._credentials = self._credentials, []
        owned = await self._owned(put)
        for rows in rounds(owned, "credential_id"):
            await fetch(self._session, PUT_CREDENTIALS, *columns_of(CREDENTIALS, rows))

    async def _owned(self, put: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those that others than an achievement's organization issued count for none of it."""
        named = {one["achievement_id"]: _last(one["achievement_id"]) for one in put if one["achievement_id"]}
        found = await fetch(self._session, OWNERS, sorted({*named.values()})) if named else ()
        owners = dict(map(tuple, found))
        return [one | {"achievement_id": _counted(one, owners)} for one in put]

    async def put_endorsement(self, endorsement: Endorsement, revision: int) -> bool:
        """See core.ports.Projections."""
        return await self._put_endorsement(asdict(endorsement) | {"revision": revision, "shown": True})

    async def withdraw_endorsement(self, endorsement_id: str, subject: str, revision: int) -> bool:
        """See core.ports.Projections. Its text goes too."""
        gone = dict.fromkeys(field.name for field in fields(Endorsement))
        known = {"id": endorsement_id, "subject": subject, "revision": revision, "shown": False}
        return await self._put_endorsement(gone | known)

    async def put_agreement(self, agreement_id: str, state: AgreementState, revision: int) -> bool:
        """See core.ports.Projections."""
        held = select(AGREEMENTS.c.state).where(AGREEMENTS.c.id == agreement_id).with_for_update()
        before = await self._session.scalar(held)
        statement = insert(AGREEMENTS).values(id=agreement_id, state=state.value, revision=revision)
        new = statement.excluded
        newer = statement.on_conflict_do_update(
            index_elements=["id"],
            set_={"state": new.state, "revision": new.revision},
            where=new.revision > AGREEMENTS.c.revision,
        )
        is_newer = await self._session.scalar(newer.returning(AGREEMENTS.c.id)) is not None
        return is_newer and before != state.value

    async def _put_endorsement(self, values: dict[str, Any]) -> bool:
        """Whether anybody sees a difference: it is shown now and was not, or the other way round."""
        held = select(ENDORSEMENTS.c.shown, ENDORSEMENTS.c.revision).where(ENDORSEMENTS.c.id == values["id"])
        before = (await self._session.execute(held.with_for_update())).one_or_none()
        statement = insert(ENDORSEMENTS).values(values)
        new = statement.excluded
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["id"],
                set_={name: new[name] for name in values if name != "id"},
                where=new.revision > ENDORSEMENTS.c.revision,
            )
        )
        if before is None:
            return values["shown"] is True
        return before.revision < values["revision"] and before.shown is not values["shown"]


def _counted(put: Mapping[str, Any], owners: Mapping[str, str]) -> str | None:
    """The achievement that a credential counts for: an issuer's own policy may let it issue those of others too."""
    achievement: str | None = put["achievement_id"]
    if achievement is None:
        return None
    return achievement if owners.get(_last(achievement), put["by"]) == put["by"] else OF_NONE


def _last(address: str) -> str:
    return address.rpartition("/")[2]
