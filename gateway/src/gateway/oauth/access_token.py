"""Access tokens in the JWT profile of RFC 9068: how they are made, and how the introspection endpoint reads them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749 import UnauthorizedClientError
from joserfc import jwt
from joserfc.jwk import ECKey, Key

from gateway.core.authorization import Grant, Person
from gateway.core.model import ClientId, KnownClient, OrganizationId
from gateway.core.people import User
from gateway.core.scopes import Kind
from gateway.core.signing_key import Algorithm, KeyId
from gateway.oauth.policy import Policy
from service_kit import compact_jws
from service_kit.errors import Unavailable

TYPE = "at+jwt"
ALGORITHM = Algorithm.ES256
SHOWING_ADDRESS = frozenset({"email", "backpack:manage"})


@dataclass(frozen=True, slots=True)
class ActiveKey:
    """A private key that signs now, and the name that verifiers know it by."""

    id: KeyId
    private: Key


@dataclass(frozen=True, slots=True)
class Keys:
    """The signing keys of this moment, and every public key that a token may still name."""

    active: Mapping[Algorithm, ActiveKey]
    public: Mapping[str, Mapping[str, Any]]

    def signing(self, algorithm: Algorithm) -> ActiveKey:
        """The key that signs by this algorithm. Raises Unavailable where there is none at this moment."""
        if algorithm not in self.active:
            raise Unavailable(f"no key signs by {algorithm} now; one is made within half a minute")
        return self.active[algorithm]


@dataclass(frozen=True, slots=True)
class AccessToken:
    """The claims of one of our own tokens, verified. It may have expired."""

    claims: Mapping[str, Any]

    @property
    def id(self) -> str:
        """`jti`."""
        return str(self.claims["jti"])

    @property
    def client_id(self) -> str:
        """The client it was given to."""
        return str(self.claims["client_id"])

    @property
    def subject(self) -> str:
        """Whom it speaks for: a person, or a client."""
        return str(self.claims["sub"])

    @property
    def scopes(self) -> tuple[str, ...]:
        """What it allows, in order."""
        return tuple(str(self.claims["scope"]).split())

    @property
    def audiences(self) -> tuple[str, ...]:
        """`aud`: the issuer, and the resources that it was asked for."""
        return tuple(self.claims["aud"])

    @property
    def actors(self) -> Mapping[str, Any] | None:
        """`act`: the clients it was handed on to, the last one outside (RFC 8693 §4.1)."""
        found = self.claims.get("act")
        return found if isinstance(found, dict) else None

    @property
    def key(self) -> str | None:
        """The thumbprint of the key that it is bound to."""
        return self.claims["cnf"]["jkt"] if "cnf" in self.claims else None

    @property
    def organization(self) -> str:
        """The tenant it acts for."""
        return str(self.claims["org"])

    @property
    def grant(self) -> str | None:
        """The person's grant it comes from; None for a client that acts for its organization."""
        found = self.claims.get("grant_id")
        return found if isinstance(found, str) else None

    @property
    def expires_at(self) -> float:
        """Seconds since 1970."""
        return float(self.claims["exp"])

    def check_client(self, client: Any) -> bool:
        """Asked by Authlib's revocation endpoint."""
        return bool(client.get_client_id() == self.client_id)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a token is for: a client for its organization, or a person through a client, by a grant.

    `key` is the thumbprint of the key it is bound to (RFC 9449 §6). `actors` is `act` of a token that was handed on.
    `email_sha256` is the digest of a confirmed address; a token that is handed on has none.
    """

    subject: str
    client: ClientId
    organization: OrganizationId
    kind: Kind
    grant: str | None = None
    key: str | None = None
    actors: Mapping[str, Any] | None = None
    email_sha256: str | None = None

    @classmethod
    def of_client(cls, client: KnownClient, key: str | None) -> "Holder":
        """The client itself. Raises UnauthorizedClientError for one that is nobody's."""
        if client.organization is None or client.kind is None:
            raise UnauthorizedClientError("the client belongs to no organization")
        return cls(client.id, client.id, client.organization, client.kind, key=key)

    @classmethod
    def of_person(cls, grant: Grant, person: Person, scopes: Sequence[str], key: str | None) -> "Holder":
        """A person in one of the person's organizations, by these scopes of a grant."""
        held = person.membership
        address = _shown_digest(person.user, scopes)
        return cls(held.user, grant.client, held.organization, held.kind, grant.id, key, email_sha256=address)

    @property
    def actor(self) -> str:
        """As the audit trail names it."""
        return f"user:{self.subject}" if self.grant else f"client:{self.client}"

    def claims(self) -> dict[str, Any]:
        """The token's claims about it."""
        found: dict[str, Any] = {
            "sub": self.subject,
            "client_id": self.client,
            "org": self.organization,
            "org_kind": self.kind.value,
        }
        found |= {"grant_id": self.grant} if self.grant else {}
        found |= {"act": self.actors} if self.actors else {}
        found |= {"email_sha256": self.email_sha256} if self.email_sha256 else {}
        return found | ({"cnf": {"jkt": self.key}} if self.key else {})


def _shown_digest(user: User, scopes: Sequence[str]) -> str | None:
    """For a client that may know the address and look after the backpack: what was issued to it is found by that.

    A digest can be guessed from, so that nobody gets it who may not know the address itself (ADR 0079).
    """
    if user.email_verified_at is None or not set(scopes) >= SHOWING_ADDRESS:
        return None
    return hashlib.sha256(user.email.encode()).hexdigest()


def sign(
    holder: Holder,
    scopes: Sequence[str],
    targets: Sequence[str],
    *,
    policy: Policy,
    keys: Keys,
    now: datetime,
    token_id: str,
    expires_at: int,
) -> str:
    """A signed token. The issuer is always among its audiences; `targets` are added."""
    issued_at = int(now.timestamp())
    claims = {
        "iss": policy.issuer,
        "aud": list(dict.fromkeys((policy.issuer, *targets))),
        **holder.claims(),
        "scope": " ".join(scopes),
        "iat": issued_at,
        "exp": expires_at,
        "jti": token_id,
    }
    key = keys.signing(ALGORITHM)
    return jwt.encode({"alg": ALGORITHM, "typ": TYPE, "kid": key.id}, claims, key.private, algorithms=[ALGORITHM])


def read(token: str, policy: Policy, keys: Keys) -> AccessToken | None:
    """One of our own tokens, or None. Its time is not looked at."""
    try:
        header = compact_jws.read_header(token)
        public = keys.public.get(header.get("kid", ""))
        if public is None or public["alg"] != ALGORITHM or header.get("typ") != TYPE:
            return None
        claims = compact_jws.read_claims(token, ECKey.import_key(dict(public)), frozenset({ALGORITHM}))
    except compact_jws.JwsError:
        return None
    return AccessToken(claims) if claims.get("iss") == policy.issuer else None
