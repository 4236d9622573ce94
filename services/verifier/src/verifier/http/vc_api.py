"""The verifier's part of the VC-API: 200 for what is verified, 400 for anything else, whatever is wrong."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Request, Response

from credential_core.report import Verdict
from service_kit.app import router
from service_kit.auth import Caller, Scope
from service_kit.described import problems
from verifier.core.challenges import Challenges
from verifier.core.verify import Verify
from verifier.http.vc_api_bodies import PROOFLESS, asked, verified

CREDENTIALS = "/vc/credentials/verify"
PRESENTATIONS = "/vc/presentations/verify"
MayVerify = Annotated[Caller, Depends(Scope("verifications:create"))]
PROBLEM = {
    "title": "VcProblem",
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("type", "title", "detail", "check")},
}
ANSWER = {
    "title": "VcVerification",
    "type": "object",
    "required": ["verified", "errors", "warnings"],
    "properties": {
        "verified": {"type": "boolean"},
        "errors": {"type": "array", "items": PROBLEM},
        "warnings": {"type": "array", "items": PROBLEM},
        "id": {"type": "string", "description": "the verification, as /verifications keeps it"},
        "verdict": {"type": "string", "examples": list(Verdict)},
    },
}


DOCUMENT = {"anyOf": [{"type": "object"}, {"type": "string"}], "description": "an object, or a JWT or SD-JWT as text"}


def _describing(title: str, *members: str) -> dict[str, Any]:
    """Of a body with one of these. No `anyOf` says so: generators of clients make a class of each branch."""
    documents: dict[str, Any] = dict.fromkeys(members, DOCUMENT)
    schema: dict[str, Any] = {
        "title": title,
        "type": "object",
        "properties": {**documents, "options": {"type": "object"}},
    }
    schema |= {"required": [*members]} if len(members) == 1 else {"minProperties": 1}
    answers = {
        200: {"description": "it is verified", "content": {"application/json": {"schema": ANSWER}}},
        400: {
            "description": "it is not verified, with the reasons; or the request is not readable (a problem document)",
            "content": {"application/json": {"schema": ANSWER}},
        },
    }
    request = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
    return {"responses": {**problems(401, 403, 413, 503), **answers}, "openapi_extra": request}


def routes(verify: Verify, challenges: Challenges) -> APIRouter:
    """`/vc`, over their use cases."""
    api = router(tags=["vc-api"], open_query=True)

    @api.post(
        CREDENTIALS, summary="Verify any credential", **_describing("VerifyCredentialRequest", "verifiableCredential")
    )
    async def credential(request: Request, caller: MayVerify) -> Response:
        document, chosen, options = asked(await request.json(), "verifiableCredential")
        return _answered(verified(await verify(caller.org, document, chosen), document, options, "credential"))

    @api.post(
        PRESENTATIONS,
        summary="Verify any presentation",
        **_describing("VerifyPresentationRequest", "verifiablePresentation", PROOFLESS),
    )
    async def presentation(request: Request, caller: MayVerify) -> Response:
        document, chosen, options = asked(await request.json(), "verifiablePresentation", PROOFLESS)
        answer = await verify.presentation(caller.org, document, chosen)
        return _answered(verified(answer, document, options, "presentation"))

    @api.post("/vc/challenges", summary="Get a challenge for one presentation", responses=problems(401, 403, 413))
    async def challenge(caller: MayVerify) -> dict[str, str]:
        return {"challenge": await challenges.create(caller.org)}

    return api


def _answered(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), 200 if body["verified"] else 400, media_type="application/json")
