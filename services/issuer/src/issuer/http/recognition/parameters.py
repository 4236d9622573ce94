"""Who calls the routes about recognitions, and what their lists are asked by."""

from typing import Annotated

from fastapi import Depends, Query

from issuer.core.recognition.recognition import RecognitionState
from issuer.core.recognition.sources import SourceMatter
from issuer.http.backpack.keepers import PersonScope
from service_kit.auth import Caller, Scope
from service_kit.idempotency import idempotency_key
from service_kit.inputs import IdempotencyKey, PageRequest
from service_kit.pagination import page_request

Issues = Annotated[Caller, Depends(Scope("credentials:issue"))]
Reads = Annotated[Caller, Depends(Scope("credentials:read"))]
Learner = Annotated[Caller, Depends(PersonScope("backpack:manage"))]
Key = Annotated[IdempotencyKey | None, Depends(idempotency_key)]
Paging = Annotated[PageRequest, Depends(page_request)]
State = Annotated[RecognitionState | None, Query(alias="status", description="only those that stand there")]
Programme = Annotated[str | None, Query(max_length=500, description="its URL")]
Matter = Annotated[
    SourceMatter | None, Query(description="only awards that stand for credentials from elsewhere, of which this is so")
]
PRIVATE = {"Cache-Control": "no-store"}
