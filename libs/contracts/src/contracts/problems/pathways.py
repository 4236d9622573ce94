"""Problems of pathways, and of the stacks that come of them."""

from contracts.problems.model import ProblemType

STACK = "/stacks/0198c0de-0000-7000-8000-0000000000b1"
PATHWAY = "/pathways/0198c0de-0000-7000-8000-0000000000a1"

ENTRIES = (
    ProblemType(
        "pathway-flawed",
        422,
        "Nobody could complete this pathway as it is",
        "A pathway is published only when it can be completed and counts nothing twice. Each entry of `errors` names a "
        "component, a code (unreachable, cycle, double-counting, unknown-component, unknown-achievement, "
        "contradiction, pointless) and the reason.",
        "Change the draft where `errors` points, and publish again. A draft's answer lists the same as `flaws`.",
        "nobody could complete this pathway as it is",
        f"{PATHWAY}/publish",
    ),
    ProblemType(
        "pathway-published",
        409,
        "A published pathway stays",
        "Learners may be on it or have completed it, so it cannot be deleted.",
        "Retire it: nobody completes it any more, and what was awarded keeps its meaning.",
        "a published pathway stays; retire it instead",
        PATHWAY,
    ),
    ProblemType(
        "pathway-not-published",
        409,
        "The pathway was never published",
        "Only what was published can be retired.",
        "Delete the draft.",
        "the pathway was never published; delete the draft",
        f"{PATHWAY}/retire",
    ),
    ProblemType(
        "stack-not-waiting",
        409,
        "This stack is not to be decided about",
        "Only a stack that waits is approved or refused; it was decided, or its pathway is no longer complete.",
        "Read the stack: its history says what became of it, when and why.",
        "a stack that is refused is not to be decided about",
        f"{STACK}/approve",
    ),
    ProblemType(
        "stack-not-complete",
        409,
        "The pathway is no longer complete",
        "A component was revoked, suspended or corrected, or has expired, since the stack began to wait. It was "
        "withdrawn.",
        "Nothing: when the pathway is complete again, another stack waits.",
        "its components no longer complete the pathway",
        f"{STACK}/approve",
    ),
    ProblemType(
        "stack-not-awarded",
        409,
        "There is no record of this stack at present",
        "A record holds the credential that was awarded for a pathway, which must stand; where an organization gives "
        "it, its own components must stand too.",
        "Read the stack: its status and history say what it is waiting for.",
        "a stack that is suspended has no record",
        f"{STACK}/record",
    ),
    ProblemType(
        "stack-too-large",
        409,
        "The stack has more components than a credential can hold",
        "A verifier reads credentials of up to 256 kB and 8,000 values; a record holds its components whole.",
        "Divide the pathway: a component may be worth a credential of its own, reached by a pathway of its own.",
        "it has more components than a credential can name",
        f"{STACK}/approve",
    ),
)
