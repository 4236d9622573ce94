"""Issuers: opening one with its key and first status list, amending its profile, setting its policy."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from contracts.events import IssuerPublished
from credential_core.did import (
    VerificationMethod,
    did_document,
    did_key,
    did_web,
)
from credential_core.errors import CredentialError
from credential_core.keys import PublicKey
from credential_core.methods import JwkMethod
from issuer.core.model import (
    Algorithm,
    AnyPublicKey,
    Issuer,
    IssuerId,
    IssuerKey,
    IssuingPolicy,
    Json,
    KeyId,
    KeyState,
    Method,
    fragment_of,
)
from issuer.core.ports import Audit, KeyStore, UnitOfWork, UnitsOfWork
from issuer.core.status_lists.lists import OpenStatusList
from service_kit.clock import Clock
from service_kit.errors import Conflict, NotFound, Unavailable, invalid_field
from service_kit.ids import NewId
from service_kit.inputs import Expectation, IdempotencyKey, whatever


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIssuer:
    """What a new issuer is to be. `profile` holds Open Badges 3.0 Profile members, without id and type.

    It gets a key of each of the `algorithms`, of which the first signs Open Badges; a did:key is one key.
    """

    org_id: str
    actor: str
    slug: str
    method: Method
    profile: Json
    algorithms: tuple[Algorithm, ...] = ("Ed25519",)
    key: IdempotencyKey | None = None


class OpenIssuer:
    """Creates an issuer: its keys, its identifier, its first status list, and the events that tell of both."""

    def __init__(
        self,
        *,
        unit_of_work: UnitsOfWork,
        keys: KeyStore,
        open_list: OpenStatusList,
        audit: Audit,
        did_web_origin: str,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._keys = keys
        self._open_list = open_list
        self._audit = audit
        self._did_web_origin = did_web_origin
        self._clock = clock
        self._new_id = new_id

    async def __call__(self, new: NewIssuer) -> Issuer:
        """Create it. Raises Conflict when the slug is taken by anybody."""
        issuer = await self._build(new)
        first_list = await self._open_list.prepare(issuer)
        async with self._unit_of_work() as work:
            earlier = None
            if new.key is not None:
                earlier = await work.idempotency.claim(new.org_id, new.key, issuer.slug)
            if earlier is not None:
                known = await locked(work, new.org_id, earlier)
            elif added := await work.issuers.add(issuer):
                await work.outbox.append(published(issuer))
                await self._open_list.store(work, first_list)
                await work.commit()
        if earlier is not None or not added:
            await discard(self._keys, issuer.keys)
        if earlier is not None:
            return known
        if not added:
            raise Conflict("another issuer has this slug", code="slug-taken")
        for key in issuer.keys:
            self._audit("issuer_opened", issuer=issuer.did, key_id=key.id, actor=new.actor)
        return issuer

    async def _build(self, new: NewIssuer) -> Issuer:
        issuer_id, now = IssuerId(self._new_id()), self._clock()
        made = [await self._new_key(issuer_id, algorithm) for algorithm in new.algorithms]
        did = self._did_web(new.slug) if new.method == "web" else _did_key(made[0][1])
        keys = tuple(
            IssuerKey(
                id=key_id,
                issuer_id=issuer_id,
                verification_method=f"{did}#{fragment_of(public)}",
                public=public,
                sealed=sealed,
                created_at=now,
                since=now,
            )
            for key_id, public, sealed in made
        )
        return Issuer(
            id=issuer_id,
            org_id=new.org_id,
            slug=new.slug,
            did=did,
            method=new.method,
            profile={"id": did, "type": ["Profile"], **new.profile},
            policy=IssuingPolicy(),
            active=True,
            revision=1,
            created_at=now,
            changed_at=now,
            keys=keys,
        )

    async def _new_key(self, issuer_id: IssuerId, algorithm: Algorithm) -> tuple[KeyId, AnyPublicKey, bytes]:
        key_id = KeyId(self._new_id())
        return key_id, *await self._keys.create(issuer_id, key_id, algorithm)

    def _did_web(self, slug: str) -> str:
        try:
            return did_web(self._did_web_origin, "issuers", slug)
        except CredentialError as error:
            raise invalid_field("slug", error.detail) from error


class AmendIssuer:
    """Changes an issuer's profile, or whether it is active. Its DID, slug and keys stay."""

    def __init__(self, *, unit_of_work: UnitsOfWork, clock: Clock) -> None:
        self._unit_of_work = unit_of_work
        self._clock = clock

    async def __call__(
        self,
        org_id: str,
        slug: str,
        profile: Mapping[str, Any],
        active: bool | None,
        *,
        expect: Expectation[Issuer] = whatever,
    ) -> Issuer:
        """Merge into the profile (RFC 7396: None removes a member). Raises NotFound, Stale."""
        async with self._unit_of_work() as work:
            issuer = await locked(work, org_id, slug)
            expect(issuer)
            merged = {name: value for name, value in {**issuer.profile, **profile}.items() if value is not None}
            amended = replace(
                issuer,
                profile=merged,
                active=issuer.active if active is None else active,
                revision=issuer.revision + 1,
                changed_at=self._clock(),
            )
            await work.issuers.save(amended)
            await work.outbox.append(published(amended))
            await work.commit()
        return amended


class SetPolicy:
    """Replaces an issuer's issuing policy. Nobody else needs to know it, so there is no event."""

    def __init__(self, *, unit_of_work: UnitsOfWork, audit: Audit) -> None:
        self._unit_of_work = unit_of_work
        self._audit = audit

    async def __call__(
        self, org_id: str, slug: str, policy: IssuingPolicy, actor: str, *, expect: Expectation[Issuer] = whatever
    ) -> Issuer:
        """Set it. Raises NotFound, Stale."""
        async with self._unit_of_work() as work:
            issuer = await locked(work, org_id, slug)
            expect(issuer)
            changed = replace(issuer, policy=policy)
            await work.issuers.save(changed)
            await work.commit()
        self._audit("policy_set", issuer=changed.did, actor=actor)
        return changed


async def discard(store: KeyStore, keys: Iterable[IssuerKey]) -> None:
    """Destroy keys that were made for nothing, as far as their store can be reached."""
    for key in keys:
        with suppress(Unavailable):
            await store.destroy(key)


async def locked(work: UnitOfWork, org_id: str, slug: str) -> Issuer:
    """The organization's issuer, locked until the end of the transaction. Raises NotFound."""
    issuer = await work.issuers.lock(org_id, slug)
    if issuer is None:
        raise NotFound("there is no such issuer")
    return issuer


def published(issuer: Issuer) -> IssuerPublished:
    """The event that carries an issuer's whole public record."""
    return IssuerPublished(
        issuer_id=issuer.did,
        slug=issuer.slug,
        org_id=issuer.org_id,
        revision=issuer.revision,
        active=issuer.active,
        name=str(issuer.profile.get("name", "")),
        profile=issuer.profile,
        did_document=did_document(issuer.did, [_method(issuer, key) for key in issuer.keys]),
        changed_at=issuer.changed_at,
    )


def _method(issuer: Issuer, key: IssuerKey) -> VerificationMethod | JwkMethod:
    revoked = key.since if key.state is KeyState.REVOKED else None
    if isinstance(key.public, PublicKey):
        return VerificationMethod(key.verification_method, issuer.did, key.public, revoked=revoked)
    return JwkMethod(key.verification_method, issuer.did, key.public, revoked=revoked)


def _did_key(public: AnyPublicKey) -> str:
    if not isinstance(public, PublicKey):
        raise invalid_field("keys", "a did:key is of a key that makes proofs")
    return did_key(public)
