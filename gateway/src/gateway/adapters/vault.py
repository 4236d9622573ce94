"""AES-256-GCM under the key-encryption key. A box is a 12-byte nonce followed by ciphertext and tag."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service_kit.ids import random_bytes

NONCE = 12


class LocalVault:
    """See core.ports.Vault. The key stays in this process."""

    def __init__(self, key: bytes) -> None:
        if len(key) != 32:
            raise ValueError("the key-encryption key must have 32 bytes")
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, purpose: str) -> bytes:
        nonce = random_bytes(NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, purpose.encode())

    def open(self, box: bytes, purpose: str) -> bytes:
        try:
            return self._cipher.decrypt(box[:NONCE], box[NONCE:], purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise ValueError("the box does not open with this key for this purpose") from error
