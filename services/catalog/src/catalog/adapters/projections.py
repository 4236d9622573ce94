"""What other services told us. Only a higher revision replaces a row, so repeats and any order give the same rows."""

from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import ColumnElement, case, select
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.adapters.tables import AGREEMENTS, CREDENTIALS, ENDORSEMENTS, ISSUERS
from catalog.core.model import AgreementState, Endorsement, IssuerProfile

REVOKED = "revoked"


class SqlProjections:
    """See core.ports.Projections."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def put_issuer(self, issuer: IssuerProfile) -> None:
        """See core.ports.Projections."""
        values = asdict(issuer)
        statement = insert(ISSUERS).values(values)
        new = statement.excluded
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["slug"],
                set_={name: new[name] for name in values if name != "slug"},
                where=new.revision > ISSUERS.c.revision,
            )
        )

    async def put_issuance(self, credential_id: str, achievement: str, state: str, revision: int) -> None:
        """See core.ports.Projections. The achievement is always news; the state only if nothing later came first."""
        statement = insert(CREDENTIALS).values(
            credential_id=credential_id, achievement_id=achievement, state=state, revision=revision
        )
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["credential_id"],
                set_={"achievement_id": statement.excluded.achievement_id, **_newer(statement)},
            )
        )

    async def put_state(self, credential_id: str, state: str, revision: int) -> None:
        """See core.ports.Projections."""
        statement = insert(CREDENTIALS).values(credential_id=credential_id, state=state, revision=revision)
        await self._session.execute(
            statement.on_conflict_do_update(index_elements=["credential_id"], set_=_newer(statement))
        )

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


def _newer(statement: Insert) -> dict[str, ColumnElement[object]]:
    """State and revision of whichever is later. Revoked is final."""
    new, old = statement.excluded, CREDENTIALS.c
    wins = (new.revision > old.revision) & (old.state != REVOKED)
    return {
        "state": case((wins, new.state), else_=old.state),
        "revision": case((wins, new.revision), else_=old.revision),
    }
