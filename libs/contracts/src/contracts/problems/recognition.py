"""Problems of agreements between institutions, and of what learners bring from elsewhere."""

from contracts.problems.model import ProblemType

AGREEMENT = "/recognitions/agreements/0198c0de-0000-7000-8000-0000000000c1"
ASKED = "/learners/me/recognitions"
CASE = "/recognitions/0198c0de-0000-7000-8000-0000000000c2"

ENTRIES = (
    ProblemType(
        "not-this-party",
        409,
        "This is for the other institution to do",
        "An agreement is signed or declined by the institution that did not propose it, and withdrawn by the one that "
        "did.",
        "Leave it to the other institution; or end the agreement, once it is signed: either may.",
        "who proposed an agreement may withdraw it; to sign or decline it is the other institution's",
        f"{AGREEMENT}/sign",
    ),
    ProblemType(
        "agreement-not-as-read",
        409,
        "The digest is not that of this agreement",
        "Who signs an agreement names the digest of the document that was read, so that nobody signs another one.",
        "Read the agreement again, and sign its `digest`: the SHA-256 of its `document` in canonical form (RFC 8785).",
        "the digest is another document's: read the proposal again",
        f"{AGREEMENT}/sign",
    ),
    ProblemType(
        "agreement-transition-not-allowed",
        409,
        "The agreement cannot be changed so",
        "A proposal is signed, declined or withdrawn. What was signed only ends, and what ended stays so.",
        "Propose another agreement; with `replaces` it ends the one before when it is signed.",
        "an agreement that is ended cannot be signed",
        f"{AGREEMENT}/sign",
    ),
    ProblemType(
        "statement-not-fresh",
        422,
        "The statement is not of now",
        "A partner that is not on this fleet declines or ends an agreement by a statement that is good for ten minutes "
        "from its `iat` on, and not for what became of the agreement since: nobody can bring one later that was signed "
        "once and is not meant any more.",
        "Sign another one with the time of now as its `iat`, in seconds; look at the clock of the machine that signs.",
        "a statement is good for 10 minutes from its iat on: sign it anew",
        "/recognition-agreements/0198c0de-0000-7000-8000-0000000000c1/statements",
    ),
    ProblemType(
        "already-recognised",
        409,
        "Credit is counted once",
        "In one programme the same credential is recognised once, and so is the same achievement of one learner, "
        "whichever credential says it. What waits for a decision, or was refused or revoked by the institution, is in "
        "it too.",
        "Look at `/learners/me/recognitions`. A refusal may be appealed against once; of what was revoked, ask the "
        "institution.",
        "this was recognised in the programme before",
        ASKED,
    ),
    ProblemType(
        "cases-full",
        409,
        "There are too many cases",
        "20 cases of one learner can wait before one institution.",
        "Wait until it has decided, or withdraw one.",
        "20 cases of this learner wait there already",
        ASKED,
    ),
    ProblemType(
        "requests-full",
        409,
        "There were too many requests",
        "50 requests of one learner before one institution are refused by agreements or withdrawn within 30 days. "
        "They are kept, so that both sides can read what was decided.",
        "Appeal against a refusal, or wait: nothing has changed for what was refused before.",
        "50 requests of this learner were refused by agreements or withdrawn in 30 days",
        ASKED,
    ),
    ProblemType(
        "recognition-not-open",
        409,
        "There is nothing to decide",
        "A case is decided, added to or withdrawn while it is open; an appeal is decided as a case is. What is decided "
        "stays so, but for one appeal against a refusal.",
        "Read the recognition: `status` and `history` say what happened.",
        "what is granted is not to be decided about",
        f"{CASE}/refuse",
    ),
    ProblemType(
        "recognition-not-refused",
        409,
        "It is not refused",
        "A refusal is given as a signed statement. What was granted is a credential already, and of what is open or "
        "was withdrawn there is no decision.",
        "Read the recognition: `credential` is the award.",
        "what is granted is no refusal",
        f"{CASE}/decision",
    ),
    ProblemType(
        "nothing-to-review",
        409,
        "There is nothing to review",
        "An award for a credential from elsewhere is kept after a review where its source's key is gone, or its source "
        "was replaced. Of this one neither is so.",
        "Read the recognition: `sourceStatus.review` says what there is to look at.",
        "there is nothing to review",
        f"{CASE}/keep",
    ),
    ProblemType(
        "no-source-elsewhere",
        409,
        "No award stands here for a credential from elsewhere",
        "What was issued on this fleet is followed by itself, and what is not awarded, or was revoked, has nothing to "
        "follow.",
        "Read the recognition: `status` and `sourceStatus`.",
        "no award stands here for a credential from elsewhere",
        f"{CASE}/source",
    ),
    ProblemType(
        "recognition-undecided",
        409,
        "It is still to be decided",
        "What was shown for a case or an appeal is needed until it is decided.",
        "Withdraw a case first; wait until an appeal is decided.",
        "what is to be decided needs its papers: withdraw it first",
        f"{ASKED}/0198c0de-0000-7000-8000-0000000000c2",
    ),
    ProblemType(
        "same-decider",
        409,
        "An appeal is decided by somebody else",
        "Whoever refused a request does not decide the appeal against it. A person is known by the account, a program "
        "by its client.",
        "Let another person or another client of the institution decide.",
        "who refused it does not decide the appeal: somebody else does",
        f"{CASE}/grant",
    ),
    ProblemType(
        "appeal-not-possible",
        409,
        "There is no appeal against this",
        "A refusal may be appealed against once.",
        "Read the recognition: `mayAppeal` says whether it may be.",
        "only a refusal may be appealed against, and once",
        f"{ASKED}/0198c0de-0000-7000-8000-0000000000c2/appeal",
    ),
    ProblemType(
        "appeal-too-late",
        409,
        "The time to appeal is over",
        "A refusal may be appealed against until `appealUntil`: for as many days as the agreement that refused says, "
        "else the institution's policy; 30 if neither says. What was shown is erased then.",
        "Ask the institution. What an agreement refused may be asked for again.",
        "the time to appeal ended at 2026-12-29T10:00:00+00:00",
        f"{ASKED}/0198c0de-0000-7000-8000-0000000000c2/appeal",
    ),
    ProblemType(
        "recipient-mismatch",
        422,
        "The credential does not name this person",
        "A credential is recognised for the person whom it names: by a DID, or by an identifier, hashed or not. What "
        "names nobody is nobody's.",
        "Sign in with the address that the credential was issued to. Where it names you otherwise, ask the "
        "institution's registrar, who may vouch for you.",
        "the credential does not name this person",
        ASKED,
    ),
    ProblemType(
        "credential-not-recognisable",
        422,
        "This credential is not one to be recognised",
        "It does not say what was achieved, by whom it was awarded, or when; or it does not stand: it has expired, is "
        "suspended or was corrected since. What an institution awarded itself counts there without recognition.",
        "Present the credential as it stands today.",
        "the credential was refused: status: superseded",
        ASKED,
    ),
)
