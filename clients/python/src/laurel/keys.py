"""What your issuers sign with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from laurel.ids import new_key
from laurel.issuers import PATH
from laurel.models import Key
from laurel.transport import Transport

DEFAULT: Final = "Ed25519"


class Keys:
    """The keys of your issuers. An issuer is named by its slug, a key by its `key_id`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, issuer: str) -> Iterator[Key]:
        """All of them, those of the past included, the oldest first."""
        return map(Key.from_json, self._transport.pages(_path(issuer)))

    def add(self, issuer: str, *, algorithm: str = DEFAULT, purpose: str = "any", key: str | None = None) -> Key:
        """Publish a further key. It signs nothing before it is activated.

        `algorithm` is Ed25519, P-256, P-384 or RS256; `purpose` any, credentials or status-lists; `key` is the
        Idempotency-Key.
        """
        body = {"algorithm": algorithm, "purpose": purpose}
        return Key.from_json(self._transport.post(_path(issuer), body, key=key or new_key()))

    def activate(self, issuer: str, key_id: str) -> Key:
        """Let it sign, in place of the one of its algorithm and purpose.

        Conflict with `retry_after` until verifiers have had time to learn of it.
        """
        return self._change(issuer, key_id, "activate")

    def retire(self, issuer: str, key_id: str) -> Key:
        """Destroy its private part. What it signed stays valid."""
        return self._change(issuer, key_id, "retire")

    def revoke(self, issuer: str, key_id: str) -> Key:
        """For a key that is in other hands: nothing it ever signed verifies any more."""
        return self._change(issuer, key_id, "revoke")

    def _change(self, issuer: str, key_id: str, action: str) -> Key:
        answer = self._transport.post(f"{_path(issuer)}/{quote(key_id, safe='')}/{action}", None)
        return Key.from_json(answer)


def _path(issuer: str) -> str:
    return f"{PATH}/{quote(issuer, safe='')}/keys"
