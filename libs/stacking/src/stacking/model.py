"""A pathway: a tree of components and conditions (CTDL `Pathway`, `PathwayComponent`, `ComponentCondition`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from stacking.constraints import Constraint


class Awarding(StrEnum):
    """What happens when a learner completes a pathway: its credential is issued, or somebody is asked first."""

    AUTOMATIC = "automatic"
    APPROVAL = "approval"


class Kind(StrEnum):
    """What a component stands for: the subclasses of CTDL's PathwayComponent."""

    ASSESSMENT = "AssessmentComponent"
    BASIC = "BasicComponent"
    COCURRICULAR = "CocurricularComponent"
    COMPETENCY = "CompetencyComponent"
    COURSE = "CourseComponent"
    CREDENTIAL = "CredentialComponent"
    EXTRACURRICULAR = "ExtracurricularComponent"
    JOB = "JobComponent"
    SELECTION = "SelectionComponent"
    WORK_EXPERIENCE = "WorkExperienceComponent"


@dataclass(frozen=True, slots=True)
class Condition:
    """What must be reached among its targets and nested conditions.

    `required` is how many of them (`requiredNumber`), None: all. `credits` is what they must add up to as well.
    """

    targets: tuple[str, ...] = ()
    conditions: tuple["Condition", ...] = ()
    required: int | None = None
    credits: Decimal | None = None
    name: str = ""

    @property
    def number(self) -> int:
        """How many of its children must be reached. With credits and no number: none in particular."""
        if self.required is not None:
            return self.required
        return 0 if self.credits is not None else len(self.targets) + len(self.conditions)


@dataclass(frozen=True, slots=True)
class Component:
    """A step of a pathway, reached by credentials for one of the achievements it accepts, or by its condition.

    `accepts` is CTDL's `proxyFor`: achievement ids. Without any, and without a condition, every achievement that its
    constraints let pass is accepted. `credits` is its `creditValue`: what it counts, whatever the credential says.
    From `minimum` credentials on it is reached; `maximum` of them count.
    """

    id: str
    name: str = ""
    kind: Kind = Kind.CREDENTIAL
    accepts: tuple[str, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    condition: Condition | None = None
    credits: Decimal | None = None
    minimum: int = 1
    maximum: int = 1


@dataclass(frozen=True, slots=True)
class Sharing:
    """Of the credits that already count in another pathway, at most so many count in this one too."""

    pathway: str
    credits: Decimal


@dataclass(frozen=True, slots=True)
class Pathway:
    """One version of a pathway. `destination` is the component that is reached when it is complete.

    `one_of`: of the achievements of each group, at most one counts. `not_for`: who holds one of these is barred.
    """

    id: str
    version: int
    name: str
    destination: str
    components: Mapping[str, Component] = field(default_factory=dict)
    sharing: tuple[Sharing, ...] = ()
    one_of: tuple[frozenset[str], ...] = ()
    not_for: frozenset[str] = frozenset()
    awarding: Awarding = Awarding.AUTOMATIC

    @property
    def worth(self) -> str | None:
        """The achievement that a completed pathway is worth, if any: the first that its destination stands for."""
        return next(iter(self.components[self.destination].accepts), None)

    @property
    def named(self) -> frozenset[str]:
        """All achievements that it names, the one it is worth included."""
        accepted = (one for component in self.components.values() for one in component.accepts)
        return frozenset((*accepted, *self.not_for))
