"""What strangers ask of the verifier, and of the registry, which is public."""

from __future__ import annotations

from tests.e2e.strangers.asks import ELM, Table, hidden, listed, own, public, refused

OF_A_DOCUMENT = ("credential", "did", "list_id")
"""What the history of a stranger says of a document that they were shown, and had verified themselves."""

VERIFYING: Table = {
    "GET /verifications": (listed("", *OF_A_DOCUMENT), listed("?verdict=valid", *OF_A_DOCUMENT)),
    "POST /verifications": (own(lambda things: {"credential": things["document"]}),),
    "GET /verifications/{id}": (hidden(id="verification"),),
    "GET /verifications/trusted-issuers": (listed(),),
    "GET /verifications/trusted-issuers/{id}": (hidden(id="trusted"),),
    "PUT /verifications/trusted-issuers/{id}": (own(id="trusted_shared"),),
    "DELETE /verifications/trusted-issuers/{id}": (hidden(id="trusted"),),
    "POST /vc/challenges": (own(),),
    "POST /vc/credentials/verify": (own(lambda things: {"verifiableCredential": things["document"]}),),
    "POST /vc/presentations/verify": (
        refused(
            400,
            "?",
            lambda things: {
                "verifiablePresentation": things["presentation"],
                "options": {"challenge": things["challenge"]},
            },
        ),
    ),
}

REGISTRY: Table = {
    "GET /records/issuers/export": (public(ELM + "&organization={organization}"),),
    "GET /records/{credential}": (public(credential="credential_id"),),
    "GET /statistics": (public("?organization={organization}"),),
    "GET /status-lists/{list_id}": (public(),),
}
