"""What may differ from one rendering to the next: the origin, where the rooms listen, ports, limits."""

from dataclasses import dataclass, field
from enum import StrEnum

from gateway.edge.routes import Room


class Target(StrEnum):
    LOCAL = "local"
    """Processes of one machine: every room on its own port of the loopback address."""
    COMPOSE = "compose"
    """Containers: rooms by name on the service port, plain HTTP served as it is."""
    KUBERNETES = "kubernetes"
    """Pods behind Services: rooms by name on port 80, plain HTTP answered by a redirect to HTTPS."""


LOCAL_PORTS = {Room.GATEWAY: 8101, Room.CATALOG: 8102, Room.ISSUER: 8103, Room.REGISTRY: 8104, Room.VERIFIER: 8105}


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: `per_second` requests in the long run, `burst` at once."""

    per_second: int
    burst: int

    def __post_init__(self) -> None:
        if not 0 < self.per_second <= self.burst:
            raise ValueError(f"a rate needs 0 < per_second <= burst, not {self.per_second} and {self.burst}")

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """`200:400`: 200 each second, 400 at once."""
        per_second, _, burst = text.partition(":")
        return cls(int(per_second), int(burst or per_second))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Counted in each Envoy by itself: a fleet of n of them lets n times as much through."""

    client: Rate
    """Requests of one OAuth client, by the `client_id` of its token."""
    address: Rate
    """Requests without a token, by address."""
    sign_in: Rate
    """Requests to /oauth and /login, by address: the brake on guessing secrets."""
    callers: int = 10_000
    """Callers remembered at once; the longest silent one is forgotten first."""
    connections: int = 10_000


# One machine also carries load tests and the demonstration, whose whole classroom is one address.
GENEROUS = Limits(client=Rate(1_000, 2_000), address=Rate(1_000, 2_000), sign_in=Rate(200, 400))
STRICT = Limits(client=Rate(200, 400), address=Rate(200, 400), sign_in=Rate(50, 100))
DEFAULT_LIMITS = {Target.LOCAL: GENEROUS, Target.COMPOSE: GENEROUS, Target.KUBERNETES: STRICT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """PEM files read at start."""

    chain: str
    private_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedSecret:
    """An Envoy secret file (SDS), read again when it or the PEM files it names are replaced."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSettings:
    public_base_url: str
    """Also the issuer of every access token, and the base of problem types."""
    audiences: tuple[str, ...] = ()
    """Empty: the public base URL alone."""
    limits: Limits
    tls: Certificate | WatchedSecret | None = None
    """None: there is no TLS listener."""
    host: str = "127.0.0.1"
    plain_port: int = 8080
    tls_port: int = 8443
    admin_port: int = 9901
    probe_port: int | None = None
    """Serves /ready and /stats/prometheus of the admin interface, which itself stays on the loopback address."""
    room_ports: dict[Room, int] = field(default_factory=lambda: dict(LOCAL_PORTS))
    trusted_hops: int = 0
    """Proxies in front whose X-Forwarded-For entry is believed."""

    def __post_init__(self) -> None:
        if self.public_base_url.endswith("/"):
            raise ValueError("the public base URL ends without a slash")
        if missing := [room.value for room in Room if room not in self.room_ports]:
            raise ValueError(f"no port for {', '.join(missing)}")

    @property
    def accepted_audiences(self) -> tuple[str, ...]:
        return self.audiences or (self.public_base_url,)
