"""Answers about stacks."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from issuer.core.addresses import Addresses
from issuer.core.model import Json
from issuer.core.stacks.stack import Stack, StackState
from issuer.core.stacks.stacks import StackLife
from issuer.http.inputs import Body, Line
from issuer.http.problems import ProblemReply, problem_reply


class DecisionRequest(Body):
    """Why. The reason stays with the issuer: it is in no event and no public record."""

    reason: Line


class StackSummary(BaseModel):
    """A stack in a list."""

    id: str
    status: StackState
    pathway: str
    pathwayVersion: int  # noqa: N815 - JSON members are camelCase, as in Open Badges
    credential: str | None = Field(description="the credential that was issued for it")
    createdAt: datetime  # noqa: N815 - as above
    changedAt: datetime  # noqa: N815 - as above


class StacksPage(BaseModel):
    """One page of stacks, newest first."""

    items: list[StackSummary]
    next: str | None = Field(description="cursor of the next page")


class StackStep(BaseModel):
    """A component or condition of the pathway, parts before what they are parts of; the destination is the last."""

    name: str
    isMet: bool  # noqa: N815 - as above
    reached: int
    required: int
    credits: float
    creditsRequired: float | None  # noqa: N815 - as above


class StackChangeReply(BaseModel):
    """A step in a stack's life."""

    status: StackState
    at: datetime
    actor: str
    reason: str
    revision: int
    causedBy: str | None = Field(description="id of the event that it followed from")  # noqa: N815 - as above


class StackReply(StackSummary):
    """A stack with why it is what it is."""

    evaluation: dict[str, Any] = Field(
        description="the record that its credential carries: rules, components, decision"
    )
    explanation: list[StackStep]
    problem: ProblemReply | None = Field(description="why its credential could not be issued: somebody must approve it")
    history: list[StackChangeReply]


class RecordReply(BaseModel):
    """A comprehensive learner record."""

    credential: dict[str, Any] = Field(description="the signed ClrCredential")


def summary(stack: Stack, addresses: Addresses) -> Json:
    """A stack in a list."""
    return {
        "id": addresses.stack(stack.id),
        "status": stack.state,
        "pathway": stack.group.pathway_id,
        "pathwayVersion": stack.version,
        "credential": None if stack.credential_id is None else addresses.credential(stack.credential_id),
        "createdAt": stack.created_at,
        "changedAt": stack.changed_at,
    }


def stack_reply(life: StackLife, addresses: Addresses) -> Json:
    """A stack with everything."""
    return {
        **summary(life.stack, addresses),
        "evaluation": life.stack.record,
        "explanation": life.stack.steps,
        "problem": None if life.stack.problem is None else problem_reply(life.stack.problem, addresses).model_dump(),
        "history": [
            {
                "status": change.state,
                "at": change.at,
                "actor": change.actor,
                "reason": change.reason,
                "revision": change.revision,
                "causedBy": change.caused_by,
            }
            for change in life.changes
        ],
    }
