"""What the verifier owns: each organization's trusted issuers and its history."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from credential_core.report import Outcome, Verdict
from service_kit.errors import invalid_field
from service_kit.inputs import Page, PageRequest
from verifier.adapters.tables import TRUSTED_ISSUERS, VERIFICATIONS
from verifier.core.model import Finding, TrustedIssuer, Verification


class TrustedIssuers:
    """See core.ports.TrustedIssuers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def among(self, org_id: str, issuer_ids: Collection[str]) -> Collection[str]:
        """Those of the issuers that the organization accepts."""
        table = TRUSTED_ISSUERS.c
        query = select(table.issuer_id).where(table.org_id == org_id, table.issuer_id.in_(issuer_ids))
        return set(await self._session.scalars(query))

    async def get(self, org_id: str, issuer_id: str) -> TrustedIssuer | None:
        """Its entry, None where it is not accepted."""
        table = TRUSTED_ISSUERS.c
        query = select(table.issuer_id, table.added_at).where(table.org_id == org_id, table.issuer_id == issuer_id)
        row = (await self._session.execute(query)).one_or_none()
        return None if row is None else TrustedIssuer(row.issuer_id, row.added_at)

    async def add(self, org_id: str, issuer_id: str, *, at: datetime, at_most: int) -> TrustedIssuer | None:
        """Add it, unless the list is full. The bound is a courtesy: two requests at once may pass it by one."""
        table = TRUSTED_ISSUERS.c
        present = await self.get(org_id, issuer_id)
        if present is not None:
            return present
        count = await self._session.scalar(
            select(func.count()).select_from(TRUSTED_ISSUERS).where(table.org_id == org_id)
        )
        if (count or 0) >= at_most:
            return None
        row = {"org_id": org_id, "issuer_id": issuer_id, "added_at": at}
        await self._session.execute(insert(TRUSTED_ISSUERS).values(row).on_conflict_do_nothing())
        return await self.get(org_id, issuer_id)

    async def remove(self, org_id: str, entry: TrustedIssuer) -> bool:
        """Whether this very one was there to remove."""
        table = TRUSTED_ISSUERS.c
        statement = delete(TRUSTED_ISSUERS).where(
            table.org_id == org_id, table.issuer_id == entry.issuer_id, table.added_at == entry.added_at
        )
        return await self._session.scalar(statement.returning(table.issuer_id)) is not None

    async def page(self, org_id: str, page: PageRequest) -> Page[TrustedIssuer]:
        """In the order of issuer ids."""
        table = TRUSTED_ISSUERS.c
        query = select(table.issuer_id, table.added_at).where(table.org_id == org_id).order_by(table.issuer_id)
        if page.after:
            query = query.where(table.issuer_id > page.after[0])
        rows = (await self._session.execute(query.limit(page.limit + 1))).all()
        items = [TrustedIssuer(row.issuer_id, row.added_at) for row in rows[: page.limit]]
        return Page(items, (items[-1].issuer_id,) if len(rows) > page.limit else None)


class Verifications:
    """See core.ports.Verifications."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, verification: Verification) -> None:
        """Append one."""
        row = {
            "id": verification.id,
            "org_id": verification.org_id,
            "input_digest": verification.input_digest,
            "credential_id": verification.credential_id,
            "issuer_id": verification.issuer_id,
            "verdict": verification.verdict,
            "findings": [asdict(finding) for finding in verification.findings],
            "verified_at": verification.verified_at,
        }
        await self._session.execute(insert(VERIFICATIONS).values(row))

    async def get(self, org_id: str, verification_id: str) -> Verification | None:
        """One of the organization's own."""
        table = VERIFICATIONS.c
        query = select(VERIFICATIONS).where(table.org_id == org_id, table.id == verification_id)
        row = (await self._session.execute(query)).mappings().one_or_none()
        return None if row is None else _verification(row)

    async def page(self, org_id: str, page: PageRequest, *, verdict: Verdict | None) -> Page[Verification]:
        """The organization's own, newest first."""
        table = VERIFICATIONS.c
        query = select(VERIFICATIONS).where(table.org_id == org_id).order_by(table.sequence.desc())
        if page.after:
            query = query.where(table.sequence < _position(page.after))
        if verdict is not None:
            query = query.where(table.verdict == verdict)
        rows = (await self._session.execute(query.limit(page.limit + 1))).mappings().all()
        more = len(rows) > page.limit
        kept = rows[: page.limit]
        return Page([_verification(row) for row in kept], (str(kept[-1]["sequence"]),) if more else None)


def _position(after: tuple[str, ...]) -> int:
    if len(after) != 1 or not after[0].isascii() or not after[0].isdigit() or len(after[0]) > 18:
        raise invalid_field("cursor", "is not a cursor of this list")
    return int(after[0])


def _verification(row: RowMapping) -> Verification:
    return Verification(
        id=row["id"],
        org_id=row["org_id"],
        input_digest=row["input_digest"],
        credential_id=row["credential_id"],
        issuer_id=row["issuer_id"],
        verdict=Verdict(row["verdict"]),
        findings=tuple(_finding(finding) for finding in row["findings"]),
        verified_at=row["verified_at"],
    )


def _finding(stored: dict[str, Any]) -> Finding:
    return Finding(stored["check"], Outcome(stored["outcome"]), stored["code"], stored["source"])
