"""Which addresses belong to the public Internet, whatever they are wrapped in."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_kit.fetcher import is_public

TUNNELS = [(0x2002 << 112, 80), (0x64FF9B << 96, 0), (0xFFFF << 32, 0), (0xFFFF << 48, 0), (0, 0)]


@given(st.ip_addresses())
def test_what_is_public_is_global(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert not is_public(address) or not (address.is_multicast or address.is_loopback or address.is_link_local)


@given(st.ip_addresses(v=4) | st.sampled_from(["127.0.0.1", "10.0.0.1", "169.254.169.254"]).map(ipaddress.IPv4Address))
def test_a_private_address_stays_private_inside_ipv6(address: ipaddress.IPv4Address) -> None:
    for prefix, shift in TUNNELS:
        outer = ipaddress.IPv6Address(prefix | int(address) << shift)
        assert is_public(address) or not is_public(outer), outer


@pytest.mark.parametrize("public", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_addresses_are_public(public: str) -> None:
    assert is_public(ipaddress.ip_address(public))
