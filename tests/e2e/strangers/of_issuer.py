"""What strangers ask of the issuer about a university's things."""

from __future__ import annotations

from tests.e2e.strangers.asks import (
    ELM,
    NEW_ID,
    REASON,
    Body,
    Json,
    Judged,
    Table,
    Things,
    Try,
    always,
    hidden,
    listed,
    nobodys,
    own,
    public,
    refused,
)
from tests.issuer.endorsers import by_key


def secured(issuer: str) -> Body:
    def body(things: Things) -> Json:
        document = {"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"]}
        return {"credential": document | {"issuer": things[issuer], "credentialSubject": {"id": "did:example:x"}}}

    return body


def agreement(recognising: str, **members: str) -> Body:
    def body(things: Things) -> Json:
        return {
            "name": "In the name of another",
            "recognisingIssuer": things[recognising],
            "sourceIssuer": things["partner_did"],
            "programme": things["pathway"],
            "rules": [{"achievement": things["theirs"], "target": things["achievement"], "credits": 5}],
        } | {name: things[thing] for name, thing in members.items()}

    return body


ISSUERS: Table = {
    "GET /issuers": (listed(),),
    "POST /issuers": (
        refused(409, "slug-taken", lambda things: {"name": "Alder", "slug": things["slug"]}, as_nobodys=False),
    ),
    "GET /issuers/{slug}": (public(),),
    "GET /issuers/{slug}/did.json": (public(),),
    "GET /issuers/{slug}/export": (public(ELM),),
    "PATCH /issuers/{slug}": (hidden(always({"name": "Taken over"})),),
    "POST /issuers/{slug}/endorsements": (hidden(lambda things: {"subject": things["their_achievement"]}),),
    "GET /issuers/{slug}/keys": (hidden(),),
    "POST /issuers/{slug}/keys": (hidden(always({"algorithm": "P-256"})),),
    "GET /issuers/{slug}/keys/{key_id}": (hidden(), hidden(slug="their_slug")),
    **{
        f"POST /issuers/{{slug}}/keys/{{key_id}}/{act}": (hidden(), hidden(slug="their_slug"))
        for act in ("activate", "retire", "revoke")
    },
    "GET /issuers/{slug}/policy": (hidden(),),
    "PUT /issuers/{slug}/policy": (hidden(always({"achievements": "any"})),),
}


def rows(things: Things) -> list[Json]:
    return [{"credential": things["credential"], "reason": "a stranger says so"}]


AWARDED = {"recipient": {"email": "eve@strangers.example"}}
ISSUING: Table = {
    "GET /credentials": (
        listed(),
        listed("?achievement={achievement}"),
        listed("?recipient={learner_hash}"),
        listed("?status=issued"),
    ),
    "POST /credentials": (
        refused(
            403,
            "achievement-not-allowed",
            lambda things: AWARDED | {"achievement": things["achievement"]},
            as_nobodys=False,
        ),
        refused(
            422, "?", lambda things: AWARDED | {"achievement": things["their_achievement"], "issuer": things["slug"]}
        ),
        refused(
            422, "?", lambda things: AWARDED | {"achievement": things["their_achievement"], "issuer": things["did"]}
        ),
    ),
    "GET /credentials/{credential_id}": (hidden(), nobodys(credential_id="lenas_credential")),
    "POST /credentials/{credential_id}/correct": (hidden(always({"reason": "a test", "narrative": "Taken over."})),),
    **{
        f"POST /credentials/{{credential_id}}/{act}": (hidden(REASON), hidden(REASON, credential_id="row_credential"))
        for act in ("revoke", "suspend", "reinstate")
    },
    "GET /batches": (listed("", "achievement"),),
    "POST /batches": (
        own(always([AWARDED]), "?achievement={achievement}", may_show=("achievement", "achievement_id")),
        refused(422, "?", always([AWARDED]), "?achievement={their_achievement}&issuer={slug}"),
    ),
    "POST /batches/correct": (
        own(lambda things: [row | {"narrative": "Taken over."} for row in rows(things)]),
        own(lambda things: [row | {"narrative": "Taken over."} for row in rows(things)], "?dryRun=true"),
    ),
    **{f"POST /batches/{act}": (own(rows), own(rows, "?dryRun=true")) for act in ("revoke", "suspend", "reinstate")},
    "GET /batches/template.csv": (own(query="?action=issue&achievement={achievement}"), own(query="?action=revoke")),
    "GET /batches/{batch_id}": (hidden(),),
    **{f"POST /batches/{{batch_id}}/{act}": (hidden(),) for act in ("pause", "resume", "cancel", "retry")},
    "GET /batches/{batch_id}/events": (hidden(),),
    "GET /batches/{batch_id}/reconciliation": (hidden(),),
    "GET /batches/{batch_id}/results.csv": (hidden(),),
    "GET /batches/{batch_id}/rows": (hidden(), Try(Judged.HIDDEN, "?status=refused")),
    "GET /endorsements": (listed(), listed("?role=given")),
    "POST /endorsements": (
        own(lambda things: {"credential": by_key(things["their_achievement"], 9, id=f"urn:uuid:{NEW_ID}")}),
    ),
    "GET /endorsements/{endorsement_id}": (hidden(), hidden(endorsement_id="given_endorsement")),
    **{
        f"POST /endorsements/{{endorsement_id}}/{act}": (hidden(), hidden(endorsement_id="given_endorsement"))
        for act in ("accept", "decline", "revoke")
    },
    "GET /stacks": (listed(), listed("?pathway={pathway_id}"), listed("?recipient={learner_hash}")),
    "GET /stacks/{stack_id}": (hidden(),),
    "POST /stacks/{stack_id}/approve": (hidden(REASON),),
    "POST /stacks/{stack_id}/refuse": (hidden(REASON),),
    "POST /stacks/{stack_id}/record": (hidden(),),
    "GET /progress": (Try(Judged.HIDDEN, "?pathway={pathway_id}"),),
    "GET /progress/{consent_id}": (hidden(),),
}

SIGNING: Table = {
    "POST /vc/credentials/issue": (refused(400, "?", secured("did")),),
    "POST /vc/{form}/credentials/issue": (refused(400, "?", secured("did")),),
    "POST /vc/credentials/status": (
        refused(
            404,
            "?",
            lambda things: {
                "credentialId": things["signed"]["id"],
                "credentialStatus": things["signed"]["credentialStatus"],
                "status": True,
            },
        ),
    ),
    "POST /vc/credentials/derive": (own(lambda things: {"verifiableCredential": things["their_signed"]}),),
}

RECOGNITION: Table = {
    "GET /recognition-agreements": (public(),),
    "GET /recognition-agreements/{agreement_id}": (nobodys(),),
    "POST /recognition-agreements/{agreement_id}/statements": (
        refused(404, "?", always({"statement": "eyJhbGciOiJFZERTQSJ9.e30.AA"})),
    ),
    "GET /recognitions/agreements": (listed(), listed("?status=proposed")),
    "POST /recognitions/agreements": (
        refused(422, "invalid-request", agreement("did"), as_nobodys=False),
        refused(422, "?", agreement("their_did", replaces="agreement_address")),
    ),
    "GET /recognitions/agreements/{agreement_id}": (hidden(),),
    "POST /recognitions/agreements/{agreement_id}/sign": (
        hidden(lambda things: {"digest": things["agreement_digest"]}),
    ),
    **{
        f"POST /recognitions/agreements/{{agreement_id}}/{act}": (hidden(REASON),)
        for act in ("decline", "withdraw", "end")
    },
    "GET /recognitions": (listed(), listed("?status=open"), listed("?programme={achievement}")),
    "POST /recognitions": (
        refused(
            422,
            "?",
            lambda things: {
                "programme": things["achievement"],
                "credential": things["brought"],
                "recipient": {"email": things["learner_email"]},
            },
        ),
    ),
    "GET /recognitions/{recognition_id}": (hidden(), hidden(recognition_id="lenas_recognition")),
    **{
        f"POST /recognitions/{{recognition_id}}/{act}": (
            hidden(REASON),
            hidden(REASON, recognition_id="lenas_recognition"),
        )
        for act in ("grant", "refuse", "keep")
    },
    "POST /recognitions/{recognition_id}/evidence": (hidden(always({"evidence": [{"narrative": "Of a stranger."}]})),),
    "POST /recognitions/{recognition_id}/decision": (hidden(),),
    "POST /recognitions/{recognition_id}/source": (hidden(lambda things: {"credential": things["brought"]}),),
}
