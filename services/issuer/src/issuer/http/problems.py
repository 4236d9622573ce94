"""How errors are documented in the API description, and those shown that were met behind a request."""

from http import HTTPStatus

from pydantic import BaseModel, Field

from contracts.problems import PROBLEM_TYPES
from issuer.core.addresses import Addresses
from issuer.core.model import Json
from service_kit.described import problems

__all__ = ["ProblemReply", "WrongMember", "problem_reply", "problems"]
UNKNOWN = HTTPStatus.UNPROCESSABLE_ENTITY


class WrongMember(BaseModel):
    """One member that is wrong."""

    field: str = Field(description="a dotted path, as recipient.email")
    detail: str


class ProblemReply(BaseModel):
    """What went wrong with something that is told about later, by the members of RFC 9457."""

    type: str = Field(description="stable: the address of the page about this kind of problem")
    title: str
    status: int = Field(description="what a request for this alone would be answered")
    code: str = Field(description="the last part of `type`")
    detail: str
    errors: list[WrongMember]


def problem_reply(problem: Json, addresses: Addresses) -> ProblemReply:
    """From what `core.batches.batch.problem_of` made of it, maybe long ago: codes come and go."""
    code = str(problem["code"])
    known = PROBLEM_TYPES.get(code)
    return ProblemReply(
        type=known.address(addresses.base_url) if known else "about:blank",
        title=known.title if known else UNKNOWN.phrase,
        status=known.status if known else UNKNOWN,
        code=code,
        detail=problem["detail"],
        errors=[WrongMember.model_validate(one) for one in problem["errors"]],
    )
