"""Settings refuse to start on nonsense."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from service_kit.settings import ServiceSettings

GOOD = {
    "LAUREL_PUBLIC_BASE_URL": "https://laurel.example",
    "LAUREL_DATABASE__URL": "postgresql+asyncpg://app:hidden@db/things",
    "LAUREL_AUTH__ISSUER": "https://laurel.example",
    "LAUREL_AUTH__JWKS_URL": "http://gateway/oauth/jwks",
    "LAUREL_AUTH__AUDIENCES": '["https://laurel.example"]',
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def read() -> ServiceSettings:
    return ServiceSettings()  # type: ignore[call-arg]  # from the environment


def test_the_environment_is_read(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAUREL_DATABASE__POOL_SIZE", "3")
    environment.setenv("LAUREL_LOG__LEVEL", "debug")
    settings = read()
    assert (settings.database.pool_size, settings.log.level, settings.environment) == (3, "debug", "production")


def test_secrets_do_not_show(environment: pytest.MonkeyPatch) -> None:
    assert "hidden" not in repr(read())
    assert "hidden" not in read().model_dump_json()


def test_what_another_service_is_told_does_no_harm(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAUREL_KEY_ENCRYPTION_KEY", "x")
    environment.setenv("LAUREL_FETCHER__ALLOW_PRIVATE", "true")
    assert read().kafka.bootstrap_servers == "127.0.0.1:19092"


@pytest.mark.parametrize("missing", GOOD)
def test_what_is_needed_and_missing(environment: pytest.MonkeyPatch, missing: str) -> None:
    environment.delenv(missing)
    with pytest.raises(ValidationError):
        read()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LAUREL_PUBLIC_BASE_URL", "laurel.example"),
        ("LAUREL_PUBLIC_BASE_URL", "https://laurel.example/"),
        ("LAUREL_PUBLIC_BASE_URL", "https://laurel.example/path"),
        ("LAUREL_PUBLIC_BASE_URL", "https://laurel.example?x=1"),
        ("LAUREL_PUBLIC_BASE_URL", "http://laurel.example"),
        ("LAUREL_PUBLIC_BASE_URL", "ftp://laurel.example"),
        ("LAUREL_ENVIRONMENT", "staging"),
        ("LAUREL_AUTH__AUDIENCES", "[]"),
        ("LAUREL_AUTH__AUDIENCES", "not json"),
        ("LAUREL_DATABASE__POOL_SIZE", "0"),
        ("LAUREL_DATABASE__POOL_SIEZ", "5"),
        ("LAUREL_LOG__LEVEL", "loud"),
        ("LAUREL_HTTP__PORT", "http"),
    ],
)
def test_nonsense_is_refused(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(name, value)
    with pytest.raises((ValidationError, ValueError)):
        read()


def test_plain_http_is_for_development(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LAUREL_ENVIRONMENT", "development")
    environment.setenv("LAUREL_PUBLIC_BASE_URL", "http://localhost:8080")
    assert read().public_base_url == "http://localhost:8080"
