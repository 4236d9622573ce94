"""Problems of people's backpacks. Below `/ims/` they are told as `imsx_StatusInfo`, with the same detail."""

from contracts.problems.model import ProblemType

BACKPACK = "/learners/me/backpack"
HOST = "/learners/me/hosts/0198c0de-0000-7000-8000-000000000005"

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
        "address-not-confirmed",
        403,
        "The token says no confirmed e-mail address",
        "What was issued to a person is found by an e-mail address that is confirmed and that the program may know.",
        "Confirm the address at `/login/address`, and get a token with the scopes `email` and `backpack:manage`.",
        "the token says no confirmed e-mail address: ask for the scope email too, and confirm the address",
        "/learners/me/credentials",
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
    ProblemType(
        "host-refused",
        409,
        "The other host did not do its part",
        "Another host of Open Badges refused what it was asked, or answered something that is not in the standard.",
        "Look there what is wrong. If it no longer lets us in, delete the connection and begin a new one.",
        "the other host did not do its part: it answered 500 to the credential",
        f"{HOST}/push",
    ),
    ProblemType(
        "host-busy",
        409,
        "Something is under way with this host",
        "A connection does one thing at a time, so that its tokens are never used twice.",
        "Try again in a few seconds.",
        "something else is under way with this host; try again",
        f"{HOST}/pull",
    ),
    ProblemType(
        "host-not-connected",
        409,
        "The connection is not in that state",
        "The person has not allowed it at the other host yet, did so too late, or has already.",
        "Let the person allow it at `authorizationUrl`, and confirm it with the code, within 15 minutes.",
        "the person has not allowed this at the other host yet",
        f"{HOST}/push",
    ),
    ProblemType(
        "too-many-hosts",
        409,
        "The backpack is connected to as many hosts as it may",
        "Connections are limited, those that wait for a consent among them.",
        "Delete one: `DELETE /learners/me/hosts/{id}`.",
        "a backpack is connected to 10 hosts at most",
        "/learners/me/hosts",
    ),
    ProblemType(
        "consent-stands",
        409,
        "A consent for this pathway stands",
        "A person has one consent for a pathway. What it says never changes: it is ended, and another given.",
        "Withdraw it: `POST /learners/me/consents/{id}/withdraw`. Then give another.",
        "a consent for this pathway stands; withdraw it first",
        "/learners/me/consents",
    ),
)
