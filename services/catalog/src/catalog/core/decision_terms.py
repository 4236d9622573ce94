"""What the terms of recognition-decision/v1 mean: of a signed decision on what somebody asked to be recognised."""

from collections.abc import Mapping

from catalog.core.achievements.terms import Nature, Term

PROPERTIES = {
    "decision": "What was decided.",
    "decidedAt": "When it was decided.",
    "programme": "The programme towards which it was asked to count.",
    "agreement": "The agreement between institutions by which it was decided.",
    "agreementDigest": "The digest of the agreement's document, as both sides signed it.",
    "appealUntil": "Until when the learner may appeal.",
    "presented": "The credential that was shown.",
    "presentedDigest": "The digest of the credential that was shown.",
    "presentedIssuer": "Who issued the credential that was shown.",
    "presentedFor": "The achievement that the credential which was shown is for.",
    "reason": "Why it was decided so; there may be several.",
    "code": "A reason, for programs.",
    "detail": "A reason, in words for people.",
}
DECISION_TERMS: Mapping[str, Term] = {
    "RecognitionDecision": Term(Nature.CLASS, "A credential that says what an institution decided on a request."),
    "RecognitionRequest": Term(Nature.CLASS, "A learner's request that something earned elsewhere counts."),
    **{name: Term(Nature.PROPERTY, meaning) for name, meaning in PROPERTIES.items()},
    "refused": Term(Nature.CONCEPT, "It does not count.", "decision"),
}
