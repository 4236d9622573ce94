"""Which redirect URIs a client may register, and which requests fit one (RFC 9700 §2.1, RFC 8252 §7)."""

import pytest

from gateway.core.model import ApplicationType
from gateway.core.redirects import check_redirects, fits, origin
from service_kit.errors import Invalid

LOOPBACK = "http://127.0.0.1:1234/cb"


@pytest.mark.parametrize(
    ("asked", "registered", "native", "good"),
    [
        ("https://a.example/cb", "https://a.example/cb", False, True),
        ("https://a.example/cb/", "https://a.example/cb", False, False),
        ("https://a.example:443/cb", "https://a.example/cb", False, False),
        ("https://A.example/cb", "https://a.example/cb", False, False),
        ("https://a.example/cb?x=1", "https://a.example/cb", False, False),
        ("https://a.example/%63b", "https://a.example/cb", False, False),
        ("https://a.example/../cb", "https://a.example/cb", False, False),
        ("https://a.example/cb\n", "https://a.example/cb", False, False),
        ("http://127.0.0.1:5/cb", LOOPBACK, True, True),
        ("http://127.0.0.1:5/cb", "http://127.0.0.1/cb", True, True),
        ("http://127.0.0.1/cb", LOOPBACK, True, True),
        ("http://[::1]:5/cb", "http://[::1]/cb", True, True),
        ("http://127.0.0.1:5/cb", LOOPBACK, False, False),
        ("http://127.0.0.1:5/other", LOOPBACK, True, False),
        ("https://127.0.0.1:5/cb", LOOPBACK, True, False),
        ("http://127.0.0.1:5@evil.example/cb", LOOPBACK, True, False),
        ("http://127.0.0.1.evil.example:5/cb", LOOPBACK, True, False),
        ("http://127.0.0.1:123456/cb", LOOPBACK, True, False),
        ("http://[::1]:5/cb", LOOPBACK, True, False),
        ("http://localhost:5/cb", "http://localhost:1234/cb", True, False),
        ("http://localhost:1234/cb", "http://localhost:1234/cb", True, True),
        ("com.example.app:/cb", "com.example.app:/cb", True, True),
        ("https://a.example:5/cb", "https://a.example:6/cb", True, False),
    ],
)
def test_only_a_native_clients_loopback_port_may_differ(asked: str, registered: str, native: bool, good: bool) -> None:
    assert fits(asked, registered, native=native) is good


@pytest.mark.parametrize("application", ApplicationType)
@pytest.mark.parametrize(
    "uri",
    [
        "https://a.example/cb",
        "https://a.example:8443/?x=1",
        "https://localhost/cb",
        "https://[::1]/cb",
        "https://a_b-c.example./",
    ],
)
def test_https_may_be_registered(uri: str, application: ApplicationType) -> None:
    check_redirects((uri,), application)


@pytest.mark.parametrize(
    "uri", [LOOPBACK, "http://localhost/cb", "http://[::1]/", "com.example.app:/cb", "com.example.app://cb/x"]
)
def test_an_address_on_the_device_is_for_native_clients(uri: str) -> None:
    check_redirects((uri,), ApplicationType.NATIVE)
    with pytest.raises(Invalid):
        check_redirects((uri,), ApplicationType.WEB)


@pytest.mark.parametrize("application", ApplicationType)
@pytest.mark.parametrize(
    "uri",
    [
        "",
        "https://",
        "https:///cb",
        "https://a.example/#x",
        "https://a.example/#",
        "https://user@a.example/",
        "https://*.example/",
        "https://a.example/ x",
        "https://a.example/\\evil",
        "https://a.example:port/",
        "https://[::1/",
        "http://a.example/",
        "http://127.0.0.1.evil.example/",
        "http://x@127.0.0.1/",
        "javascript:alert(1)",
        "data:text/html,x",
        "app:/cb",
        "file:///etc/passwd",
        "ftp://a.example/",
        "/cb",
        "https://ä.example/",
        "https://a.example;sandbox/cb",
        "https://a.example,x/cb",
        "https://a.example'x/cb",
        'https://a.example"x/cb',
        "https://a.example<x>/cb",
        "https://a.example%2fevil/cb",
        "https://a.example%00/cb",
        "https://a..example/cb",
        "https://.example/cb",
        "https://-a.example/cb",
        "https://a.example:/cb",
        "https://a.example:0/cb",
        "https://a.example:65536/cb",
        "https://[::1%25eth0]/cb",
        "https://$(x).example/cb",
        "com.example.app://x;sandbox/cb",
        "http://127.0.0.1;x/cb",
        "http://localhost:/cb",
        "https://a.example/" + "x" * 500,
    ],
)
def test_these_may_not_be_registered(uri: str, application: ApplicationType) -> None:
    with pytest.raises(Invalid) as refused:
        check_redirects(("https://good.example/", uri), application)
    assert refused.value.errors[0].field == "redirectUris.1"


def test_there_are_at_most_ten() -> None:
    with pytest.raises(Invalid):
        check_redirects(tuple(f"https://a.example/{n}" for n in range(11)), ApplicationType.WEB)


@pytest.mark.parametrize(
    ("uri", "expected"),
    [("https://a.example:8443/cb?x", "https://a.example:8443"), ("com.example.app:/cb", "com.example.app:")],
)
def test_where_a_page_leads(uri: str, expected: str) -> None:
    assert origin(uri) == expected
