"""Problems of people's backpacks. Below `/ims/` they are told as `imsx_StatusInfo`, with the same detail."""

from contracts.problems.model import ProblemType

BACKPACK = "/learners/me/backpack"

ENTRIES = (
    ProblemType(
        "not-a-person",
        403,
        "Only a person has a backpack",
        "A backpack belongs to a person, and the token was given to a program that acts for an organization.",
        "Get a token by the authorization code flow: the person signs in and allows it.",
        "a backpack is a person's: this needs a token that a person allowed",
        BACKPACK,
    ),
    ProblemType(
        "backpack-full",
        403,
        "The backpack is full",
        "A backpack holds so many credentials and so many bytes, and this credential would go beyond.",
        "Delete what is no longer needed: `DELETE /learners/me/backpack/{id}`.",
        "a backpack holds 1000 credentials and 67108864 bytes",
        "/ims/ob/v3p0/credentials",
    ),
)
