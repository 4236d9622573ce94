"""Settings that make no sense stop the process before it starts."""

import base64
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.adapters.mail import Security, SmtpServer
from gateway.settings import GatewaySettings
from service_kit.settings import DatabaseSettings

SECRET = "hunter2hunter2"
GOOD: dict[str, Any] = {
    "public_base_url": "https://laurel.example",
    "database": DatabaseSettings.model_validate({"url": "postgresql+asyncpg://gateway_app:x@localhost/gateway"}),
    "key_encryption_key": base64.b64encode(bytes(32)).decode(),
}


def test_the_fleets_origins_are_what_tokens_may_be_asked_for() -> None:
    settings = GatewaySettings(**GOOD, did_web_origin="https://id.example", origins=("https://laurel.example",))
    assert settings.policy().origins == ("https://laurel.example", "https://id.example")
    assert settings.policy().issuer == "https://laurel.example"


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtps://mail.example", SmtpServer("mail.example", 465, Security.TLS, None, None)),
        ("smtp://a%40b:p%3Aw@mail.example", SmtpServer("mail.example", 587, Security.STARTTLS, "a@b", "p:w")),
        ("smtp://mail.example:2525", SmtpServer("mail.example", 2525, Security.STARTTLS, None, None)),
    ],
)
def test_mail_is_handed_in_over_tls(url: str, server: SmtpServer) -> None:
    settings = GatewaySettings(**(GOOD | {"mail": {"url": url, "sender": "no-reply@laurel.example"}}))
    assert settings.mail.server() == server


def test_passkeys_are_bound_to_our_own_domain() -> None:
    assert GatewaySettings(**GOOD).rp_id() == "laurel.example"
    several = ("https://other.laurel.example", "https://id.example", "https://notlaurel.example")
    settings = GatewaySettings(**GOOD, passkey_domain="laurel.example", origins=several)
    assert settings.passkey_origins() == ("https://laurel.example", "https://other.laurel.example")


def test_a_retired_key_outlives_the_last_token_it_signed() -> None:
    settings = GatewaySettings(**GOOD)
    assert settings.rotation().keep_after_use > settings.policy().token_lifetime


def test_the_environment_has_the_fleets_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "LAUREL_PUBLIC_BASE_URL": "https://laurel.example",
        "LAUREL_DATABASE__URL": "postgresql+asyncpg://x@localhost/gateway",
        "LAUREL_KEY_ENCRYPTION_KEY": GOOD["key_encryption_key"],
        "LAUREL_TOKEN__LIFETIME_S": "300",
        "LAUREL_ORIGINS": '["https://other.example"]',
        # told to every service of the fleet, of no use here
        "LAUREL_KAFKA__BOOTSTRAP_SERVERS": "localhost:9092",
        "LAUREL_AUTH__JWKS_URL": "http://localhost/jwks",
    }.items():
        monkeypatch.setenv(name, value)
    settings = GatewaySettings()  # type: ignore[call-arg]  # read from the environment
    assert settings.token.lifetime_s == 300
    assert settings.origins == ("https://other.example",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"key_encryption_key": ""},
        {"key_encryption_key": "not base64!"},
        {"key_encryption_key": base64.b64encode(bytes(31)).decode()},
        {"public_base_url": "http://laurel.example"},
        {"public_base_url": "https://laurel.example/"},
        {"did_web_origin": "https://id.example/"},
        {"origins": ("ftp://x",)},
        {"token": {"lifetime_s": 60}},
        {"token": {"lifetime_s": 3600}},
        {"mail": {"directory": "/tmp/mail"}},  # noqa: S108 - it is refused
        {"mail": {"url": f"smtps://laurel:{SECRET}@mail.example"}},
        {"mail": {"url": f"smtps://laurel:{SECRET}@mail.example", "sender": "nobody"}},
        {"mail": {"url": f"smtp+plain://laurel:{SECRET}@mail.example", "sender": "a@b.example"}},
        {"mail": {"url": f"https://laurel:{SECRET}@mail.example", "sender": "a@b.example"}},
        {"mail": {"url": f"smtps://laurel:{SECRET}@mail.example/x", "sender": "a@b.example"}},
        {"mail": {"url": f"smtps://laurel:{SECRET}@mail.example:x", "sender": "a@b.example"}},
        {"environment": "development", "mail": {"url": "smtp://m.example", "sender": "a@b.example", "directory": "x"}},
        {"passkey_domain": "id.example"},
        {"fetcher": {"allow_private": True}},
        {"passkey_domain": "aurel.example"},
        {"unknown": 1},
    ],
)
def test_nonsense_is_refused_without_quoting_secrets(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        GatewaySettings(**(GOOD | wrong))
    assert "input_value" not in str(refused.value)  # which quotes the beginning and the end of everything
    assert GOOD["key_encryption_key"][-12:] not in str(refused.value)
    assert SECRET not in str(refused.value)
