"""The rules of the core that need no database: transitions, achievements' addresses, recipients, sealed keys."""

import asyncio
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credential_core import jose
from credential_core.errors import KeyMaterialError
from credential_core.keys import SigningKey
from credential_core.model import identity_matches
from credential_core.proof import verify_proof
from issuer.adapters.keys.key_store import KeySealed, LocalKeyStore, recipient_keys
from issuer.core.credentials.achievements import Reference, await_achievement, parse_reference
from issuer.core.credentials.change_status import TARGET, Action, next_state
from issuer.core.credentials.recipient import Recipient, fingerprint, subject_of
from issuer.core.credentials.securing import Form, Manner
from issuer.core.model import Algorithm, IssuerId, IssuerKey, KeyId, State, fragment_of
from service_kit.errors import Conflict, Invalid

BASE = "https://laurel.example"
UID = "6f0c1ad0-0000-4000-8000-00000000000a"
KEK = bytes(range(32))


@given(st.lists(st.sampled_from(Action), max_size=12))
def test_revoked_is_final_and_repetition_changes_nothing(actions: list[Action]) -> None:
    state, revision, revoked = State.ISSUED, 1, False
    for action in actions:
        try:
            following = next_state(state, revision, action)
        except Conflict:
            assert state is State.REVOKED or (action is Action.REINSTATE and revision == 1)
            continue
        if following is None:
            assert TARGET[action] is state
            continue
        assert not revoked
        state, revision = following, revision + 1
        revoked = state is State.REVOKED
    assert state.bit is (state is not State.ISSUED)


@pytest.mark.parametrize(
    ("text", "version"),
    [(UID, None), (f"{BASE}/achievements/{UID}", None), (f"{BASE}/achievements/{UID}/versions/12", 12)],
)
def test_an_achievement_is_named_by_address_or_uuid(text: str, version: int | None) -> None:
    assert parse_reference(text, BASE) == Reference(f"{BASE}/achievements/{UID}", version)


@given(st.text() | st.text().map(lambda tail: f"{BASE}/achievements/{UID}/versions/{tail}x"))
def test_any_other_name_of_an_achievement_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_reference(text, BASE)


@pytest.mark.asyncio
async def test_an_achievement_that_never_comes_is_given_up() -> None:
    async def nothing(_: Reference) -> None:
        return None

    with pytest.raises(Conflict) as refused:
        await await_achievement(nothing, Reference(BASE, None), wait_s=0.1)
    assert refused.value.code == "achievement-not-known"


@given(st.emails(), st.text(st.characters(codec="ascii"), min_size=1))
def test_an_email_matches_its_hash_whatever_its_case(address: str, salt: str) -> None:
    for written in (address, address.upper(), f" {address} "):
        (identity,) = subject_of(Recipient("emailAddress", written), salt).identifiers
        if address.upper().lower() == address.lower():
            assert identity_matches(identity, address.lower(), "emailAddress")


def test_a_fingerprint_is_the_sha256_of_the_normalized_identifier() -> None:
    expected = hashlib.sha256(b"a@example.com").hexdigest()
    assert fingerprint(Recipient("emailAddress", "A@Example.com")) == expected


def test_recipient_keys_depend_on_organization_identifier_and_secret() -> None:
    first, second = recipient_keys(KEK), recipient_keys(KEK[::-1])
    found = {first("a", "x"), first("a", "y"), first("b", "x"), second("a", "x")}
    assert len(found) == 4
    assert first("a", "x") == recipient_keys(KEK)("a", "x")


async def stored_key(
    store: LocalKeyStore, issuer: str = "issuer", key: str = "key", algorithm: Algorithm = "Ed25519"
) -> IssuerKey:
    public, sealed = await store.create(IssuerId(issuer), KeyId(key), algorithm)
    method = f"did:web:laurel.test#{fragment_of(public)}"
    now = datetime.now(UTC)
    return IssuerKey(
        id=KeyId(key),
        issuer_id=IssuerId(issuer),
        verification_method=method,
        public=public,
        sealed=sealed,
        created_at=now,
        since=now,
    )


DOCUMENT = {"@context": ["https://www.w3.org/ns/credentials/v2"], "id": "urn:x", "type": ["VerifiableCredential"]}

BADGE = DOCUMENT | {
    "issuer": "did:web:laurel.test",
    "validFrom": "2026-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:ada"},
}


@pytest.mark.asyncio
@pytest.mark.parametrize("algorithm", get_args(Algorithm))
async def test_a_sealed_key_signs_in_another_process(algorithm: Algorithm) -> None:
    key = await stored_key(LocalKeyStore(KEK), algorithm=algorithm)
    assert key.algorithm == algorithm
    other = LocalKeyStore(KEK)
    secured = await other.secure(BADGE, key, Manner(form=Form.OPEN_BADGES_JWT, created=datetime.now(UTC)))
    token = jose.read(json.loads(secured.text))
    token.envelope.jws.verify(key.public)
    assert (token.envelope.profile, dict(token)) == (jose.Profile.OPEN_BADGES, BADGE)
    if key.makes_proofs:
        signed = await other.sign(DOCUMENT, key, datetime.now(UTC))
        verify_proof(signed, signed["proof"], key.of_proofs)
    else:
        with pytest.raises(KeyMaterialError):
            await other.sign(DOCUMENT, key, datetime.now(UTC))


@pytest.mark.asyncio
async def test_a_sealed_key_opens_only_for_its_issuer_its_id_and_our_secret() -> None:
    key = await stored_key(LocalKeyStore(KEK))
    moved = [
        (KEK, replace(key, id=KeyId("other"))),
        (KEK, replace(key, issuer_id=IssuerId("other"))),
        (KEK[::-1], key),
        (KEK, replace(key, sealed=b"\x02" + key.sealed[1:])),
        (KEK, replace(key, sealed=key.sealed[:-1])),
    ]
    for secret, one in moved:
        with pytest.raises(KeySealed):
            await LocalKeyStore(secret).sign(DOCUMENT, one, datetime.now(UTC))


@pytest.mark.asyncio
async def test_randomness_that_makes_no_key_is_drawn_again() -> None:
    draws = iter([bytes(32), b"\xff" * 32, bytes(31) + b"\x01", bytes(12)])
    public, _ = await LocalKeyStore(KEK, lambda _: next(draws)).create(IssuerId("i"), KeyId("k"), "P-256")
    assert public == SigningKey.from_seed(bytes(31) + b"\x01", "P-256").public


@pytest.mark.asyncio
async def test_nothing_of_a_private_key_shows() -> None:
    seeds = iter([bytes(32), bytes(12)])
    store = LocalKeyStore(KEK, lambda _: next(seeds))
    public, sealed = await store.create(IssuerId("i"), KeyId("k"), "Ed25519")
    assert public == SigningKey.from_seed(bytes(32)).public
    assert bytes(32) not in sealed
    assert await asyncio.to_thread(repr, store)
