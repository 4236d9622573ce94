"""The gateway's unit of work: repositories over one session, and the same transaction for Authlib."""

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from gateway.adapters.accounts import SqlAccounts, SqlMails
from gateway.adapters.audit import SqlAudit
from gateway.adapters.clients import SqlClients
from gateway.adapters.grants import SqlGrants
from gateway.adapters.invitations import SqlInvitations
from gateway.adapters.logouts import SqlLogoutNotices
from gateway.adapters.organizations import SqlOrganizations
from gateway.adapters.passkeys import SqlPasskeys
from gateway.adapters.people import SqlAttempts, SqlMemberships, SqlSessions, SqlUsers
from gateway.adapters.signing_keys import SqlSigningKeys
from service_kit.database import UnitOfWork
from service_kit.idempotency import IdempotencyKeys

T = TypeVar("T")


class SqlUnitOfWork(UnitOfWork):
    """See core.ports.UnitOfWork."""

    @cached_property
    def organizations(self) -> SqlOrganizations:
        return SqlOrganizations(self.session)

    @cached_property
    def clients(self) -> SqlClients:
        return SqlClients(self.session)

    @cached_property
    def users(self) -> SqlUsers:
        return SqlUsers(self.session)

    @cached_property
    def memberships(self) -> SqlMemberships:
        return SqlMemberships(self.session)

    @cached_property
    def invitations(self) -> SqlInvitations:
        return SqlInvitations(self.session)

    @cached_property
    def sessions(self) -> SqlSessions:
        return SqlSessions(self.session)

    @cached_property
    def passkeys(self) -> SqlPasskeys:
        return SqlPasskeys(self.session)

    @cached_property
    def accounts(self) -> SqlAccounts:
        return SqlAccounts(self.session)

    @cached_property
    def mails(self) -> SqlMails:
        return SqlMails(self.session)

    @cached_property
    def logouts(self) -> SqlLogoutNotices:
        return SqlLogoutNotices(self.session)

    @cached_property
    def attempts(self) -> SqlAttempts:
        return SqlAttempts(self.session)

    @cached_property
    def signing_keys(self) -> SqlSigningKeys:
        return SqlSigningKeys(self.session)

    @cached_property
    def audit(self) -> SqlAudit:
        return SqlAudit(self.session)

    @cached_property
    def idempotency(self) -> IdempotencyKeys:
        return IdempotencyKeys(self.session)

    async def with_grants(self, use: Callable[[SqlGrants], T]) -> T:
        """Run synchronous code on this transaction. It waits for the database without holding up the loop."""
        return await self.session.run_sync(lambda session: use(SqlGrants(session.connection())))
