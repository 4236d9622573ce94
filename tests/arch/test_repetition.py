"""Every POST may be repeated: it takes an Idempotency-Key, or there is a reason why it needs none."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gateway.edge.routes import Room
from tests.arch.test_routes_are_guarded import app_of, described
from tests.catalog import test_repetition as catalog
from tests.gateway import test_repetition as gateway
from tests.issuer import test_repetition as issuer

OF_OAUTH = "RFC 6749 and its family know no such header; codes, assertions and refresh tokens are good once"
STATE = "it names the state to be in: what is so already is answered with success and changes nothing"
ONCE = "what the case has already is not added again"
SAME = "a refusal is signed once: a repetition gives that text"
COMPUTES = "it answers and keeps nothing"
TODAY = "a repetition must give today's verdict (ADR 72); what it leaves is one more line of a history"
WITHOUT_KEY: Mapping[str, str] = {
    "/oauth/token": OF_OAUTH,
    "/oauth/par": OF_OAUTH,
    "/oauth/introspect": OF_OAUTH,
    "/oauth/revoke": OF_OAUTH,
    "/oauth/userinfo": OF_OAUTH,
    "/oauth/register": OF_OAUTH,
    "/achievements/{achievement_id}/publish": "an unchanged draft gives the version it is already",
    "/achievements/{achievement_id}/retire": STATE,
    "/pathways/{pathway_id}/publish": "an unchanged draft gives the version it is already",
    "/pathways/{pathway_id}/retire": STATE,
    "/pathways/{pathway_id}/evaluations": COMPUTES,
    "/job-profiles/match": COMPUTES,
    "/issuers/{slug}/keys/{key_id}/activate": STATE,
    "/issuers/{slug}/keys/{key_id}/retire": STATE,
    "/issuers/{slug}/keys/{key_id}/revoke": STATE,
    "/batches/{batch_id}/pause": STATE,
    "/batches/{batch_id}/resume": STATE,
    "/batches/{batch_id}/cancel": STATE,
    "/batches/{batch_id}/retry": STATE,
    "/stacks/{stack_id}/approve": STATE,
    "/stacks/{stack_id}/refuse": STATE,
    **{f"/recognitions/agreements/{{agreement_id}}/{act}": STATE for act in ("sign", "decline", "withdraw", "end")},
    "/recognition-agreements/{agreement_id}/statements": STATE,
    "/endorsements/{endorsement_id}/accept": STATE,
    "/endorsements/{endorsement_id}/decline": STATE,
    "/endorsements/{endorsement_id}/revoke": STATE,
    **{f"/recognitions/{{recognition_id}}/{act}": STATE for act in ("grant", "refuse", "keep")},
    "/recognitions/{recognition_id}/source": "what is followed already is not shown again",
    **{f"/learners/me/recognitions/{{recognition_id}}/{act}": STATE for act in ("appeal", "withdraw")},
    **{f"{side}/{{recognition_id}}/decision": SAME for side in ("/recognitions", "/learners/me/recognitions")},
    **{f"{side}/{{recognition_id}}/evidence": ONCE for side in ("/recognitions", "/learners/me/recognitions")},
    "/vc/credentials/status": STATE,
    "/vc/credentials/derive": COMPUTES,
    "/vc/credentials/verify": TODAY,
    "/vc/presentations/verify": TODAY,
    "/vc/challenges": "each answer is another challenge; one that is not used ends by itself",
    "/verifications": TODAY,
    "/learners/me/credentials/{credential_id}/record": COMPUTES,
    "/learners/me/hosts/{host_id}/confirm": "the other host's code is good once",
    "/learners/me/hosts/{host_id}/push": "the other host replaces by the credential's id",
    "/learners/me/hosts/{host_id}/pull": "credentials are kept by their ids: the same again is no other",
    "/learners/me/consents/{consent_id}/withdraw": "what is withdrawn stays so: the same again does nothing",
    "/learners/me/backpack/{kept_id}/verify": "a repetition must say what holds today; it keeps the latest finding",
    "/ims/ob/v3p0/credentials": "an upsert by the credential's own id (Open Badges 3.0): the same again is 304",
}
"""The POSTs without the header, and why."""


def posts(room: Room) -> dict[str, Mapping[str, object]]:
    return {path: operation for (method, path), operation in described(app_of(room)).items() if method == "POST"}


def takes_key(operation: Mapping[str, object]) -> bool:
    parameters = operation.get("parameters", [])
    assert isinstance(parameters, list)
    return any(each["in"] == "header" and each["name"] == "Idempotency-Key" for each in parameters)


def test_every_post_takes_a_key_or_says_why_not() -> None:
    without = {path for room in Room for path, operation in posts(room).items() if not takes_key(operation)}
    assert without == set(WITHOUT_KEY)


def test_every_post_that_takes_a_key_is_tried() -> None:
    taking = {f"POST {path}" for room in Room for path, operation in posts(room).items() if takes_key(operation)}
    assert taking == {*catalog.EXAMPLES, *gateway.EXAMPLES, *issuer.EXAMPLES, *issuer.TRIED_BESIDE}


@pytest.mark.parametrize("room", Room)
def test_whoever_takes_a_key_says_what_another_request_under_it_gets(room: Room) -> None:
    for path, operation in posts(room).items():
        responses = operation["responses"]
        assert isinstance(responses, dict)
        assert not takes_key(operation) or "409" in responses, path
