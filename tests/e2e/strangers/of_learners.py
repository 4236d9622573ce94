"""What strangers ask about a person's own things."""

from __future__ import annotations

from tests.e2e.strangers.asks import (
    NEW_PROFILE,
    REASON,
    Table,
    always,
    hidden,
    listed,
    mine,
    nobodys,
    own,
    public,
    refused,
)

LEARNERS: Table = {
    name: tuple(mine(one) for one in tries)
    for name, tries in {
        "GET /ims/ob/v3p0/discovery": (public(),),
        "GET /ims/ob/v3p0/credentials": (listed(), listed("?since=2020-01-01T00:00:00Z")),
        "POST /ims/ob/v3p0/credentials": (own(lambda things: things["their_document"]),),
        "GET /ims/ob/v3p0/profile": (own(),),
        "PUT /ims/ob/v3p0/profile": (own(always(NEW_PROFILE)),),
        "GET /learners/me/backpack": (listed(),),
        "DELETE /learners/me/backpack": (own(),),
        "DELETE /learners/me/backpack/{kept_id}": (hidden(),),
        "POST /learners/me/backpack/{kept_id}/verify": (hidden(),),
        "GET /learners/me/consents": (listed("", "organization", "pathway_other"),),
        "POST /learners/me/consents": (
            own(lambda things: {"pathway": things["pathway_other"], "purpose": "my own"}, may_show=("organization",)),
        ),
        "DELETE /learners/me/consents/{consent_id}": (hidden(),),
        "POST /learners/me/consents/{consent_id}/withdraw": (hidden(),),
        "GET /learners/me/credentials": (listed(),),
        "GET /learners/me/credentials/{credential_id}": (hidden(), hidden(credential_id="lenas_credential")),
        "POST /learners/me/credentials/{credential_id}/record": (hidden(), hidden(credential_id="lenas_credential")),
        "GET /learners/me/hosts": (listed(),),
        "POST /learners/me/hosts": (
            refused(422, "?", always({"discoveryUrl": "http://127.0.0.1/"}), as_nobodys=False),
        ),
        "GET /learners/me/hosts/{host_id}": (hidden(),),
        "DELETE /learners/me/hosts/{host_id}": (hidden(),),
        "POST /learners/me/hosts/{host_id}/confirm": (hidden(always({"code": "x"})),),
        "GET /learners/me/hosts/{host_id}/profile": (nobodys(),),
        "POST /learners/me/hosts/{host_id}/pull": (hidden(always({})),),
        "POST /learners/me/hosts/{host_id}/push": (hidden(lambda things: {"credential": things["kept_id"]}),),
        "GET /learners/me/pathways": (public(),),
        "GET /learners/me/pathways/{pathway_id}": (public(),),
        "GET /learners/me/recognitions": (listed(), listed("?status=open")),
        "POST /learners/me/recognitions": (
            refused(
                403,
                "address-not-confirmed",
                lambda things: {
                    "programme": things["achievement"],
                    "credential": things["lenas_brought"],
                    "email": things["learner_email"],
                },
                as_nobodys=False,
            ),
        ),
        "GET /learners/me/recognitions/{recognition_id}": (
            hidden(recognition_id="lenas_recognition"),
            nobodys(),
        ),
        "DELETE /learners/me/recognitions/{recognition_id}": (hidden(recognition_id="lenas_recognition"), hidden()),
        **{
            f"POST /learners/me/recognitions/{{recognition_id}}/{act}": (
                hidden(REASON, recognition_id="lenas_recognition"),
                hidden(REASON),
            )
            for act in ("appeal", "withdraw")
        },
        "POST /learners/me/recognitions/{recognition_id}/decision": (hidden(recognition_id="lenas_recognition"),),
        "POST /learners/me/recognitions/{recognition_id}/evidence": (
            hidden(always({"evidence": [{"narrative": "Of a stranger."}]}), recognition_id="lenas_recognition"),
        ),
    }.items()
}
