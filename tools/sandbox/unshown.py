"""The codes that no case of the sandbox shows, each with the reason."""

from collections.abc import Mapping

_READER = "The reader decides it: by what it asks for, by its policy, or by whom it distrusts."
_PRESENTED = (
    "Only what holds other credentials shows it, a presentation or a CLR; the sandbox holds single credentials."
)
_ENDORSEMENT = "Only an endorsement shows it, and the sandbox holds none."
_UNSIGNED = "The issuer signs no such credential, and without a good signature that signature is what decides."
_LIST = "The status list would have to be at fault, and the fleet publishes only good ones."
_KEY = "The issuer's key or its controller document would have to be at fault, and the fleet publishes only good ones."
_GONE = "It takes an address outside the fleet that answers by https and has no such document."
_JWS = "It takes a JWS with a good signature or a fetched key; the sandbox's issuer makes proofs within the document."
_CERTIFICATE = "It takes a key that nothing but a certificate names; the sandbox's issuer names its keys by its DID."
_CHAIN = (
    "It takes proofs that follow each other or disclose selectively; the sandbox's issuer makes single, whole ones."
)
_SAFE = (
    "It takes contexts within contexts, or text that JSON-LD would drop; other checks refuse such an Open Badge first."
)
_BUDGET = "A budget is spent: such a document is long or costly, and no fit reading for a page."
_INSIDE = "Something is amiss within the verifier, not with the credential."

_BY_REASON: Mapping[str, tuple[str, ...]] = {
    _CERTIFICATE: ("x5c_unsupported",),
    _READER: (
        "endorsements_invalid",
        "endorsements_too_many",
        "endorsements_undecided",
        "invalid_challenge",
        "invalid_domain",
        "issuer_distrusted",
        "key_binding_mismatch",
        "key_binding_missing",
        "key_binding_stale",
        "key_binding_unexpected",
        "key_binding_unsupported",
        "recipient_mismatch",
    ),
    _PRESENTED: (
        "credentials_invalid",
        "credentials_too_many",
        "credentials_undecided",
        "holder_not_subject",
        "holder_unnamed",
        "holder_unproven",
    ),
    _ENDORSEMENT: ("endorsement_misplaced", "endorsement_type_missing"),
    _UNSIGNED: (
        "credential_schema_broken",
        "credential_schema_too_costly",
        "credential_schema_too_many",
        "credential_schema_unavailable",
        "credential_schema_unsupported",
        "status_lists_too_many",
        "status_malformed",
        "status_size_unsupported",
        "status_type_unsupported",
        "validity_period_unreadable",
    ),
    _LIST: (
        "status_list_issuer_untrusted",
        "status_list_malformed",
        "status_list_mismatch",
        "status_list_not_yet_valid",
        "status_list_stale",
        "status_list_too_large",
        "status_list_unverified",
        "status_value_unsupported",
    ),
    _KEY: (
        "controller_malformed",
        "controller_mismatch",
        "key_algorithm_unsupported",
        "key_malformed",
        "key_mismatch",
        "key_secret",
        "key_use_mismatch",
        "method_expired",
        "method_revoked",
        "method_type_unsupported",
        "method_unknown",
    ),
    _GONE: ("controller_not_found",),
    _JWS: (
        "issuer_binding_unverified",
        "jws_algorithm_mismatch",
        "jwt_claim_malformed",
        "jwt_claim_mismatch",
        "jwt_claim_unexpected",
        "jwt_expired",
        "jwt_header_unsupported",
        "jwt_issued_in_future",
        "jwt_key_mismatch",
        "jwt_not_yet_valid",
    ),
    _CHAIN: (
        "previous_proof_undecided",
        "proof_chain_unsupported",
        "proof_context_mismatch",
        "proof_not_derived",
        "too_many_signatures",
    ),
    _SAFE: ("context_conflict", "context_unsupported", "iri_malformed", "not_canonical", "value_dropped"),
    _BUDGET: (
        "canonicalization_too_costly",
        "documents_too_costly",
        "document_too_large",
        "too_many_blank_nodes",
        "too_many_contexts",
    ),
    _INSIDE: ("correction_undecided", "format_unsupported"),
}
UNSHOWN: Mapping[str, str] = {code: reason for reason, codes in _BY_REASON.items() for code in codes}
