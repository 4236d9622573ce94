"""Settings that make no sense stop the service; the API description is valid and complete."""

import base64
import json
from typing import Any

import pytest
from openapi_spec_validator import validate
from pydantic import ValidationError

from issuer.http.open_badges.discovery import DISCOVERY
from issuer.main import SERVICE, create_openapi_app
from issuer.settings import IssuerSettings
from service_kit.runtime import main

GOOD: dict[str, Any] = {
    "public_base_url": "https://laurel.example",
    "did_web_origin": "https://laurel.example",
    "key_encryption_key": base64.b64encode(bytes(32)).decode(),
    "database": {"url": "postgresql+asyncpg://issuer_app@localhost/issuer"},
    "auth": {"issuer": "https://laurel.example", "jwks_url": "https://laurel.example/jwks", "audiences": ["x"]},
}


def test_good_settings_are_accepted_and_hide_the_key() -> None:
    settings = IssuerSettings(**GOOD)
    assert settings.key_encryption_key_bytes == bytes(32)
    assert GOOD["key_encryption_key"] not in repr(settings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"did_web_origin": "http://laurel.example"},
        {"did_web_origin": "https://laurel.example/path"},
        {"did_web_origin": "laurel.example"},
        {"status_list_origin": "http://laurel.example"},
        {"status_list_origin": "https://laurel.example/lists"},
        {"key_encryption_key": base64.b64encode(bytes(16)).decode()},
        {"key_encryption_key": "not base64!"},
        {"key_encryption_key": ""},
        {"public_base_url": "http://laurel.example"},
        {"public_base_url": "https://laurel.example/"},
        {"fetcher": {"allow_private": True}},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        IssuerSettings(**(GOOD | wrong))
    assert GOOD["key_encryption_key"] not in str(refused.value)


def test_the_description_is_valid_and_documents_every_answer() -> None:
    description = create_openapi_app().openapi()
    validate(description)
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            is_open = path == DISCOVERY or path.startswith("/recognition-agreements")
            assert is_open or {"401", "403", "503"} <= set(operation["responses"]), (method, path)
            assert operation["summary"]


def test_the_description_is_printed_by_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(SERVICE, ["openapi"]) == 0
    assert "/credentials" in json.loads(capsys.readouterr().out)["paths"]
