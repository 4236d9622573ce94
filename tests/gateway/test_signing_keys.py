"""The life of a signing key: published before use, kept until its last token has expired, sealed at rest."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from sqlalchemy import select, text, update

from gateway.adapters.signing_keys import generate, key_maker, key_opener
from gateway.adapters.tables import AUDIT, SIGNING_KEYS
from gateway.adapters.vault import LocalVault
from gateway.core.signing_key import Algorithm, KeyId, KeyState, RotationPolicy, SigningKey, Step, steps
from gateway.main import application, wire
from gateway.oauth.access_token import Keys
from gateway.oauth.key_ring import REFRESH_EVERY_S, KeyRing
from service_kit.errors import Unauthorized, Unavailable
from tests.gateway.harness import BASE, Gateway

POLICY = RotationPolicy(publish_before_use=timedelta(minutes=15), keep_after_use=timedelta(minutes=12))
START = datetime(2026, 9, 1, tzinfo=UTC)


def key(name: str, state: KeyState, minutes_ago: int, retired_ago: int | None = None) -> SigningKey:
    retired = START - timedelta(minutes=retired_ago) if retired_ago is not None else None
    return SigningKey(KeyId(name), {}, b"", state, START - timedelta(minutes=minutes_ago), retired)


def test_a_key_signs_only_after_it_was_published_long_enough() -> None:
    active, young = key("a", KeyState.ACTIVE, 999), key("n", KeyState.NEXT, 14)
    assert steps([active, young], START, POLICY, compromised=False) == []
    ripe = key("n", KeyState.NEXT, 15)
    assert steps([active, ripe], START, POLICY, compromised=False) == [
        Step(active.id, KeyState.ACTIVE, KeyState.RETIRED),
        Step(ripe.id, KeyState.NEXT, KeyState.ACTIVE),
    ]


def test_a_key_goes_only_after_its_last_token_has_expired() -> None:
    active = key("a", KeyState.ACTIVE, 999)
    assert steps([active, key("r", KeyState.RETIRED, 999, 11)], START, POLICY, compromised=False) == []
    gone = key("r", KeyState.RETIRED, 999, 12)
    assert steps([active, gone], START, POLICY, compromised=False) == [
        Step(gone.id, KeyState.RETIRED, KeyState.REMOVED)
    ]


def test_a_compromised_key_goes_at_once() -> None:
    active, young = key("a", KeyState.ACTIVE, 1), key("n", KeyState.NEXT, 0)
    assert steps([active, young], START, POLICY, compromised=True) == [
        Step(active.id, KeyState.ACTIVE, KeyState.REMOVED),
        Step(young.id, KeyState.NEXT, KeyState.ACTIVE),
    ]


@given(plain=st.binary(max_size=200), purpose=st.text(max_size=20), other=st.text(max_size=20))
def test_a_box_opens_for_its_purpose_only(plain: bytes, purpose: str, other: str) -> None:
    vault = LocalVault(bytes(32))
    box = vault.seal(plain, purpose)
    assert vault.open(box, purpose) == plain
    if other != purpose:
        with pytest.raises(ValueError, match="does not open"):
            vault.open(box, other)


@pytest.mark.parametrize(
    "spoil", [lambda box: box[:-1], lambda box: b"x" + box[1:], lambda _: b"", lambda box: box[:5]]
)
def test_a_changed_box_does_not_open(spoil: Callable[[bytes], bytes]) -> None:
    vault = LocalVault(bytes(32))
    with pytest.raises(ValueError, match="does not open"):
        vault.open(spoil(vault.seal(b"plain", "p")), "p")


@pytest.mark.asyncio
@pytest.mark.parametrize("algorithm", Algorithm)
async def test_a_key_opens_with_its_own_vault_only(algorithm: Algorithm) -> None:
    made = await key_maker(LocalVault(bytes(32)))(algorithm, KeyState.ACTIVE, START)
    assert key_opener(LocalVault(bytes(32)))(made).thumbprint() == made.id
    assert (made.algorithm, made.public["alg"]) == (algorithm, algorithm.value)
    assert made.public.keys().isdisjoint({"d", "p", "q", "dp", "dq", "qi"})
    with pytest.raises(ValueError, match="does not open"):
        key_opener(LocalVault(bytes([1]) * 32))(made)


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_key_is_made_anew_each_time(algorithm: Algorithm) -> None:
    assert generate(algorithm).thumbprint() != generate(algorithm).thumbprint()


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_missing_key_is_an_answer_that_may_be_asked_for_again(algorithm: Algorithm) -> None:
    with pytest.raises(Unavailable, match=algorithm):
        Keys({}, {}).signing(algorithm)


def key_of(token: str) -> str:
    kid: str = jws.extract_compact(token.encode()).headers()["kid"]
    return kid


async def published(gateway: Gateway) -> list[str]:
    return [one["kid"] for one in (await gateway.http.get("/oauth/jwks")).json()["keys"]]


def another_process(gateway: Gateway) -> Gateway:
    """The same database, with caches of its own: a process that starts now."""
    parts = wire(gateway.settings, gateway.database, gateway.fetcher, gateway.clock)
    transport = httpx.ASGITransport(app=application(gateway.settings, parts))
    return replace(gateway, parts=parts, http=httpx.AsyncClient(transport=transport, base_url=BASE))


@pytest.mark.db
@pytest.mark.asyncio
class TestRotation:
    async def test_the_first_request_makes_an_active_and_a_next_key(self, gateway: Gateway) -> None:
        answer = await gateway.http.get("/oauth/jwks")
        assert answer.headers["cache-control"] == "public, max-age=300"
        keys = answer.json()["keys"]
        assert sorted(one["alg"] for one in keys) == ["ES256", "ES256", "RS256", "RS256"]
        shown = {"EC": {"crv", "x", "y"}, "RSA": {"n", "e"}}
        assert all(one.keys() == {"kty", "kid", "use", "alg"} | shown[one["kty"]] for one in keys)
        again = await gateway.http.get("/oauth/jwks", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")

    async def test_starting_processes_agree_on_the_first_keys(self, gateway: Gateway) -> None:
        processes = [another_process(gateway) for _ in range(5)]
        found = await asyncio.gather(*(published(one) for one in processes))
        assert all(sorted(one) == sorted(found[0]) for one in found)
        assert len(found[0]) == 4

    async def test_old_tokens_stay_good_until_their_key_is_removed(self, gateway: Gateway) -> None:
        member = await gateway.member("lakeside")
        first = await gateway.token(member)
        gateway.clock.forward(minutes=16)
        old = await gateway.token(member)
        assert key_of(old) == key_of(first)
        await gateway.rotate()
        fresh = another_process(gateway)
        new = await fresh.token(member)
        assert key_of(new) != key_of(old)
        assert {key_of(old), key_of(new)} < set(await published(fresh))
        assert len(await published(fresh)) == 6
        assert (await fresh.parts.tokens.verify(old)).org == member.organization
        gateway.clock.forward(minutes=11)
        await gateway.rotate()
        assert key_of(old) in await published(another_process(gateway))
        gateway.clock.forward(minutes=1)
        await gateway.rotate()
        last = another_process(gateway)
        assert key_of(old) not in await published(last)
        with pytest.raises(Unauthorized):
            await last.parts.tokens.verify(old)

    async def test_the_next_key_was_published_before_it_signs(self, gateway: Gateway) -> None:
        member = await gateway.member("lakeside")
        before = await published(gateway)
        gateway.clock.forward(minutes=16)
        await gateway.rotate()
        assert key_of(await another_process(gateway).token(member)) in before

    async def test_rotating_too_early_changes_nothing(self, gateway: Gateway) -> None:
        await published(gateway)
        gateway.clock.forward(minutes=14)
        rotation = await gateway.rotate()
        assert rotation.changed == ()
        assert rotation.next_usable_from == gateway.clock.now + timedelta(minutes=1)

    async def test_simultaneous_rotations_rotate_once(self, gateway: Gateway) -> None:
        await published(gateway)
        gateway.clock.forward(minutes=16)
        rotations = await asyncio.gather(*(gateway.rotate() for _ in range(4)))
        assert sorted(len(one.changed) for one in rotations) == [0, 0, 0, 6]

    async def test_a_compromised_key_is_gone_at_once(self, gateway: Gateway) -> None:
        member = await gateway.member("lakeside")
        stolen = await gateway.token(member)
        await gateway.rotate(compromised=True)
        fresh = another_process(gateway)
        assert key_of(stolen) not in await published(fresh)
        assert len(await published(fresh)) == 4
        assert (await fresh.ask({}, auth=member.auth)).status_code == 200

    async def test_private_keys_are_sealed_and_forgotten_when_they_no_longer_sign(self, gateway: Gateway) -> None:
        await published(gateway)
        gateway.clock.forward(minutes=16)
        await gateway.rotate()
        async with gateway.unit_of_work() as work:
            rows = (await work.session.execute(select(SIGNING_KEYS))).mappings().all()
            trail = (await work.session.scalars(select(AUDIT.c.action))).all()
        assert {(row["algorithm"], row["state"]): row["sealed"] is not None for row in rows} == {
            (algorithm, state): state != "retired"
            for algorithm in ("ES256", "RS256")
            for state in ("active", "next", "retired")
        }
        assert all(b'"d"' not in (row["sealed"] or b"") for row in rows)
        assert trail == ["signing_keys.rotated"]

    async def test_the_database_holds_one_key_of_a_role(self, gateway: Gateway) -> None:
        await published(gateway)
        async with gateway.unit_of_work() as work:
            with pytest.raises(Exception, match="uq_signing_keys_one_per_role"):
                await work.session.execute(text("UPDATE signing_keys SET state = 'active'"))

    async def test_known_keys_outlive_a_database_outage(self, gateway: Gateway) -> None:
        now = 0.0
        away = False
        tries = 0

        async def load() -> tuple[SigningKey, ...]:
            nonlocal tries
            tries += 1
            if away:
                raise Unavailable("away")
            return await gateway.rotate.ensure()

        ring = KeyRing(load, key_opener(LocalVault(gateway.settings.encryption_key())), lambda: now)
        known = await ring.jwk_set()
        away, now = True, REFRESH_EVERY_S * 100
        assert [await ring.jwk_set() for _ in range(3)] == [known] * 3
        assert tries == 2
        never = KeyRing(load, lambda _: pytest.fail("nothing to open"), lambda: now)
        with pytest.raises(Unavailable):
            await never.current()

    async def test_a_rotation_elsewhere_is_noticed(self, gateway: Gateway) -> None:
        now = 0.0
        ring = KeyRing(gateway.rotate.ensure, key_opener(LocalVault(gateway.settings.encryption_key())), lambda: now)
        before = await ring.current()
        gateway.clock.forward(minutes=16)
        await gateway.rotate()
        assert await ring.current() == before
        now = REFRESH_EVERY_S + 1
        after = await ring.current()
        for algorithm in Algorithm:
            assert after.active[algorithm].id != before.active[algorithm].id
            assert before.active[algorithm].id in after.public

    async def test_an_installation_of_one_algorithm_gets_the_other(self, gateway: Gateway) -> None:
        before = await published(gateway)
        async with gateway.unit_of_work() as work:
            await work.session.execute(text("UPDATE signing_keys SET state = 'removed' WHERE algorithm = 'RS256'"))
            await work.commit()
        after = await published(another_process(gateway))
        assert len(after) == 4
        assert set(after) != set(before)
        assert len(set(after) & set(before)) == 2

    @pytest.mark.parametrize("moved", Algorithm)
    async def test_a_key_that_an_older_release_retired_is_made_anew(self, gateway: Gateway, moved: Algorithm) -> None:
        """An older release knows of no algorithms: it retires every active key and activates what was ripe."""
        now = 0.0
        ring = KeyRing(gateway.rotate.ensure, key_opener(LocalVault(gateway.settings.encryption_key())), lambda: now)
        before = await ring.current()
        async with gateway.unit_of_work() as work:
            of = SIGNING_KEYS.c.algorithm == moved.value
            await work.session.execute(update(SIGNING_KEYS).where(of).values(state="retired", sealed=None))
            await work.commit()
        now = REFRESH_EVERY_S + 1
        after = await ring.current()
        assert after.active.keys() == set(Algorithm)
        assert after.active[moved].id != before.active[moved].id
        assert before.active[moved].id in after.public
