"""Problems around organizations, their people and their programs. The gateway answers with these."""

from contracts.problems.model import ProblemType

ORGANIZATION = "/organizations/0198c0de-0000-7000-8000-00000000000a"
CLIENT = "/clients/0198c0de-0000-7000-8000-00000000000b"
_NOT_FOR_ACCREDITORS = (
    "not for clients of the kind accreditor: credentials:issue; they may hold clients:manage organizations:manage "
    "registry:accredit verifications:create"
)

ENTRIES = (
    ProblemType(
        "not-an-operator",
        403,
        "Only an operator may do this",
        "Organizations are created by the operator of the fleet, and the token is of another kind of organization.",
        "Ask the operator.",
        "only an operator creates organizations",
        "/organizations",
    ),
    ProblemType(
        "slug-taken",
        409,
        "The short name is taken",
        "Another organization or issuer has this `slug`. It is part of public addresses, so there is one of each.",
        "Choose another.",
        "an organization with this slug exists",
        "/organizations",
    ),
    ProblemType(
        "unknown-organization",
        422,
        "There is no such organization",
        "The request names an organization that does not exist, or that the caller may not act for.",
        "Name your own organization, by its id.",
        "organization: there is no such organization",
        "/clients",
        (("organization", "there is no such organization"),),
    ),
    ProblemType(
        "scope-not-allowed",
        422,
        "A scope is unknown, or not for this kind of organization",
        "Scopes go by the kind of organization: an accreditor's client cannot hold the scope to issue, for example.",
        "Leave out the scopes that the detail names first; it ends with those that there are for this kind.",
        f"scopes: {_NOT_FOR_ACCREDITORS}",
        "/clients",
        (("scopes", _NOT_FOR_ACCREDITORS),),
    ),
    ProblemType(
        "client-has-no-secret",
        409,
        "The client has no secret",
        "This client proves itself with a key of its own (`private_key_jwt`), so there is no secret to replace.",
        "Change the client's keys instead.",
        "this client signs with its own key and has no secret",
        f"{CLIENT}/secret",
    ),
    ProblemType(
        "last-owner",
        409,
        "An organization keeps an owner",
        "The change would leave the organization without anybody who may manage it.",
        "Make somebody else an owner first.",
        "an organization keeps an owner; make somebody else one first",
        f"{ORGANIZATION}/members/0198c0de-0000-7000-8000-00000000000c",
    ),
    ProblemType(
        "too-many-invitations",
        409,
        "Too many invitations are open",
        "An organization has a limited number of invitations that nobody has answered yet.",
        "Withdraw some, or wait until they are answered or expire.",
        "100 invitations are open; withdraw some",
        f"{ORGANIZATION}/invitations",
    ),
    ProblemType(
        "invitation-gone",
        409,
        "The invitation that this request made is gone",
        "The request repeats an `Idempotency-Key`, and what its first use made was answered, withdrawn or has expired.",
        "Use a new key to invite again.",
        "the invitation that this request made is gone",
        f"{ORGANIZATION}/invitations",
    ),
    ProblemType(
        "not-invited",
        403,
        "This invitation is for another person",
        "Somebody is signed in with another e-mail address than the one that was invited.",
        "Sign out, and follow the link again as the person that it was sent to.",
        "this invitation is for another person",
        "/login/invitations",
    ),
    ProblemType(
        "account-exists",
        409,
        "There is an account with this address",
        "The invited person has an account already, so there is none to be made.",
        "Sign in, and follow the link again.",
        "there is an account with this address; sign in",
        "/login/invitations",
    ),
    ProblemType(
        "cross-site-form",
        403,
        "The form was sent from another site",
        "A page that is not ours sent this form. Only our own pages may (RFC 9700 §2.6).",
        "Open the page here and send the form from it.",
        "this form was sent from another site",
        "/login",
    ),
    ProblemType(
        "form-expired",
        403,
        "The form has expired",
        "The form was made for another browser, or too long ago.",
        "Go back, reload the page and send it again, with cookies allowed.",
        "this form has expired; go back, reload the page and try again",
        "/login",
    ),
    ProblemType(
        "sign-in-too-old",
        403,
        "The person signed in too long ago",
        "Ways to sign in are changed only by somebody who signed in within the last quarter of an hour.",
        "Sign in again, and repeat the change.",
        "sign in again first; this was too long ago",
        "/login/passkeys",
    ),
)
