"""Problems of endorsements. The issuer answers with these."""

from contracts.problems.model import ProblemType

ENDORSEMENTS = "/endorsements"
ENDORSEMENT = f"{ENDORSEMENTS}/0198c0de-0000-7000-8000-0000000000e1"

ENTRIES = (
    ProblemType(
        "endorsement-not-valid",
        422,
        "The endorsement does not verify",
        "Its proof, its status, its period or its issuer's key does not hold now, or cannot be had. `detail` has the "
        "codes.",
        "Verify it at the verifier to see each check. Where something was out of reach, try again.",
        "it does not verify: status_revoked",
        ENDORSEMENTS,
    ),
    ProblemType(
        "endorsement-known",
        409,
        "Another endorsement with this issuer and id is here",
        "An endorsement is known by its issuer and its id; the one that is here has another text.",
        "Ask the endorser for one with an id of its own.",
        "an endorsement with this issuer and id is here already",
        ENDORSEMENTS,
    ),
    ProblemType(
        "endorsement-revoked",
        409,
        "The endorsement was revoked",
        "Whoever signed it took it back, and that is final.",
        "Ask the endorser for a new one.",
        "it was revoked",
        f"{ENDORSEMENT}/accept",
    ),
    ProblemType(
        "endorsements-full",
        409,
        "There are too many endorsements",
        "50 can be shown with one thing; 200 can wait for one organization.",
        "Decline one that is shown, or decide about those that wait.",
        "there are 50 already: decline one",
        f"{ENDORSEMENT}/accept",
    ),
)
