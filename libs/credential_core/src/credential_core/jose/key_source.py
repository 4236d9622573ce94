"""Finding the key of a JWS: in its issuer's controller document, under a URL, or in its own header.

The last two say nothing of whose key it is: anyone can put a key at a URL, even below the issuer's. Such a key counts
as the issuer's if the issuer's controller document lists it, or if the URL is the issuer's id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from credential_core.did import controller_of, method_entry, methods_listed
from credential_core.errors import CredentialError, DidError, KeyMaterialError, ProofError
from credential_core.jose.algorithms import VerifyingKey, algorithms
from credential_core.jwk import from_jwk
from credential_core.keys import PublicKey
from credential_core.timestamps import parse_timestamp

_MAX_METHODS: Final = 64
_SELF_CONTAINED: Final = ("did:key:", "did:jwk:")


@dataclass(frozen=True, slots=True)
class JwsKey:
    """A key, and when its controller ends or ended it."""

    key: VerifyingKey
    expires: datetime | None = None
    revoked: datetime | None = None

    def check_end(self, now: datetime) -> None:
        """Return if the key has not ended. DidError `method_revoked`, `method_expired`."""
        if self.revoked is not None and self.revoked <= now:
            raise DidError("method_revoked", "the key has been revoked")
        if self.expires is not None and self.expires <= now:
            raise DidError("method_expired", "the key has expired")


def read_jwk(jwk: Any, algorithm: object) -> VerifyingKey:
    """The key in a public JWK. KeyMaterialError as of `from_jwk`, and `key_use_mismatch` if its `alg` is another."""
    key = from_jwk(jwk)
    if "alg" in jwk and (jwk["alg"] != algorithm or jwk["alg"] not in algorithms(key)):
        raise KeyMaterialError("key_use_mismatch", "the JWK is for another algorithm")
    return key


def read_method(entry: Mapping[str, Any], algorithm: object) -> JwsKey:
    """The key of a verification method, as Multikey or JWK. DidError `method_malformed`, `method_type_unsupported`."""
    try:
        if "publicKeyJwk" in entry:
            key = read_jwk(entry["publicKeyJwk"], algorithm)
        elif "publicKeyMultibase" in entry:
            key = PublicKey.from_multibase(entry["publicKeyMultibase"])
        else:
            raise DidError("method_type_unsupported", "only keys as Multikey or JWK are read")
        ends = {name: parse_timestamp(entry[name]) if name in entry else None for name in ("expires", "revoked")}
    except KeyMaterialError as error:
        unsupported = error.code == "key_algorithm_unsupported"
        code = "method_type_unsupported" if unsupported else "method_malformed"
        raise DidError(code, f"the verification method cannot be read: {error.detail}") from None
    return JwsKey(key, **ends)


def key_of_method(document: Mapping[str, Any], method_id: str, purpose: str, algorithm: object) -> JwsKey:
    """The key of the method `method_id`, if its controller document lists it under `purpose`. DidError otherwise."""
    return read_method(method_entry(document, method_id, purpose), algorithm)


def key_under_url(document: Mapping[str, Any], algorithm: object) -> JwsKey:
    """The key in what a URL gave: a JWK, or a verification method that holds one."""
    if "kty" in document:
        return JwsKey(read_jwk(document, algorithm))
    return read_method(document, algorithm)


def documents_for(header: Mapping[str, Any], signer: str | None) -> list[str]:
    """What must be fetched to find the key: DIDs of controller documents, https URLs. None for what is malformed."""
    kid = header.get("kid")
    names = [signer] if kid is None or not _is_absolute(kid) else [kid.partition("#")[0], signer]
    return [name for name in names if name is not None and _is_fetched(name)]


def _is_fetched(identifier: str) -> bool:
    try:
        controller_of(f"{identifier}#key")
    except DidError:
        return False
    return not identifier.startswith(_SELF_CONTAINED)


def _jwk_name(document: Mapping[str, Any], method_id: str, purpose: str) -> object:
    try:
        jwk = method_entry(document, method_id, purpose).get("publicKeyJwk")
    except DidError:
        return None
    return jwk.get("kid") if isinstance(jwk, Mapping) else None


def _is_absolute(kid: object) -> bool:
    return isinstance(kid, str) and ":" in kid


class KeySource:
    """Looks for the key of one JWS. `resolve` gives the document of a DID or https URL, or raises DidError."""

    def __init__(
        self, header: Mapping[str, Any], signer: str, purpose: str, resolve: Callable[[str], Mapping[str, Any]]
    ) -> None:
        self._header = header
        self._algorithm = header["alg"]
        self._kid = header.get("kid")
        self._signer = signer
        self._purpose = purpose
        self._resolve = resolve
        if "kid" in header and not isinstance(self._kid, str):
            raise ProofError("jws_header_malformed", "a kid is a string")

    @property
    def leaves_open(self) -> bool:
        """Whether the header has no key, and names none but as one of the signer's."""
        return "jwk" not in self._header and (not _is_absolute(self._kid) or self._kid == self._signer)

    def controlled(self) -> tuple[JwsKey, ...]:
        """The key that the signer's own controller document lists, by `kid`; all that fit, where it names none.

        A `kid` is a method, its fragment, the `kid` of a method's JWK, or the signer, which names none.
        """
        if self._kid is not None and self._kid != self._signer:
            return (self._by_method(self._kid) if _is_absolute(self._kid) else self._by_short_name(self._kid),)
        document = self._signers_document()
        found, unread = [], None
        for method_id in methods_listed(document, self._purpose)[:_MAX_METHODS]:
            try:
                key = key_of_method(document, method_id, self._purpose, self._algorithm)
            except CredentialError as error:
                unread = error  # one method that cannot be read does not hide the others
                continue
            if self._algorithm in algorithms(key.key):
                found.append(key)
        if found:
            return tuple(found)
        raise unread or ProofError("jwt_key_unnamed", "the JWT names no key, and its issuer has none that fits")

    def anywhere(self) -> tuple[JwsKey, bool]:
        """The key that `kid` or `jwk` gives, and whether that makes it the signer's (Open Badges 3.0 §8.2.3)."""
        if self._kid is None:
            return JwsKey(read_jwk(self._header["jwk"], self._algorithm)), False
        found, bound = self._under_kid(self._kid)
        if "jwk" in self._header and read_jwk(self._header["jwk"], self._algorithm) != found.key:
            raise ProofError("jwt_key_mismatch", "the header's jwk is not the key that its kid names")
        return found, bound

    def bind(self, key: VerifyingKey) -> JwsKey:
        """`key` as the signer's controller document lists it.

        ProofError `issuer_binding_unverified` if there is no such document to ask, DidError `method_not_authorized` if
        there is, and it does not list the key.
        """
        try:
            document = self._signers_document()
        except DidError as error:
            raise ProofError("issuer_binding_unverified", f"whose key it is cannot be said: {error.detail}") from None
        if document.get("id") != self._signer or self._purpose not in document:
            detail = "whose key it is cannot be said: the issuer publishes no controller document"
            raise ProofError("issuer_binding_unverified", detail)
        for method_id in methods_listed(document, self._purpose)[:_MAX_METHODS]:
            try:
                found = key_of_method(document, method_id, self._purpose, self._algorithm)
            except CredentialError:
                continue  # one method that cannot be read does not hide the others
            if found.key == key:
                return found
        raise DidError("method_not_authorized", f"the issuer does not list the key under {self._purpose}")

    def _by_short_name(self, kid: str) -> JwsKey:
        document = self._signers_document()
        listed = methods_listed(document, self._purpose)[:_MAX_METHODS]
        method_id = f"{self._signer}#{kid.removeprefix('#')}"
        if method_id not in listed:
            of_jwk = [name for name in listed if _jwk_name(document, name, self._purpose) == kid]
            method_id = of_jwk[0] if len(of_jwk) == 1 else method_id
        return key_of_method(document, method_id, self._purpose, self._algorithm)

    def _under_kid(self, kid: str) -> tuple[JwsKey, bool]:
        base, _, fragment = kid.partition("#")
        if fragment and (base == self._signer or not base.startswith("https:")):
            return self._by_method(kid), True
        controller_of(f"{base}#key")
        return key_under_url(self._resolve(base), self._algorithm), base == self._signer

    def _by_method(self, kid: str) -> JwsKey:
        controller = controller_of(kid)
        if controller != self._signer:
            raise ProofError("issuer_mismatch", "the key that signed is not controlled by the issuer")
        return key_of_method(self._resolve(controller), kid, self._purpose, self._algorithm)

    def _signers_document(self) -> Mapping[str, Any]:
        controller_of(f"{self._signer}#key")
        return self._resolve(self._signer)
