"""Which addresses lead here."""

import pytest

from issuer.core.addresses import Addresses

HERE = Addresses("https://laurel.example")
LOCAL = Addresses("https://[::1]:8443")


@pytest.mark.parametrize(
    "url",
    [
        "https://laurel.example",
        "https://laurel.example/credentials/x",
        "http://laurel.example/x",
        "https://LAUREL.example:443/x",
        "http://laurel.example:80?x",
        "https://laurel.example:0443/x",
        "https://laurel.example.#x",
        "https://somebody@laurel.example/x",
        "https://some:body@laurel.example/x",
        "https:laurel.example/x",
        "https:///laurel.example/x",
        "HTTPS:/\\laurel.example\\x",
        "https://%6caurel.example/x",
        "https://\uff4caurel.example/x",
        "https://laurel\u3002example/x",
        "https://lau\u00adrel.example/x",
        "https://other.example%2F@laurel.example/x",
    ],
)
def test_an_address_leads_here_however_it_is_written(url: str) -> None:
    assert HERE.leads_here(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://laurel.example.org/x",
        "https://my-laurel.example/x",
        "https://laurel.example@other.example/x",
        "https://other.example/laurel.example",
        "https://other.example?https://laurel.example",
        "https://laurel.example:8443/x",
        "urn:uuid:6c0d6a5e-6e7c-4f5b-8f6b-3f1d0e1a2b3c",
        "did:web:laurel.example",
        "https:",
        "https://laurel..example",
        "",
    ],
)
def test_others_do_not(url: str) -> None:
    assert not HERE.leads_here(url)


def test_an_origin_with_a_port_is_that_one() -> None:
    assert LOCAL.leads_here("https://[::1]:8443/x")
    assert not LOCAL.leads_here("https://[::1]/x")
