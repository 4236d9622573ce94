"""A person connects the backpack to another host of Open Badges, and moves credentials there and back.

Each step is: one transaction that takes the connection, the network, one transaction that stores what came of it. While
a connection is taken nobody else uses it, so that a refresh token is never shown twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from issuer.core.backpack import client
from issuer.core.backpack.farewell import Farewell
from issuer.core.backpack.hosts_model import (
    CONSENT_LIFETIME,
    LEASE,
    MOST_HOSTS,
    HostId,
    RemoteHost,
    digest_of,
)
from issuer.core.backpack.hosts_ports import Answer, HostReading, HostWork, HostWorks, Outgoing, Sender
from issuer.core.backpack.model import KeptId, Outcome, PersonId
from issuer.core.backpack.ports import BackpackReading
from service_kit.clock import Clock
from service_kit.errors import Conflict, Gone, Invalid, NotFound, invalid_field
from service_kit.ids import NewId, is_id
from service_kit.inputs import Expectation, IdempotencyKey, whatever

REFUSALS = frozenset({400, 401})  # RFC 6749 §5.2; whatever else a token endpoint says may pass
PUSHED = {201: Outcome.CREATED, 200: Outcome.REPLACED, 304: Outcome.OLDER}


@dataclass(frozen=True, slots=True)
class Begun:
    """A connection that waits for the person's consent at this address."""

    host: RemoteHost
    authorization_url: str


class Connections:
    """Taking a connection for a while, and calling its host with a token that is fresh enough.

    `every`: how long after its consent it is first looked through by itself; zero for never.
    """

    def __init__(self, *, works: HostWorks, sender: Sender, farewell: Farewell, clock: Clock, every: timedelta) -> None:
        self._works = works
        self._sender = sender
        self._farewell = farewell
        self._clock = clock
        self._every = every

    async def take(
        self, person: PersonId, host_id: str, *, connected: bool, expect: Expectation[RemoteHost] = whatever
    ) -> RemoteHost:
        """The person's connection, busy from now on. Raises NotFound, Conflict, and what `expect` raises."""
        now = self._clock()
        async with self._works() as work:
            host = await work.lock(person, HostId(host_id)) if is_id(host_id) else None
            if host is None:
                raise NotFound("there is no such host")
            expect(host)
            if host.busy_until is not None and host.busy_until > now:
                raise Conflict("something else is under way with this host; try again", code="host-busy")
            if host.is_connected != connected or (host.waits_until is not None and host.waits_until <= now):
                raise Conflict(_WRONG_STATE[connected], code="host-not-connected")
            until = now + LEASE
            await work.hold(host.id, until)
            await work.commit()
        return replace(host, busy_until=until)

    async def give_back(self, host: RemoteHost) -> None:
        """Let others have it, unless somebody has it by now because this took too long."""
        async with self._works() as work:
            await work.give_back(host)
            await work.commit()

    async def call(self, host: RemoteHost, request: Outgoing) -> Answer:
        """With the access token, and once more with a fresh one if that is refused. Raises Unavailable, Conflict."""
        answer = await self._sender(_authorized(host, request))
        if answer.status != 401 or not host.secrets.refresh_token:
            return answer
        renewed = await self.tokens(host, client.refresh_form(host.secrets))
        return await self._sender(_authorized(renewed, request))

    async def tokens(self, host: RemoteHost, form: bytes) -> RemoteHost:
        """The connection with new tokens, stored at once: the old refresh token may be used up.

        Raises NotFound for one that was ended meanwhile; its new tokens are given up.
        """
        answer = await self._sender(Outgoing("POST", host.endpoints.token, client.form_headers(host.secrets), form))
        if answer.status != 200:
            why = f"its token endpoint answered {answer.status}; delete the connection and begin anew"
            raise client.refused(why, has_ended=answer.status in REFUSALS)
        secrets = client.with_tokens(host.secrets, answer.document)
        now = self._clock()
        due = host.pulls_at or (now + self._every if self._every else None)
        renewed = replace(host, secrets=secrets, waits_until=None, changed_at=now, pulls_at=due)
        async with self._works() as work:
            is_there = await work.save(renewed)
            await work.commit()
        if not is_there:
            await self._farewell([renewed])
            raise NotFound("there is no such host")
        return renewed


_WRONG_STATE = {
    True: "the person has not allowed this at the other host yet",
    False: "this connection does not wait for a consent any more",
}


class ConnectHost:
    """Discovers a host, registers there, and says where the person goes to allow it."""

    def __init__(
        self, *, works: HostWorks, sender: Sender, origin: str, clock: Clock, new_id: NewId, new_secret: NewId
    ) -> None:
        self._works = works
        self._sender = sender
        self._origin = origin
        self._clock = clock
        self._new_id = new_id
        self._new_secret = new_secret

    async def __call__(self, person: PersonId, discovery_url: str, key: IdempotencyKey | None = None) -> Begun:
        """Raises Invalid for an address that is no host's, Conflict when there are too many or it says no.

        To a key that is known nothing more happens. Of several at once under one key, one is kept; the others have
        registered in vain.
        """
        if key is not None:
            async with self._works() as work:
                earlier = await work.idempotency.find(person, key)
                if earlier is not None:
                    return await _begun_before(work, person, earlier)
        host = await self._registered(person, discovery_url)
        async with self._works() as work:
            earlier = await work.idempotency.claim(person, key, host.id) if key is not None else None
            if earlier is not None:
                return await _begun_before(work, person, earlier)
            await work.open(person, host.created_at)
            if await work.count(person) >= MOST_HOSTS:
                raise Conflict(f"a backpack is connected to {MOST_HOSTS} hosts at most", code="too-many-hosts")
            await work.add(host)
            await work.commit()
        return Begun(host, host.secrets.authorization_url)

    async def _registered(self, person: PersonId, discovery_url: str) -> RemoteHost:
        """A connection that the other host knows of, and nobody here yet."""
        if not discovery_url.endswith(f"/ims/ob/v3p0{client.DISCOVERY}"):
            raise invalid_field("discoveryUrl", "must end in /ims/ob/v3p0/discovery")
        found = await self._sender(Outgoing("GET", discovery_url))
        if found.status != 200:
            raise invalid_field("discoveryUrl", f"answered {found.status}")
        where = client.endpoints(discovery_url, found.document)
        self._sender.check(where.authorization)  # a browser goes there, and to nothing that we would not read
        host_id, state, now = HostId(self._new_id()), self._new_secret(), self._clock()
        redirect = redirect_uri(self._origin, host_id)
        scope = client.scope(found.document)
        body = client.metadata(self._origin, redirect, scope)
        answer = await self._sender(Outgoing("POST", where.registration, {"Content-Type": "application/json"}, body))
        if answer.status != 201:
            raise client.refused(f"its registration answered {answer.status}")
        secrets = replace(client.registered(answer.document), verifier=self._new_secret())
        secrets = replace(secrets, authorization_url=client.authorization_url(where, secrets, redirect, scope, state))
        return RemoteHost(host_id, person, where, secrets, digest_of(state), now, now, now + CONSENT_LIFETIME)


async def _begun_before(work: HostWork, person: PersonId, host_id: str) -> Begun:
    """As it was answered then, whatever became of it. Raises Gone."""
    host = await work.lock(person, HostId(host_id))
    if host is None:
        raise Gone("the connection that this Idempotency-Key began was ended")
    begun = replace(host, waits_until=host.created_at + CONSENT_LIFETIME, pulls_at=None, pulled_at=None)
    return Begun(begun, host.secrets.authorization_url)


class ConfirmHost:
    """Completes a connection with the code that the person's browser was shown.

    Not when the browser comes back: whoever begins a connection could have somebody else allow it. Only who sees the
    page after allowing knows the code.
    """

    def __init__(self, *, connections: Connections, origin: str) -> None:
        self._connections = connections
        self._origin = origin

    async def __call__(
        self, person: PersonId, host_id: str, code: str, expect: Expectation[RemoteHost] = whatever
    ) -> RemoteHost:
        """Raises NotFound, Conflict, and what `expect` raises."""
        host = await self._connections.take(person, host_id, connected=False, expect=expect)
        try:
            form = client.code_form(code, host.secrets, redirect_uri(self._origin, host.id))
            return await self._connections.tokens(host, form)
        finally:
            await self._connections.give_back(host)


class PushCredential:
    """Puts one of the person's credentials into the other host, as it is."""

    def __init__(self, *, connections: Connections, reading: BackpackReading) -> None:
        self._connections = connections
        self._reading = reading

    async def __call__(self, person: PersonId, host_id: str, kept_id: str) -> Outcome:
        """Raises NotFound, Conflict, Unavailable."""
        found = await self._reading.text(person, KeptId(kept_id)) if is_id(kept_id) else None
        if found is None:
            raise NotFound("there is no such credential in the backpack")
        notation, text = found
        host = await self._connections.take(person, host_id, connected=True)
        try:
            headers = {"Content-Type": client.MEDIA_TYPES[notation]}
            request = Outgoing("POST", f"{host.endpoints.api}/credentials", headers, text.encode())
            answer = await self._connections.call(host, request)
        finally:
            await self._connections.give_back(host)
        if answer.status not in PUSHED:
            raise client.refused(f"it answered {answer.status} to the credential")
        return PUSHED[answer.status]


_NO_PROFILE = (
    "it offered no profile when this connection was begun; if it does now, delete the connection and begin anew"
)


class ReadProfileThere:
    """Asks the other host for the person's profile. It is shown and not kept: what is kept here the person sets."""

    def __init__(self, *, connections: Connections) -> None:
        self._connections = connections

    async def __call__(self, person: PersonId, host_id: str) -> str:
        """The profile's text. Raises NotFound, Conflict, Unavailable."""
        host = await self._connections.take(person, host_id, connected=True)
        try:
            if client.PROFILE not in client.asked(host.secrets):
                raise client.refused(_NO_PROFILE)
            answer = await self._connections.call(host, Outgoing("GET", f"{host.endpoints.api}/profile"))
        finally:
            await self._connections.give_back(host)
        if answer.status == 404:
            raise NotFound("the other host has no profile of the person")
        if answer.status != 200:
            raise client.refused(f"it answered {answer.status} to the question for the profile")
        return client.profile(answer.document)


class ReadHosts:
    """The person's connections."""

    def __init__(self, *, reading: HostReading, clock: Clock) -> None:
        self._reading = reading
        self._clock = clock

    async def all(self, person: PersonId) -> Sequence[RemoteHost]:
        """At most MOST_HOSTS, oldest first."""
        return await self._reading.hosts(person)

    async def one(self, person: PersonId, host_id: str) -> RemoteHost:
        """Raises NotFound."""
        found = next((host for host in await self._reading.hosts(person) if host.id == host_id), None)
        if found is None:
            raise NotFound("there is no such host")
        return found

    async def awaits(self, host_id: str, state: str) -> str:
        """The name of the host that this answer to an authorization request comes from. Raises Invalid."""
        waiting = (
            await self._reading.waiting(HostId(host_id), digest_of(state), self._clock()) if is_id(host_id) else None
        )
        if waiting is None:
            raise Invalid("this answer was not asked for, or came too late; begin again in your program")
        return waiting


def redirect_uri(origin: str, host_id: HostId) -> str:
    """Where a host sends browsers back to: one address each, so that none can answer for another (RFC 9700 §4.4)."""
    return f"{origin}/learners/me/hosts/return/{host_id}"


def _authorized(host: RemoteHost, request: Outgoing) -> Outgoing:
    headers = {**request.headers, "Authorization": f"Bearer {host.secrets.access_token}"}
    return replace(request, headers=headers)
