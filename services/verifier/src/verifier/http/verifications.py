"""POST /verifications and the history of what was verified."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from credential_core.report import NestedReport, Report, Verdict
from service_kit.app import router
from service_kit.auth import Caller, Scope
from service_kit.described import problems
from service_kit.inputs import PageRequest
from service_kit.pagination import LINK, link_next, page_request
from verifier.core.history import History
from verifier.core.model import Verification
from verifier.core.verify import Verify
from verifier.http.schemas import (
    CheckResponse,
    FindingResponse,
    NestedResponse,
    PastVerificationResponse,
    PastVerificationsResponse,
    VerificationRequest,
    VerificationResponse,
)

MAX_BODY = 512 * 1024
PATH = "/verifications"

MayVerify = Annotated[Caller, Depends(Scope("verifications:create"))]


def routes(verify: Verify, history: History, public_base_url: str) -> APIRouter:
    """The routes, over their use cases."""
    api = router(tags=["verifications"])

    @api.post(PATH, responses=problems(400, 401, 403, 413, 422, 503))
    async def create(request: VerificationRequest, caller: MayVerify) -> VerificationResponse:
        """Verify a credential. Any credential gets a verdict with reasons; only a malformed request is an error."""
        answer = await verify(caller.org, request.credential, request.policy.options(), request.components)
        report = answer.report
        return VerificationResponse(
            id=answer.id,
            verdict=report.verdict,
            checks=_checks(report),
            credential=None if report.summary is None else dict(report.summary),
            nested=[_nested(each) for each in report.nested],
            verifiedAt=answer.verified_at,
        )

    @api.get(PATH, responses=LINK | problems(401, 403, 422))
    async def past(
        request: Request,
        response: Response,
        caller: MayVerify,
        page: Annotated[PageRequest, Depends(page_request)],
        verdict: Annotated[Verdict | None, Query(description="only those with this verdict")] = None,
    ) -> PastVerificationsResponse:
        """The organization's own verifications, newest first."""
        found = await history.page(caller.org, page, verdict=verdict)
        following = link_next(request, response, public_base_url, found.next)
        return PastVerificationsResponse(items=[_past(item) for item in found.items], next=following)

    @api.get(PATH + "/{id}", responses=problems(401, 403, 404, 422))
    async def one(id: str, caller: MayVerify) -> PastVerificationResponse:  # noqa: A002 - the path's name for it
        """One of the organization's own verifications."""
        return _past(await history.get(caller.org, id))

    return api


def _checks(report: Report) -> list[CheckResponse]:
    return [
        CheckResponse(
            check=check.check, outcome=check.outcome, code=check.code, detail=check.detail, source=check.source
        )
        for check in report.checks
    ]


def _nested(inner: NestedReport) -> NestedResponse:
    return NestedResponse(
        role=inner.role,
        path=inner.path,
        id=inner.id,
        verdict=inner.report.verdict,
        checks=_checks(inner.report),
        nested=[_nested(each) for each in inner.report.nested],
    )


def _past(verification: Verification) -> PastVerificationResponse:
    return PastVerificationResponse(
        id=verification.id,
        verdict=verification.verdict,
        checks=[
            FindingResponse(check=finding.check, outcome=finding.outcome, code=finding.code, source=finding.source)
            for finding in verification.findings
        ],
        credentialId=verification.credential_id,
        issuerId=verification.issuer_id,
        inputDigest=verification.input_digest,
        verifiedAt=verification.verified_at,
    )
