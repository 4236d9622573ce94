"""The configuration for the W3C suites: somebody to ask behind each of their tags."""

from __future__ import annotations

import pytest

from tools.w3c_suites import ECDSA, EDDSA, SECRET, SELECTIVE, WANTED, config

DEMO = {
    "tls_base_url": "https://laurel.test",
    "organizations": [{"slug": "lakeside", "client_id": "demo-lakeside", "client_secret": "not to be seen"}],
}
FOUND = config(DEMO, {one["slug"]: f"did:key:{one['slug']}" for one in WANTED})
LAUREL = FOUND["implementations"][0]
TAGS = [*EDDSA, *ECDSA, SELECTIVE, "vc2.0", "vc-api", "EnvelopingProof", "BitstringStatusList"]


@pytest.mark.parametrize("tag", TAGS)
def test_each_tag_has_an_issuer_and_a_verifier(tag: str) -> None:
    for kind in ("issuers", "verifiers"):
        found = [one for one in LAUREL[kind] if tag in one["tags"]]
        assert found
        assert all(one["endpoint"].startswith("https://laurel.test/vc/") for one in found)


def test_each_kind_of_key_signs_what_it_can() -> None:
    kinds = {(one["id"], key) for one in LAUREL["issuers"] for key in one.get("supportedEcdsaKeyTypes", [])}
    assert kinds == {("did:key:lakeside-p256", "P-256"), ("did:key:lakeside-p384", "P-384")}


def test_somebody_derives() -> None:
    """By the tag of the cryptosuite, and by the one that the ECDSA suite asks its own holder by."""
    (holder,) = LAUREL["vcHolders"]
    assert {SELECTIVE, "vcHolder"} <= set(holder["tags"])
    assert holder["endpoint"] == "https://laurel.test/vc/credentials/derive"
    assert holder["scopes"] == ["credentials:issue-any"]


@pytest.mark.parametrize("kind", ["issuers", "vcHolders", "verifiers", "vpVerifiers"])
def test_every_edition_finds_us_and_the_token(kind: str) -> None:
    """Some look for it at the endpoint, others at the implementation."""
    assert LAUREL["only"] is True
    for endpoint in LAUREL[kind]:
        assert endpoint["oauth2"] == {**LAUREL["oauth2"], "scopes": endpoint["scopes"]}


def test_an_enveloped_presentation_is_asked_for_the_occasion_of_the_suites_own() -> None:
    (enveloped,) = [one for one in LAUREL["vpVerifiers"] if "EnvelopingProof" in one["tags"]]
    assert enveloped["options"] == {"domain": "example.com", "challenge": "123456789"}


def test_what_is_issued_here_is_shown_to_the_verifiers_here() -> None:
    assert FOUND["settings"] == {"enableInteropTests": True, "testAllImplementations": False}


def test_the_secret_is_named_and_not_told() -> None:
    assert LAUREL["oauth2"]["clientSecret"] == SECRET
    assert "not to be seen" not in str(FOUND)
