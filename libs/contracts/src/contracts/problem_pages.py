"""docs/problems.md, written from the table of problem types."""

import json

from contracts.problems import PROBLEM_TYPES, ProblemType

BASE = "https://laurel.example"
HEAD = """# Problem types

<!-- Written by `python -m contracts problems` from libs/contracts/src/contracts/problems. -->

Every refusal is `application/problem+json` (RFC 9457). Its `type` is an address of this fleet with a page behind it:
`/problems/{code}` gives a page to a browser and JSON to a program, `/problems` lists them all. Codes and their meaning
do not change; new ones may come. `title` belongs to the type, `detail` to the occasion, `errors` names members by path,
`requestId` finds the request in the logs. OAuth endpoints answer as RFC 6749 says instead.

| code | status | |
|---|---|---|
"""


def problem_reference() -> str:
    """The whole document."""
    rows = "".join(f"| [`{one.code}`](#{one.code}) | {one.status} | {one.title} |\n" for one in PROBLEM_TYPES.values())
    return HEAD + rows + "".join(_section(one) for one in PROBLEM_TYPES.values())


def _section(problem: ProblemType) -> str:
    example = json.dumps(problem.example(BASE), indent=2, ensure_ascii=False)
    return (
        f"\n## {problem.code}\n\n**{problem.status} {problem.title}.** {problem.meaning}\n\n"
        f"What to do: {problem.remedy}\n\n```json\n{example}\n```\n"
    )
