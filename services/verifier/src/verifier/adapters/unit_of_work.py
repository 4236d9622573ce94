"""The verifier's unit of work: its repositories over one session."""

from typing import Self

from service_kit import database
from verifier.adapters.challenges import Challenges
from verifier.adapters.projections import Issuers, Pathways, States, StatusLists
from verifier.adapters.repositories import TrustedIssuers, Verifications


class UnitOfWork(database.UnitOfWork):
    """See core.ports.UnitOfWork."""

    issuers: Issuers
    status_lists: StatusLists
    states: States
    pathways: Pathways
    trusted_issuers: TrustedIssuers
    verifications: Verifications
    challenges: Challenges

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.issuers = Issuers(self.session)
        self.status_lists = StatusLists(self.session)
        self.states = States(self.session)
        self.pathways = Pathways(self.session)
        self.trusted_issuers = TrustedIssuers(self.session)
        self.verifications = Verifications(self.session)
        self.challenges = Challenges(self.session)
        return self

    async def commit(self) -> None:
        """See service_kit.database.UnitOfWork."""
        await self.states.flush()
        await super().commit()
