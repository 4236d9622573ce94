"""What never reaches a log line."""

from __future__ import annotations

import errno
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from service_kit.logs import AUDIT, REDACTED, SAME_AGAIN_S, Seldom, TrailUnwritten, configure_logs, get_logger, redact
from service_kit.settings import LogSettings

CANARY = "canary7f3a"
SECRET_FIELDS = [
    "authorization",
    "Authorization",
    "access_token",
    "refreshToken",
    "client_secret",
    "password",
    "Set-Cookie",
    "private_key",
    "privateKeyMultibase",
    "seed",
    "api_key",
    "apikey",
    "client_assertion",
    "email",
    "recipient",
    "givenName",
    "family_name",
    "name",
    "salt",
    "key_encryption_key",
]
JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


def line(**fields: Any) -> str:
    return json.dumps(redact(None, "info", {"event": "something", **fields}), default=str)


@pytest.mark.parametrize("name", SECRET_FIELDS)
def test_a_sensitive_field_is_left_out_at_any_depth(name: str) -> None:
    assert CANARY not in line(**{name: CANARY}, nested={"list": [{name: CANARY}]}, pair=({name: [CANARY]},))


@pytest.mark.parametrize(
    "name", ["token_id", "key_id", "client_id", "credential_id", "topic", "offset", "username_count"]
)
def test_what_identifies_without_telling_is_kept(name: str) -> None:
    assert CANARY in line(**{name: CANARY})


@pytest.mark.parametrize(
    "text",
    [
        f"Bearer {CANARY}",
        f"bearer   {CANARY}",
        f"DPoP {CANARY}",
        f"Basic {CANARY}",
        f"sent Authorization: Bearer {CANARY}, refused",
        f"mail to {CANARY}@example.org failed",
        f"<{CANARY}.{CANARY}+tag@mail.example.org>",
        JWT.replace("eyJzdWIiOiIxIn0", f"eyJ{CANARY}"),
        f"postgresql+asyncpg://issuer_app:{CANARY}@127.0.0.1/issuer",
        f"https://user:{CANARY}@example.org/",
        f"Bearer {CANARY}\nnext line",
    ],
)
def test_secrets_inside_text_are_left_out(text: str) -> None:
    assert CANARY not in line(detail=text, event=text, nested=[{"a": (text,)}])


@given(
    st.recursive(
        st.just(f"Bearer {CANARY}") | st.integers() | st.text() | st.none(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.tuples(inner, inner)
            | st.dictionaries(st.sampled_from(["a", "token", "email", "x-1"]), inner, max_size=3)
        ),
        max_leaves=10,
    )
)
def test_no_canary_survives_in_any_shape(value: Any) -> None:
    assert CANARY not in line(value=value)


@given(st.emails())
def test_no_address_of_a_person_survives(address: str) -> None:
    assert address not in line(detail=f"cannot reach {address} today")


def test_a_long_word_costs_no_more_than_its_length() -> None:
    assert len(line(detail="x" * 2_000_000)) > 2_000_000


class TestConfigured:
    @pytest.fixture
    def output(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
        """What the process writes, with the kit's configuration for the time of one test."""
        root, before = logging.getLogger(), structlog.get_config()
        handlers, level = root.handlers[:], root.level
        stream = io.StringIO()
        monkeypatch.setattr("sys.stdout", stream)
        configure_logs(LogSettings(), "things")
        yield stream
        root.handlers, root.level = handlers, level
        structlog.configure(**before)

    def test_lines_are_json_with_event_level_service_and_time(self, output: io.StringIO) -> None:
        get_logger("a").info("thing_made", thing_id="1")
        entry = json.loads(output.getvalue())
        assert (entry["event"], entry["thing_id"], entry["service"], entry["level"]) == (
            "thing_made",
            "1",
            "things",
            "info",
        )
        assert entry["timestamp"].endswith("Z")

    def test_on_a_full_disk_only_the_audit_trail_stops_what_is_done(
        self, output: io.StringIO, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(_text: str) -> int:
            raise OSError(errno.ENOSPC, "no space left on device")

        monkeypatch.setattr(output, "write", full)
        get_logger("a").info("thing_made")
        with pytest.raises(TrailUnwritten, match="no space left"):
            get_logger(AUDIT).info("signing", audit=True)

    def test_the_standard_librarys_loggers_are_redacted_too(self, output: io.StringIO) -> None:
        logging.getLogger("aiokafka.x").error("cannot send %s", f"Bearer {CANARY}")
        assert REDACTED in output.getvalue()
        assert CANARY not in output.getvalue()

    def test_a_broker_that_is_away_is_told_seldom_and_how_often_it_was(self) -> None:
        now, seldom = [0.0], Seldom(lambda: now[0])

        def passed(name: str, said: str = "Unable connect to node %s") -> str | None:
            record = logging.LogRecord(name, logging.ERROR, "", 1, said, (1,), None)
            return record.getMessage() if seldom.filter(record) else None

        assert [passed("aiokafka.conn") for _ in range(3)] == ["Unable connect to node 1", None, None]
        assert passed("aiokafka.conn", "Heartbeat of %s failed") == "Heartbeat of 1 failed"
        assert [passed("uvicorn.error", "%s failed") for _ in range(2)] == ["1 failed"] * 2
        assert passed("asyncio", "Fatal error on SSL protocol\ntransport: %s")
        assert passed("asyncio", "Fatal error on SSL protocol\nanother: %s") is None
        now[0] = SAME_AGAIN_S
        assert passed("aiokafka.conn") == "Unable connect to node 1 (and 2 more like it)"
        assert passed("aiokafka.conn") is None

    def test_another_fault_of_a_task_is_told_beside_the_first(self) -> None:
        seldom = Seldom(lambda: 0.0)

        def passes(fail: Callable[[], object]) -> bool:
            try:
                fail()
            except (ValueError, KeyError) as error:
                found = (type(error), error, error.__traceback__)
            said = f"Task exception was never retrieved\nfuture: {found}"
            return seldom.filter(logging.LogRecord("asyncio", logging.ERROR, "", 1, said, (), found))

        def here() -> object:
            return int("x")

        def there() -> object:
            return int("y")

        def of_another_kind() -> object:
            return dict[str, int]()["z"]

        faults = [here, here, there, of_another_kind, here]
        assert [passes(fail) for fail in faults] == [True, False, True, True, False]

    def test_a_traceback_is_redacted(self, output: io.StringIO) -> None:
        error = ValueError(f"{CANARY}@example.org is not known; Bearer {CANARY}")
        get_logger("a").error("failed", exc_info=error)
        logging.getLogger("b").error("failed", exc_info=error)
        lines = output.getvalue().splitlines()
        assert len(lines) == 2
        assert all("ValueError" in line for line in lines)
        assert CANARY not in output.getvalue()

    def test_a_line_break_does_not_forge_a_line(self, output: io.StringIO) -> None:
        get_logger("a").info("x", detail='a\n{"event": "forged"}\r\n')
        assert len(output.getvalue().splitlines()) == 1
