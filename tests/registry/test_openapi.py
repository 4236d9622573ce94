"""The description of the API."""

from __future__ import annotations

from openapi_spec_validator import OpenAPIV31SpecValidator

from registry.main import create_openapi_app


def test_describes_every_public_address_and_is_valid() -> None:
    described = create_openapi_app().openapi()

    assert list(OpenAPIV31SpecValidator(described).iter_errors()) == []
    assert set(described["paths"]) == {
        "/issuers/{slug}",
        "/issuers/{slug}/did.json",
        "/issuers/{slug}/export",
        "/records/issuers/export",
        "/records/{credential}",
        "/status-lists/{list_id}",
        "/statistics",
    }
    for operations in described["paths"].values():
        assert set(operations) == {"get"}
        refused = {"404", "422"} & operations["get"]["responses"].keys()
        assert refused
        assert all(
            "application/problem+json" in operations["get"]["responses"][status]["content"] for status in refused
        )
