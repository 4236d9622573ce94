"""The end of connections to other hosts: forgotten here first, then the hosts are told, as well as it goes."""

import asyncio
from collections.abc import Sequence

from issuer.core.backpack import client
from issuer.core.backpack.hosts_model import HostId, RemoteHost
from issuer.core.backpack.hosts_ports import HostWorks, Outgoing, Sender
from issuer.core.backpack.model import PersonId
from service_kit.errors import NotFound, ServiceError
from service_kit.ids import is_id
from service_kit.inputs import Expectation

DEADLINE_S = 5.0


class Farewell:
    """Revokes the tokens of connections at their hosts (RFC 7009), where these say how.

    Nothing depends on it: a host that is away, or knows no revocation, keeps a grant that nobody here can use any more.
    """

    def __init__(self, *, sender: Sender, deadline_s: float = DEADLINE_S) -> None:
        self._sender = sender
        self._deadline_s = deadline_s

    async def __call__(self, hosts: Sequence[RemoteHost]) -> None:
        """All at once, within the deadline."""
        held = [host for host in hosts if host.secrets.access_token or host.secrets.refresh_token]
        try:
            async with asyncio.timeout(self._deadline_s):
                await asyncio.gather(*(self._revoke(host) for host in held))
        except TimeoutError:
            return

    async def _revoke(self, host: RemoteHost) -> None:
        try:
            said = await self._sender(Outgoing("GET", client.server_metadata(host.endpoints)))
            address = client.revocation(host.endpoints, said.document) if said.status == 200 else None
            for form in client.revocation_forms(host.secrets) if address else ():
                await self._sender(Outgoing("POST", address or "", client.form_headers(host.secrets), form))
        except ServiceError:
            return


class EndConnections:
    """Ends one connection, or everything that a person keeps here."""

    def __init__(self, *, works: HostWorks, farewell: Farewell) -> None:
        self._works = works
        self._farewell = farewell

    async def one(self, person: PersonId, host_id: str, expect: Expectation[RemoteHost]) -> None:
        """Forget its tokens here, then there. Raises NotFound, and what `expect` raises."""
        async with self._works() as work:
            host = await work.lock(person, HostId(host_id)) if is_id(host_id) else None
            if host is None:
                raise NotFound("there is no such host")
            expect(host)
            await work.remove_host(person, host.id)
            await work.commit()
        await self._farewell([host])

    async def with_the_backpack(self, person: PersonId) -> None:
        """The credentials, the profile and all consents go too. An empty backpack may be emptied again."""
        async with self._works() as work:
            hosts = await work.lock_all(person)
            await work.remove_all(person)
            await work.commit()
        await self._farewell(hosts)
