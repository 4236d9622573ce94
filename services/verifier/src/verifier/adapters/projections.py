"""What the verifier keeps of the fleet. Only a higher revision replaces what is here."""

from collections.abc import Collection, Mapping

from sqlalchemy import RowMapping, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from credential_core.verify import KnownState as State
from service_kit.direct import fetch
from service_kit.unnest import columns_of, insert_all, rounds
from verifier.adapters.tables import CREDENTIAL_STATES, ISSUERS, PATHWAYS, STATUS_LISTS
from verifier.core.model import Correction, Json, KnownIssuer, KnownList, KnownState, PathwayVersion

CORRECTION = ("corrected_digest", "corrected_valid_from", "corrected_revision")
CHANGED = """(credential_states.state <> 'revoked'
  AND (excluded.state = 'revoked' OR excluded.revision > credential_states.revision))"""
CORRECTED = "(excluded.corrected_revision > coalesce(credential_states.corrected_revision, 0))"


def _news(is_news: str, *names: str) -> str:
    chosen = "{0} = CASE WHEN {1} THEN excluded.{0} ELSE credential_states.{0} END"
    return ", ".join(chosen.format(name, is_news) for name in names)


KEEP_STATES = f"""
{insert_all(CREDENTIAL_STATES)} ON CONFLICT (credential_id) DO UPDATE SET
  {_news(CHANGED, "issuer_id", "state", "revision")}, {_news(CORRECTED, *CORRECTION)}
WHERE {CHANGED} OR {CORRECTED}
"""


class Issuers:
    """See core.ports.Issuers."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def by_ids(self, issuer_ids: Collection[str]) -> Mapping[str, KnownIssuer]:
        """Those that are known, by their id."""
        found = await self._session.execute(select(ISSUERS).where(ISSUERS.c.issuer_id.in_(issuer_ids)))
        return {row["issuer_id"]: KnownIssuer(**row) for row in found.mappings()}

    async def apply(self, issuer: KnownIssuer) -> None:
        """Keep it if it is news."""
        statement = insert(ISSUERS).values(
            slug=issuer.slug,
            issuer_id=issuer.issuer_id,
            org_id=issuer.org_id,
            name=issuer.name,
            active=issuer.active,
            did_document=issuer.did_document,
            revision=issuer.revision,
        )
        news = statement.excluded
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["slug"],
                set_={name: news[name] for name in ISSUERS.c.keys() if name != "slug"},  # noqa: SIM118 - a collection
                where=news.revision > ISSUERS.c.revision,
            )
        )


class StatusLists:
    """See core.ports.StatusLists."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def by_urls(self, urls: Collection[str]) -> Mapping[str, KnownList]:
        """Those that are known, by their address."""
        found = await self._session.execute(select(STATUS_LISTS).where(STATUS_LISTS.c.url.in_(urls)))
        return {row["url"]: KnownList(**row) for row in found.mappings()}

    async def apply(self, status_list: KnownList) -> None:
        """Keep it if it is news."""
        statement = insert(STATUS_LISTS).values(
            url=status_list.url,
            issuer_id=status_list.issuer_id,
            credential=status_list.credential,
            revision=status_list.revision,
        )
        news = statement.excluded
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["url"],
                set_={"issuer_id": news.issuer_id, "credential": news.credential, "revision": news.revision},
                where=news.revision > STATUS_LISTS.c.revision,
            )
        )


class Pathways:
    """See core.ports.Pathways."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def by_versions(self, versions: Collection[PathwayVersion]) -> Mapping[PathwayVersion, Json]:
        """The documents of those that are known."""
        table = PATHWAYS.c
        query = select(PATHWAYS).where(tuple_(table.pathway_id, table.version).in_(versions))
        rows = (await self._session.execute(query)).mappings()
        return {(row["pathway_id"], row["version"]): row["document"] for row in rows}

    async def add(self, version: PathwayVersion, document: Json) -> None:
        """Keep it. What a version says never changes."""
        pathway_id, number = version
        values = {"pathway_id": pathway_id, "version": number, "document": document}
        await self._session.execute(insert(PATHWAYS).values(values).on_conflict_do_nothing())


class States:
    """See core.ports.States. What is applied is written by `flush`: a chunk of events by one statement."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._told: list[dict[str, object]] = []

    async def by_ids(self, credential_ids: Collection[str]) -> Mapping[str, KnownState]:
        """The last known states of those credentials that events told of."""
        query = select(CREDENTIAL_STATES).where(CREDENTIAL_STATES.c.credential_id.in_(credential_ids))
        rows = (await self._session.execute(query)).mappings()
        return {row["credential_id"]: _state(row) for row in rows}

    async def apply(self, state: KnownState) -> None:
        """Keep what is news: of the state, and of the correction. Each has a revision of its own.

        A revocation is final: it wins over any revision, in whatever order they come.
        """
        self._told.append(_row(state))

    async def flush(self) -> None:
        """Send what was told. Whoever commits calls it."""
        told, self._told = self._told, []
        for rows in rounds(told, "credential_id"):
            await fetch(self._session, KEEP_STATES, *columns_of(CREDENTIAL_STATES, rows))


def _row(state: KnownState) -> dict[str, object]:
    last = state.correction
    told = (None, None, None) if last is None else (last.digest, last.valid_from, last.revision)
    return {
        "credential_id": state.credential_id,
        "issuer_id": state.issuer_id,
        "state": state.state,
        "revision": state.revision,
        **dict(zip(CORRECTION, told, strict=True)),
    }


def _state(row: RowMapping) -> KnownState:
    told = [row[name] for name in CORRECTION]
    correction = None if told[0] is None else Correction(*told)
    return KnownState(row["credential_id"], row["issuer_id"], State(row["state"]), row["revision"], correction)
