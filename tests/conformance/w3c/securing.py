"""Proofs that a suite makes itself: right ones by keys of its own, and wrong ones that are signed all the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from credential_core import did, proof
from credential_core.errors import CredentialError
from credential_core.keys import SigningKey
from credential_core.multibase import encode_base58
from credential_core.proof import selective
from credential_core.proof.hashing import digest, hash_data, options_digest
from credential_core.proof.selective import DerivedProof
from credential_core.proof.suites import suite_of
from credential_core.timestamps import format_timestamp
from tests.conformance.w3c.credentials import CREATED, V1, Json

SEEDS = {"Ed25519": bytes(range(3, 35)), "P-256": bytes(range(3, 35)), "P-384": bytes(range(3, 51))}
HMAC_KEY = bytes(range(32))
EPHEMERAL = SigningKey.from_seed(bytes(range(5, 37)), "P-256")
DATA_INTEGRITY = "https://w3id.org/security/data-integrity/v2"
DIGESTS = {"P-384": "SHA-384"}


@dataclass(frozen=True)
class Signer:
    """A key of somebody's, by its did:key, and the cryptosuite it is used with."""

    form: str
    key_type: str

    @property
    def key(self) -> SigningKey:
        return SigningKey.from_seed(SEEDS[self.key_type], self.key_type)

    @property
    def identifier(self) -> str:
        return did.did_key(self.key.public)

    @property
    def method(self) -> str:
        return f"{self.identifier}#{self.key.public.multibase}"

    def prepared(self, document: Mapping[str, Any]) -> Json:
        """Issued by this key, with the context that proofs need."""
        contexts = list(document["@context"])
        if contexts[0] == V1 and DATA_INTEGRITY not in contexts:
            contexts.append(DATA_INTEGRITY)
        return {**document, "@context": contexts, "issuer": self.identifier}

    def options(self, **members: Any) -> Json:
        """A proof without its value. A member that is None is left out."""
        made = {
            "type": "DataIntegrityProof",
            "cryptosuite": self.form,
            "created": format_timestamp(CREATED),
            "verificationMethod": self.method,
            "proofPurpose": "assertionMethod",
        } | members
        return {name: value for name, value in made.items() if value is not None}

    def signed(self, document: Mapping[str, Any], **members: Any) -> Json:
        """Signed over whatever the proof is said to be. What cannot be canonicalized gets a signature over nothing."""
        unsecured, made = self.prepared(document), self.options(**members)
        suite = suite_of(self.options())
        try:
            data = hash_data(unsecured, made, suite, suite.hash_for(self.key.public), inline_contexts=True)
        except CredentialError:
            data = b"nothing"
        return {**unsecured, "proof": {**made, "proofValue": encode_base58(self.key.sign(data))}}

    def over(self, document: Mapping[str, Any], data: bytes) -> Json:
        """With a signature over other bytes than those of the cryptosuite."""
        unsecured = self.prepared(document)
        return {**unsecured, "proof": self.options(proofValue=encode_base58(self.key.sign(data)))}


@dataclass(frozen=True)
class SelectiveSigner(Signer):
    """The same for ecdsa-sd-2023: what it signs is derived at once."""

    mandatory: Sequence[str] = ("/issuer",)
    selected: Sequence[str] = ("/credentialSubject",)

    def base(self, document: Mapping[str, Any]) -> Json:
        """A base proof."""
        return proof.sign_selective(
            self.prepared(document),
            self.key,
            verification_method=self.method,
            created=CREATED,
            mandatory=self.mandatory,
            hmac_key=HMAC_KEY,
            ephemeral=EPHEMERAL,
            inline_contexts=True,
        )

    def signed(self, document: Mapping[str, Any], **members: Any) -> Json:
        """Derived, and then signed anew over the options as they are said to be."""
        shown = proof.derive(self.base(document), self.selected, inline_contexts=True)
        derived = DerivedProof.decode(shown["proof"]["proofValue"])
        made = self.options(**members)
        unsecured = {name: value for name, value in shown.items() if name != "proof"}
        lines = selective.labelled(unsecured, derived, inline_contexts=True)
        required = "".join(line for index, line in enumerate(lines) if index in derived.mandatory)
        try:
            options = options_digest(unsecured, made, "SHA-256", inline_contexts=True)
        except CredentialError:
            options = b""
        data = options + derived.public.multikey + digest(required.encode(), "SHA-256")
        again = DerivedProof(self.key.sign(data), derived.public, derived.signatures, derived.labels, derived.mandatory)
        return {**unsecured, "proof": {**made, "proofValue": again.encode()}}
