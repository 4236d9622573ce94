"""The public addresses of the issuer's things."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from issuer.core.model import CredentialId, ListId
from service_kit.ids import is_id

_PORTS: Final = {"http": "80", "https": "443"}
_ORIGIN: Final = re.compile(
    r"(https?):[/\\]*(?:[^/\\?#]*@)?(\[[^\]]*\]|[^/\\?#:]*)(?::(\d*))?", re.IGNORECASE | re.ASCII
)


def _origin(url: str) -> tuple[str, str] | None:
    """The host and port that a browser would call, which takes more than RFC 3986 (WHATWG URL §4.4); None if none."""
    found = _ORIGIN.match(url)
    if found is None:
        return None
    scheme, host, port = found.groups()
    try:
        name = unquote(host).encode("idna").decode().lower().rstrip(".")
    except UnicodeError:
        return None
    port = (port or "").lstrip("0") or _PORTS[scheme.lower()]
    return name, _PORTS["https"] if port == _PORTS["http"] else port


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses under our public origin, which has no trailing slash."""

    base_url: str
    lists_at: str | None = None
    """The origin that strangers read status lists from, where it is another."""

    @property
    def credential_prefix(self) -> str:
        """What the `id` of every credential begins with."""
        return f"{self.base_url}/credentials/"

    def credential(self, credential_id: CredentialId) -> str:
        """The credential's `id`, which is also where its owner reads it."""
        return f"{self.credential_prefix}{credential_id}"

    def leads_here(self, url: str) -> bool:
        """Whether whoever follows it comes to this origin, however it is written, by http as well."""
        return _origin(url) == _origin(self.base_url)

    def record(self, credential_id: CredentialId) -> str:
        """Where anybody sees whether it stands."""
        return f"{self.base_url}/records/{credential_id}"

    def credential_in(self, url: str) -> CredentialId | None:
        """Which of our credentials would have this id."""
        found = url.removeprefix(self.credential_prefix)
        return CredentialId(found) if found != url and is_id(found) else None

    def status_list(self, list_id: ListId) -> str:
        """Where the registry serves a status list."""
        return f"{self.lists_at or self.base_url}/status-lists/{list_id}"

    def list_in(self, url: str) -> ListId | None:
        """Which of our lists would be served there."""
        found = url.removeprefix(self.status_list(ListId("")))
        return ListId(found) if found != url and is_id(found) else None

    def batch(self, batch_id: str) -> str:
        """Where a batch's owner follows it."""
        return f"{self.base_url}/batches/{batch_id}"

    def achievement_version(self, achievement_id: str, version: int) -> str:
        """The address of a version in the catalog."""
        return f"{achievement_id}/versions/{version}"

    def issuer(self, slug: str) -> str:
        """Where the registry serves an issuer's profile."""
        return f"{self.base_url}/issuers/{slug}"

    def pathway(self, pathway_id: str) -> str:
        """The address of a pathway in the catalog."""
        return f"{self.base_url}/pathways/{pathway_id}"

    def stack(self, stack_id: str) -> str:
        """Where its owner reads a stack."""
        return f"{self.base_url}/stacks/{stack_id}"

    def agreement(self, agreement_id: str) -> str:
        """Where everybody reads a recognition agreement that was signed."""
        return f"{self.base_url}/recognition-agreements/{agreement_id}"

    def recognition(self, recognition_id: str) -> str:
        """Where the institution that decides reads a recognition."""
        return f"{self.base_url}/recognitions/{recognition_id}"

    def endorsement(self, endorsement_id: str) -> str:
        """The endorsement's address, and the `id` of one that was signed here."""
        return f"{self.base_url}/endorsements/{endorsement_id}"
