"""Where a fleet is: its addresses and files, and what each room's environment tells of them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tools import certificates
from tools.ports import LOOPBACK
from tools.postgres import DatabaseUrls
from tools.rooms import Ports
from tools.secret_store import SecretStore, key


class Place:
    """A directory and ports that belong together."""

    def __init__(self, root: Path, ports: Ports) -> None:
        self.root = root
        self.ports = ports
        self.mail = root / "mail"

    @property
    def base_url(self) -> str:
        return f"http://localhost:{self.ports.edge}"

    @property
    def tls_base_url(self) -> str:
        return f"https://localhost:{self.ports.tls}"

    @property
    def authority(self) -> Path:
        """The certificate authority (PEM) to trust for `tls_base_url`."""
        return self.certificate.authority

    @property
    def certificate(self) -> certificates.Certificate:
        return certificates.localhost(self.root / "tls")

    @property
    def demo_file(self) -> Path:
        return self.root / "demo.json"

    @property
    def sandbox_file(self) -> Path:
        return self.root / "sandbox.json"

    @property
    def demo(self) -> dict[str, Any]:
        """The seeded organizations with their clients, as in var/demo.json."""
        found: dict[str, Any] = json.loads(self.demo_file.read_text())
        return found

    def log(self, name: str) -> Path:
        return self.root / "log" / f"{name}.log"

    def told(self, room: str, urls: DatabaseUrls, secrets: SecretStore) -> dict[str, str]:
        """The environment of a room's processes, where Kafka is aside."""
        ours = {
            "LAUREL_ENVIRONMENT": "development",
            "LAUREL_PUBLIC_BASE_URL": self.base_url,
            "LAUREL_DID_WEB_ORIGIN": self.tls_base_url,
            "LAUREL_STATUS_LIST_ORIGIN": self.tls_base_url,  # a stranger's software may read documents by https alone
            "LAUREL_KEY_WAIT_S": "5",  # so that a rotation can be tried; nothing outside reads this fleet's did.json
            "LAUREL_HTTP__HOST": LOOPBACK,
            "LAUREL_HTTP__DRAIN_S": "0",  # one process of each room: nobody answers in its place meanwhile
            "LAUREL_DATABASE__URL": urls.app_url,
            "LAUREL_DATABASE__MIGRATE_URL": urls.migrate_url,
            "LAUREL_AUTH__ISSUER": self.base_url,
            "LAUREL_AUTH__JWKS_URL": f"http://{LOOPBACK}:{self.ports.rooms['gateway']}/oauth/jwks",
            "LAUREL_AUTH__AUDIENCES": json.dumps([self.base_url, self.tls_base_url]),
            "LAUREL_KEY_ENCRYPTION_KEY": secrets.get(f"{room}-key-encryption-key", key),
            "LAUREL_FETCHER__ALLOW_PRIVATE": "true",
            "LAUREL_FETCHER__CA_FILE": str(self.authority),
            "PYTHONUNBUFFERED": "1",
        }
        if room == "gateway":
            ours["LAUREL_SANDBOX_FILE"] = str(self.sandbox_file)
            ours["LAUREL_MAIL__DIRECTORY"] = str(self.mail)
            ours["LAUREL_LEARNERS_ORGANIZATION"] = "lakeside"
        return {**os.environ, **ours}
