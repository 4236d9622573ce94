"""The route table: every public address of the fleet and the room that answers it, once.

Rows are tried from the top and the first match wins. An address that no row matches is a 404 of the edge, so a
service's own `/metrics`, `/livez` and `/readyz` cannot be reached from outside.
"""

from dataclasses import dataclass
from enum import StrEnum


class Room(StrEnum):
    GATEWAY = "gateway"
    CATALOG = "catalog"
    ISSUER = "issuer"
    REGISTRY = "registry"
    VERIFIER = "verifier"


class Access(StrEnum):
    """Who calls an address, and so what the edge does for it."""

    PUBLIC = "public"
    """Anyone reads it, any web page may too, and nobody writes. A token, where one is shown, is still checked."""
    TOKEN = "token"  # noqa: S105 - the name of a kind
    """The room asks for an access token, at least to write."""
    CLIENT = "client"
    """The room authenticates OAuth clients, or who signed what is brought, itself: no access token is looked at, calls
    are counted by address.
    """
    PAGE = "page"
    """For a person's own browser: as CLIENT, and no other origin may read it (RFC 9700 §2.6)."""


@dataclass(frozen=True, slots=True)
class Path:
    """Exactly this path."""

    value: str


@dataclass(frozen=True, slots=True)
class Under:
    """This path and everything below it, on segment borders: `/courses` is not `/coursesx`."""

    value: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """An RE2 expression over the whole path, without its query."""

    value: str


READ = ("GET", "HEAD")
HEALTH = "/healthz"
"""With `/`, what the edge itself answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    match: Path | Under | Pattern
    room: Room
    access: Access = Access.TOKEN
    methods: tuple[str, ...] = ()
    """Empty: every method. A row with methods is followed by one without, which also takes the preflight."""
    timeout_s: int = 15
    rewrite: str | None = None
    """The path the room sees instead."""


def _metadata(document: str) -> Route:
    return Route(match=Under(f"/.well-known/{document}"), room=Room.GATEWAY, access=Access.PUBLIC)


def _published(prefix: str) -> tuple[Route, Route]:
    """A collection of the catalog: anyone reads, a token writes."""
    return (
        Route(match=Under(prefix), room=Room.CATALOG, access=Access.PUBLIC, methods=READ),
        Route(match=Under(prefix), room=Room.CATALOG),
    )


def _record(prefix: str) -> Route:
    return Route(match=Under(prefix), room=Room.REGISTRY, access=Access.PUBLIC)


def _of(room: Room, *prefixes: str) -> tuple[Route, ...]:
    return tuple(Route(match=Under(prefix), room=room) for prefix in prefixes)


def _call(room: Room, *paths: str) -> tuple[Route, ...]:
    return tuple(Route(match=Path(path), room=room) for path in paths)


GATEWAY = (
    _metadata("oauth-authorization-server"),
    _metadata("openid-configuration"),
    _metadata("oauth-protected-resource"),
    Route(match=Path("/oauth/jwks"), room=Room.GATEWAY, access=Access.PUBLIC),
    Route(match=Under("/oauth/authorize"), room=Room.GATEWAY, access=Access.PAGE),
    Route(match=Under("/oauth/logout"), room=Room.GATEWAY, access=Access.PAGE),
    Route(match=Under("/oauth"), room=Room.GATEWAY, access=Access.CLIENT),
    Route(match=Under("/login"), room=Room.GATEWAY, access=Access.PAGE),
    *_of(Room.GATEWAY, "/organizations", "/clients"),
    Route(match=Under("/problems"), room=Room.GATEWAY, access=Access.PUBLIC),
    Route(match=Path("/openapi.json"), room=Room.GATEWAY, access=Access.PUBLIC, rewrite="/docs/openapi.json"),
    Route(match=Under("/sandbox"), room=Room.GATEWAY, access=Access.PUBLIC),
    Route(match=Under("/docs"), room=Room.GATEWAY, access=Access.PUBLIC),
)

CATALOG = (
    Route(match=Path("/courses/import"), room=Room.CATALOG, timeout_s=120),
    *_published("/courses"),
    Route(match=Path("/achievements/import"), room=Room.CATALOG, timeout_s=60),
    *_published("/achievements"),
    *_published("/pathways"),
    *_published("/skills"),
    Route(match=Path("/job-profiles/match"), room=Room.CATALOG),
    Route(match=Under("/skill-frameworks"), room=Room.CATALOG, access=Access.PUBLIC, methods=READ),
    Route(match=Under("/skill-frameworks"), room=Room.CATALOG, timeout_s=120),
    Route(match=Path("/changes"), room=Room.CATALOG, access=Access.PUBLIC),
    Route(match=Path("/export"), room=Room.CATALOG, access=Access.PUBLIC),
    *_published("/metadata-profiles"),
    Route(match=Under("/contexts"), room=Room.CATALOG, access=Access.PUBLIC),
    *(Route(match=Path(path), room=Room.CATALOG, access=Access.PUBLIC) for path in ("/robots.txt", "/sitemap.xml")),
    Route(match=Under("/sitemaps"), room=Room.CATALOG, access=Access.PUBLIC),
)

REGISTRY = (
    Route(match=Pattern(r"/issuers/[^/]+"), room=Room.REGISTRY, access=Access.PUBLIC, methods=READ),
    Route(match=Pattern(r"/issuers/[^/]+/(did\.json|export)"), room=Room.REGISTRY, access=Access.PUBLIC),
    _record("/records"),
    Route(match=Path("/statistics"), room=Room.REGISTRY, access=Access.PUBLIC),
    _record("/status-lists"),
    _record("/log"),
    Route(match=Under("/accreditations"), room=Room.REGISTRY, access=Access.PUBLIC, methods=READ),
    *_of(Room.REGISTRY, "/accreditations"),
)

ISSUER = (
    *_of(Room.ISSUER, "/issuers", "/credentials", "/stacks", "/recognitions", "/progress"),
    *_of(Room.ISSUER, "/endorsements"),
    Route(match=Pattern(r"/recognition-agreements/[^/]+/statements"), room=Room.ISSUER, access=Access.CLIENT),
    Route(match=Under("/recognition-agreements"), room=Room.ISSUER, access=Access.PUBLIC),
    Route(match=Under("/batches"), room=Room.ISSUER, timeout_s=120),
    Route(match=Pattern(r"/learners/me/hosts/return/[^/]+"), room=Room.ISSUER, access=Access.PAGE),
    Route(match=Under("/learners/me/hosts"), room=Room.ISSUER, timeout_s=60),
    *_of(Room.ISSUER, "/offers", "/learners/me"),
    Route(match=Path("/ims/ob/v3p0/logo.svg"), room=Room.ISSUER, access=Access.PUBLIC),
    Route(match=Path("/ims/ob/v3p0/discovery"), room=Room.ISSUER, access=Access.PUBLIC),
    *_of(Room.ISSUER, "/ims/ob/v3p0"),
    *_call(Room.ISSUER, "/vc/credentials/issue", "/vc/credentials/status", "/vc/credentials/derive"),
    Route(match=Pattern(r"/vc/[^/]+/credentials/issue"), room=Room.ISSUER),
)

VERIFIER = (
    *_of(Room.VERIFIER, "/verifications", "/monitors", "/receipts", "/presentation-requests"),
    *_call(Room.VERIFIER, "/vc/credentials/verify", "/vc/presentations/verify", "/vc/challenges"),
)

DESCRIPTIONS = tuple(
    Route(
        match=Path(f"/openapi/{room}.json"),
        room=room,
        access=Access.PUBLIC,
        rewrite="/openapi.json",
    )
    for room in Room
)

# What the bare origin is in a browser; a program gets the edge's own list of addresses.
FRONT_PAGE = Route(match=Path("/"), room=Room.GATEWAY, access=Access.PUBLIC, rewrite="/docs/welcome")

# The registry stands before the issuer: both answer below /issuers, the registry's two rows are the exceptions.
ROUTES: tuple[Route, ...] = (*GATEWAY, *CATALOG, *REGISTRY, *ISSUER, *VERIFIER, *DESCRIPTIONS)
