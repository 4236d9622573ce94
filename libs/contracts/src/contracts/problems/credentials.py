"""Problems of what is issued, of what becomes of it, and of who relies on it."""

from contracts.problems.model import ProblemType

CREDENTIAL = "/credentials/0198c0de-0000-7000-8000-000000000002"
BATCH = "/batches/0198c0de-0000-7000-8000-000000000004"
DERIVE = "/vc/credentials/derive"
ISSUE_ANY = "/vc/credentials/issue"

ENTRIES = (
    ProblemType(
        "achievement-not-known",
        409,
        "No such achievement has been published",
        "The issuer knows achievements once they are published, by word from the catalog. This one it does not "
        "know, or it is another organization's. What was published a moment ago is waited for; "
        "`Retry-After` says when to ask again.",
        "Publish the achievement; check its id; try again in a few seconds if it is new.",
        "no such achievement has been published",
        "/credentials",
    ),
    ProblemType(
        "achievement-retired",
        409,
        "This version of the achievement is retired",
        "Nothing more is issued for a retired version.",
        "Issue the present version, or publish a new one.",
        "this version of the achievement is retired",
        "/credentials",
    ),
    ProblemType(
        "achievement-not-allowed",
        403,
        "The issuer may not issue this achievement",
        "The issuer's policy lists what it issues, and this is not on the list.",
        "Issue with another issuer, or have the policy changed (`PUT /issuers/{slug}/policy`).",
        "this issuer may not issue this achievement",
        "/credentials",
    ),
    ProblemType(
        "no-issuer",
        409,
        "Your organization has no issuer yet",
        "A credential needs an issuer that signs it, and the organization has opened none.",
        "Open one with `POST /issuers`.",
        "open one first, with POST /issuers (a name and a slug)",
        "/credentials",
    ),
    ProblemType(
        "issuer-inactive",
        409,
        "The issuer is not active",
        "An issuer that is not active signs nothing.",
        "Make it active again, or issue with another.",
        "this issuer is not active",
        "/credentials",
    ),
    ProblemType(
        "policy-violation",
        422,
        "The issuer's policy asks for more",
        "The request is right in itself and breaks a rule that the issuer set: hashed recipients, evidence, or a "
        "longest validity.",
        "Do what the detail says, or have the policy changed (`PUT /issuers/{slug}/policy`).",
        "evidence: this issuer's policy asks for evidence",
        "/credentials",
        (("evidence", "this issuer's policy asks for evidence"),),
    ),
    ProblemType(
        "invalid-credential",
        422,
        "The credential would not be Open Badges 3.0",
        "With these values the credential would break its specification, so it was not signed.",
        "Correct the members that `errors` names.",
        "the credential would not be Open Badges 3.0",
        "/credentials",
        (("credentialSubject.result.0.value", "is not a value of its result description"),),
    ),
    ProblemType(
        "already-awarded",
        409,
        "This person has this achievement already",
        "Nobody gets the same achievement from the same issuer twice unless it is asked for.",
        "Nothing is left to do; or ask for duplicates (`allowDuplicates`, in a batch `?allowDuplicates=true`). "
        "A correction cannot hand it to them.",
        "this person has this achievement already; with allowDuplicates it is issued again",
        "/batches",
    ),
    ProblemType(
        "status-transition-not-allowed",
        409,
        "The credential's status cannot be changed so",
        "Issued may become suspended or revoked, suspended may become issued or revoked; revoked is final.",
        "Read the credential's state. For a learner who earned it again, issue another.",
        "a credential that is revoked cannot be changed so",
        f"{CREDENTIAL}/reinstate",
    ),
    ProblemType(
        "changed-meanwhile",
        409,
        "The credential or its key changed meanwhile",
        "While the document was being signed, others changed the credential, or the issuer's key, again and again.",
        "Send it again; before a correction, read whether it is still needed.",
        "the credential changes all the time; try again",
        f"{CREDENTIAL}/correct",
    ),
    ProblemType(
        "invalid-row",
        422,
        "A row of the batch is wrong in itself",
        "The row is no object, or members of it lack or have a value that cannot be accepted; `errors` names each, in "
        "a table by the member that its cell fills. The row is refused, and stops no other.",
        "Correct the row and send it in another batch: trying again changes nothing. `dryRun=true` tells all of them.",
        "recipient.email: must be an e-mail address",
        BATCH,
        (("recipient.email", "must be an e-mail address"),),
    ),
    ProblemType(
        "batch-transition-not-allowed",
        409,
        "The batch cannot be changed so",
        "A running batch may be paused or cancelled, a paused one resumed or cancelled; failed rows are tried again "
        "once it is done; cancelled is final.",
        "Read the batch's state.",
        "a batch that is cancelled cannot be changed so",
        f"{BATCH}/resume",
    ),
    ProblemType(
        "credential-refused",
        400,
        "The credential is not signed",
        "The document that came over the VC-API does not follow its data model, or cannot be secured as asked.",
        "Correct the members that `errors` names.",
        "the credential does not follow its data model",
        ISSUE_ANY,
        (("validUntil", "must not be before validFrom"),),
    ),
    ProblemType(
        "no-such-key",
        400,
        "The issuer has no fitting key",
        "The way of securing that was asked for needs a key of a kind that the issuer does not have.",
        "Choose another way, or have the issuer get a key of that algorithm.",
        "the issuer has no P-256 key for ecdsa-sd-2023",
        ISSUE_ANY,
    ),
    ProblemType(
        "not-derivable",
        400,
        "The credential cannot be shown in part",
        "Only a credential secured by `ecdsa-sd-2023` can be shown in part, and only by pointers to members it has.",
        "Send the base credential as it was issued, and pointers that lead somewhere in it.",
        "the credential cannot be shown so: no ecdsa-sd-2023 base proof",
        DERIVE,
    ),
    ProblemType(
        "too-many-trusted-issuers",
        409,
        "The list of trusted issuers is full",
        "An organization's own list of issuers that it accepts is limited.",
        "Remove some that are no longer needed.",
        "an organization accepts 1000 issuers at most",
        "/verifications/trusted-issuers/did:web:issuer.example",
    ),
    ProblemType(
        "topics-incomplete",
        409,
        "The topics no longer hold what the record was made of",
        "An operator's rebuild of the public record would lose something, so it changed nothing.",
        "Have the issuer publish everything again first, or force the rebuild knowingly.",
        "the topics hold nothing for: records",
        "/records",
    ),
)
