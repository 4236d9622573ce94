"""Domain names of every script: one form for machines, `xn--` (IDNA 2008, RFC 5891), and one that people read.

Nothing is mapped but upper case: two spellings that look alike stay two names, or are refused.
"""

from urllib.parse import urlsplit

import idna


def ascii_domain(name: str) -> str:
    """The form for machines. ASCII comes back as it is. Raises ValueError for what is no domain name."""
    if name.isascii():
        return name
    try:
        return idna.encode(name.lower()).decode()
    except idna.IDNAError as error:
        raise ValueError("has a domain that cannot be written as xn-- (RFC 5891)") from error


def ascii_address(address: str) -> str:
    """A mail address with its domain for machines. Raises ValueError."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{ascii_domain(domain)}" if at else address


def ascii_url(url: str) -> str:
    """An address of the web with its host for machines. Raises ValueError."""
    if url.isascii():
        return url
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, colon, port = host.partition(":")
    return parts._replace(netloc=f"{user}{at}{ascii_domain(name)}{colon}{port}").geturl()


def readable_domain(name: str) -> str:
    """The form for people. What is no name of another script comes back as it is."""
    try:
        return idna.decode(name) if "xn--" in name.lower() else name
    except idna.IDNAError:
        return name


def readable_address(address: str) -> str:
    """A mail address with its domain for people."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{readable_domain(domain)}"


def both_forms(address: str) -> str:
    """A mail address for people, and beside it the form for machines: scripts have letters that look alike."""
    readable = readable_address(address)
    return address if readable == address else f"{readable} ({address})"
