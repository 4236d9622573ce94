"""The table of problem types: every code that any room may answer with, and what there is to know about it.

It is the one source of the pages at `/problems`, of `docs/problems.md`, and of the titles in the answers themselves.
A room that invents a code adds it here; a test holds it to that.
"""

from collections.abc import Mapping

from contracts.problems import (
    achievements,
    backpacks,
    credentials,
    endorsements,
    keys,
    members,
    pathways,
    recognition,
    requests,
)
from contracts.problems.model import PREFIX, ProblemType

__all__ = ["PREFIX", "PROBLEM_TYPES", "ProblemType"]

PROBLEM_TYPES: Mapping[str, ProblemType] = {
    problem.code: problem
    for problem in sorted(
        (
            *requests.ENTRIES,
            *members.ENTRIES,
            *achievements.ENTRIES,
            *pathways.ENTRIES,
            *credentials.ENTRIES,
            *keys.ENTRIES,
            *backpacks.ENTRIES,
            *endorsements.ENTRIES,
            *recognition.ENTRIES,
        ),
        key=lambda problem: (problem.status, problem.code),
    )
}
