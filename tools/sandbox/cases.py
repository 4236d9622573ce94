"""Every case of the sandbox: its name, the code it shows, how it came about, and how to make it from a good credential.

What the issuer can do itself (`issued`, `signed`) is done by the real issuer; only what it would refuse to do is made
by spoiling a good credential of its own (`spoiled`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tools.sandbox import mutations as by

Json = dict[str, Any]
INVALID, INDETERMINATE, VALID = "invalid", "indeterminate", "valid"
MESSAGES = [{"status": hex(value), "message": f"number {value}"} for value in range(16)]
NOWHERE = f"https://{by.NOWHERE}"


@dataclass(frozen=True, slots=True)
class Case:
    """`code` is that of the check which decides. `verdict` is what a verifier says of the whole."""

    name: str
    verdict: str
    code: str
    how: str


@dataclass(frozen=True, slots=True)
class Spoiled(Case):
    """Made from a good credential by a mutation."""

    spoil: by.Spoil


@dataclass(frozen=True, slots=True)
class Signed(Case):
    """Signed by the issuer as it stands here, over the VC-API. `change` turns a good credential into what is signed."""

    change: Callable[[Json], Json]


def _status(**members: Any) -> Callable[[Json], Json]:
    return lambda credential: {**credential, "credentialStatus": {**credential["credentialStatus"], **members}}


ISSUED = (
    Case("valid", VALID, "", "Issued, and nothing is wrong with it: what all the others are compared with."),
    Case("revoked", INVALID, "status_revoked", "Issued, then revoked by its issuer."),
    Case("suspended", INVALID, "status_suspended", "Issued, then suspended by its issuer."),
    Case("superseded", INVALID, "superseded", "Issued, then corrected: this is the document of before."),
    Case("expired", INVALID, "expired", "Issued with a validUntil that is past."),
    Case("not-yet-valid", INVALID, "not_yet_valid", "Issued with a validFrom that is to come."),
)

SIGNED = (
    Signed(
        "status-list-unavailable",
        INDETERMINATE,
        "status_list_unavailable",
        "Signed with a status list at an address that does not exist.",
        _status(id=f"{NOWHERE}/list#1", statusListCredential=f"{NOWHERE}/list", statusListIndex="1"),
    ),
    Signed(
        "status-index-out-of-range",
        INDETERMINATE,
        "status_index_out_of_range",
        "Signed with a place far beyond the end of its status list.",
        _status(statusListIndex="99999999"),
    ),
    Signed(
        "status-purpose-mismatch",
        INDETERMINATE,
        "status_purpose_mismatch",
        "Signed with a status of a purpose that its list does not serve.",
        _status(statusPurpose="suspension"),
    ),
    Signed(
        "status-list-too-short",
        INDETERMINATE,
        "status_list_length",
        "Signed with a status of four bits, for which its list is too short.",
        _status(statusSize=4, statusMessage=MESSAGES),
    ),
    Signed(
        "status-purpose-unknown",
        INDETERMINATE,
        "status_purpose_unsupported",
        "Signed with a status of a purpose that nobody knows.",
        _status(statusPurpose="amusement"),
    ),
)

SPOILED = (
    Spoiled("tampered", INVALID, "signature_invalid", "The achievement's name was changed after it was signed.",
            by.achievement("name", "Doctor of Everything")),
    Spoiled("signature-broken", INVALID, "signature_invalid", "One character of the signature is another.",
            by.signature_of_other_bytes),
    Spoiled("proof-missing", INVALID, "proof_missing", "The proof was taken away.", by.without("proof")),
    Spoiled("proof-value-malformed", INVALID, "proof_value_malformed", "The signature is no multibase text.",
            by.proof(proofValue="not a signature")),
    Spoiled("proof-type-unknown", INDETERMINATE, "proof_type_unsupported", "The proof is of a type nobody knows.",
            by.proof(type="HandshakeProof2020")),
    Spoiled("cryptosuite-unknown", INDETERMINATE, "cryptosuite_unsupported", "The cryptosuite is one nobody knows.",
            by.proof(cryptosuite="eddsa-rdfc-2099")),
    Spoiled("proof-without-method", INVALID, "proof_malformed", "The proof names no key.",
            by.proof_without("verificationMethod")),
    Spoiled("proof-for-another-purpose", INVALID, "proof_purpose_mismatch", "The proof was made to log in.",
            by.proof(proofPurpose="authentication")),
    Spoiled("proof-from-the-future", INVALID, "proof_created_in_future", "The proof says it was made in 2099.",
            by.proof(created="2099-01-01T00:00:00Z")),
    Spoiled("proof-expired", INVALID, "proof_expired", "The proof says it held until 2001.",
            by.proof(expires="2001-01-01T00:00:00Z")),
    Spoiled("too-many-proofs", INVALID, "too_many_proofs", "The same proof sixty-four times.", by.many_proofs),
    Spoiled("key-unknown", INVALID, "method_not_authorized", "The proof names a key that the issuer never had.",
            by.method_fragment("no-such-key")),
    Spoiled("key-of-another", INVALID, "issuer_mismatch", "The proof names the key of somebody else.",
            by.proof(verificationMethod=f"{by.STRANGER_DID}#key-1")),
    Spoiled("issuer-unreachable", INDETERMINATE, "controller_unavailable", "The issuer's keys are at no address.",
            by.from_issuer(by.STRANGER_DID)),
    Spoiled("issuer-method-unknown", INDETERMINATE, "did_method_unsupported", "The issuer's DID method is unknown.",
            by.from_issuer("did:example:issuer")),
    Spoiled("issuer-missing", INVALID, "issuer_missing", "Nobody is named as its issuer.", by.without("issuer")),
    Spoiled("context-unknown", INDETERMINATE, "context_unknown", "A context that this verifier does not hold.",
            by.with_context(f"{NOWHERE}/context.jsonld")),
    Spoiled("context-inline", INDETERMINATE, "context_inline", "A context written into the credential.",
            by.with_context({"nickname": f"{NOWHERE}/nickname"})),
    Spoiled("term-undefined", INVALID, "term_undefined", "A member that no context defines.",
            by.member("favouriteColour", "green")),
    Spoiled("identifier-relative", INVALID, "iri_relative", "Its id is no absolute address.",
            by.member("id", "credentials/1")),
    Spoiled("date-malformed", INVALID, "schema_invalid", "validFrom is no date.", by.member("validFrom", "yesterday")),
    Spoiled("not-an-achievement", INVALID, "schema_invalid", "There is no achievement.", by.no_achievement),
    Spoiled("nested-too-deeply", INVALID, "document_too_deep", "Lists in lists in lists.",
            by.as_text(lambda text: '{"list": ' + "[" * 100 + "]" * 100 + ", " + text[1:])),
    Spoiled("too-many-values", INVALID, "document_too_many_nodes", "A list of nine thousand numbers.",
            by.as_text(lambda text: '{"list": [' + "1," * 9000 + "1], " + text[1:])),
    Spoiled("number-too-large", INVALID, "number_unsafe", "A number that programs read differently.",
            by.as_text(lambda text: '{"number": 12345678901234567890, ' + text[1:])),
    Spoiled("text-unsafe", INVALID, "text_unsafe", "The character of no meaning, U+0000.",
            by.as_text(lambda text: '{"text": "\\u0000", ' + text[1:])),
    Spoiled("not-json", INVALID, "json_malformed", "The text was cut off in the middle.",
            by.as_text(lambda text: text[: len(text) // 2])),
    Spoiled("member-twice", INVALID, "json_duplicate_member", "A member stands twice.",
            by.as_text(lambda text: '{"name": "first", "name": "second", ' + text[1:])),
    Spoiled("not-an-object", INVALID, "json_not_object", "The text is a list.", by.as_text(lambda text: f"[{text}]")),
    Spoiled("jws-malformed", INVALID, "jws_header_malformed", "Three parts with dots between, and no JWS.",
            lambda _: "e30.e30.e30"),
    Spoiled("jws-of-another-type", INVALID, "jwt_type_unsupported", "A JWS whose header says it is something else.",
            by.jws(alg="EdDSA", typ="invoice")),
    Spoiled("jws-with-extension", INVALID, "jws_extension_unsupported", "A JWS that demands what nobody knows.",
            by.jws(alg="EdDSA", crit=["magic"], magic=True)),
    Spoiled("member-by-address", INVALID, "member_not_term", "A member named by an address, not by a term.",
            by.member("https://schema.org/name", "Ada")),
    Spoiled("controller-malformed", INVALID, "did_malformed", "The issuer's did:key holds no key.",
            by.from_issuer("did:key:zNoKey")),
    Spoiled("proof-chain-broken", INVALID, "proof_chain_broken", "The proof follows one that is not there.",
            by.proof(previousProof="urn:uuid:00000000-0000-4000-8000-000000000000")),
    Spoiled("proof-date-malformed", INVALID, "date_malformed", "The proof was made yesterday, it says.",
            by.proof(created="yesterday")),
    Spoiled("key-name-malformed", INVALID, "method_malformed", "The proof's key has no absolute name.",
            by.proof(verificationMethod="key-1")),
    Spoiled("issuer-unknown", INDETERMINATE, "issuer_unknown", "Nobody vouches for its issuer.",
            by.from_issuer(f"{by.STRANGER_DID}:unknown")),
    Spoiled("list-in-list", INVALID, "array_nested", "Its name is a list of lists.", by.member("name", [["Ada"]])),
    Spoiled("language-malformed", INVALID, "language_malformed", "A text in a language without a tag.",
            by.member("description", {"@value": "text", "@language": "no language!"})),
    Spoiled("value-malformed", INVALID, "value_malformed", "A value object whose value is an object.",
            by.member("name", {"@value": {"a": 1}})),
    Spoiled("identifier-malformed", INVALID, "id_malformed", "Its id is a number.", by.member("id", 5)),
    Spoiled("type-malformed", INVALID, "type_malformed", "One of its types is a number.",
            by.member("type", ["VerifiableCredential", "OpenBadgeCredential", 5])),
    Spoiled("said-twice", INVALID, "root_id_repeated", "Something inside has the credential's own id.",
            by.with_own_id_inside),
    Spoiled("context-invalid", INVALID, "context_invalid", "Twenty more contexts.",
            by.with_context(*["https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"] * 20)),
    Spoiled("envelope-malformed", INVALID, "envelope_malformed", "An envelope that holds plain text.",
            by.enveloped("data:text/plain,hello")),
    Spoiled("envelope-without-jws", INVALID, "jws_malformed", "An envelope that holds no JWS.",
            by.enveloped("data:application/vc+jwt,hello")),
    Spoiled("jws-key-unnamed", INVALID, "jwt_key_unnamed", "A JWS that does not say with which key.",
            by.jws(alg="EdDSA", typ="JWT")),
    Spoiled("jws-without-claims", INVALID, "jwt_claim_missing", "A JWS without the claims that repeat what it holds.",
            by.jws(alg="EdDSA", typ="JWT", kid=f"{by.STRANGER_DID}#key-1")),
    Spoiled("jws-key-elsewhere", INVALID, "jwt_header_unexpected", "A JWS that says where to fetch its key.",
            by.jws(alg="EdDSA", typ="JWT", jku=f"{NOWHERE}/keys")),
    Spoiled("sd-jwt-disclosure-malformed", INVALID, "sd_jwt_disclosure_malformed", "An SD-JWT discloses no claim.",
            by.sd_jwt({"vct": NOWHERE}, "disclosed")),
    Spoiled("sd-jwt-disclosure-unused", INVALID, "sd_jwt_disclosure_unused", "An SD-JWT discloses what it never held.",
            by.sd_jwt({"vct": NOWHERE}, ["salt", "name", "Ada"])),
    Spoiled("sd-jwt-hash-unknown", INVALID, "sd_jwt_hash_unsupported", "An SD-JWT with digests nobody makes.",
            by.sd_jwt({"vct": NOWHERE, "_sd_alg": "md5"}, ["salt", "name", "Ada"])),
    Spoiled("sd-jwt-malformed", INVALID, "sd_jwt_malformed", "An SD-JWT whose digests are no list.",
            by.sd_jwt({"vct": NOWHERE, "_sd": "none"})),
    Spoiled("sd-jwt-issuer-hidden", INVALID, "sd_jwt_claim_not_disclosable", "An SD-JWT hides its issuer.",
            by.sd_jwt_holding({"vct": NOWHERE}, ["salt", "iss", NOWHERE])),
    Spoiled("sd-jwt-claim-twice", INVALID, "sd_jwt_claim_repeated", "An SD-JWT discloses a claim that it has already.",
            by.sd_jwt_holding({"vct": NOWHERE, "name": "Ada"}, ["salt", "name", "Eve"])),
    Spoiled("sd-jwt-misplaced", INVALID, "sd_jwt_disclosure_misplaced", "An SD-JWT discloses an element for a claim.",
            by.sd_jwt_holding({"vct": NOWHERE}, ["salt", "Ada"])),
    Spoiled("sd-jwt-too-long", INVALID, "sd_jwt_too_many_disclosures", "An SD-JWT discloses three hundred claims.",
            by.sd_jwt_holding({"vct": NOWHERE}, *(["salt", f"claim{number}", number] for number in range(300)))),
    Spoiled("sd-jwt-digest-twice", INVALID, "sd_jwt_digest_repeated", "An SD-JWT has one digest twice.",
            by.sd_jwt({"vct": NOWHERE, "_sd": ["A" * 43, "A" * 43]})),
)  # fmt: skip
CASES: tuple[Case, ...] = (*ISSUED, *SIGNED, *SPOILED)
