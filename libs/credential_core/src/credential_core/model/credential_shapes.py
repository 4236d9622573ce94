"""Credentials and presentations as tables: VCDM 2.0 and 1.1, Open Badges 3.0 and CLR 2.0 on either."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from credential_core.contexts import CREDENTIALS_V1
from credential_core.model.shapes import SHAPES, Member, Shape, loose, many, one

_PERIOD: Final[Mapping[str, Member]] = {"validFrom": one("moment"), "validUntil": one("moment")}
_PERIOD_1: Final[Mapping[str, Member]] = {"issuanceDate": one("moment"), "expirationDate": one("moment")}

_PLAIN: Final[Mapping[str, Member]] = {
    "id": one("uri"),
    "type": loose("text"),
    "name": one("localized"),
    "description": one("localized"),
    "issuer": one("IssuerRef"),
    "credentialSubject": loose("Claims"),
    "credentialSchema": loose("TypedReference"),
    "credentialStatus": loose("TypedThing"),
    "refreshService": loose("TypedThing"),
    "termsOfUse": loose("TypedThing"),
    "evidence": loose("TypedThing"),
    "confidenceMethod": loose("TypedThing"),  # reserved, and never without a type (VCDM 2.0 §5.10)
    "renderMethod": loose("TypedThing"),
    "relatedResource": loose("RelatedResource"),
    "proof": loose("TypedThing"),
}
_BADGE: Final[Mapping[str, Member]] = {
    **_PLAIN,
    "issuer": one("ProfileRef"),
    "awardedDate": one("moment"),
    "image": one("Image"),
    "credentialStatus": one("TypedThing"),  # 1EdTech's schemas ask for no id either
    "refreshService": one("TypedReference"),
    "endorsement": many("EndorsementCredential"),
    "endorsementJwt": many("text"),
    "evidence": many("Evidence"),
}
_ACHIEVEMENT: Final[Mapping[str, Member]] = {**_BADGE, "credentialSubject": one("AchievementSubject")}
_CLR: Final[Mapping[str, Member]] = {**_BADGE, "credentialSubject": one("ClrSubject"), "partial": one("flag")}
_ENDORSEMENT: Final[Mapping[str, Member]] = {
    **{name: member for name, member in _BADGE.items() if name not in ("endorsement", "endorsementJwt")},
    "credentialSubject": one("EndorsementSubject"),
}
_FRAME: Final = ("id", "issuer", "validFrom", "credentialSubject")
_FRAME_1: Final = ("id", "issuer", "issuanceDate", "credentialSubject")
_PRESENTATION: Final[Mapping[str, Member]] = {
    "id": one("uri"),
    "type": loose("text"),
    "holder": one("IssuerRef"),
    "termsOfUse": loose("TypedThing"),
    "verifiableCredential": loose("NestedCredential"),
    "proof": loose("TypedThing"),
}

ALL_SHAPES: Final[Mapping[str, Shape]] = {
    **SHAPES,
    "PlainCredential": Shape(None, {**_PLAIN, **_PERIOD}, ("issuer", "credentialSubject")),
    "PlainCredential 1.1": Shape(None, {**_PLAIN, **_PERIOD_1}, ("issuer", "issuanceDate", "credentialSubject")),
    "AchievementCredential": Shape(None, {**_ACHIEVEMENT, **_PERIOD}, _FRAME),
    "AchievementCredential 1.1": Shape(None, {**_ACHIEVEMENT, **_PERIOD_1}, (*_FRAME_1, "name")),
    "EndorsementCredential": Shape("EndorsementCredential", {**_ENDORSEMENT, **_PERIOD}, (*_FRAME, "name")),
    "EndorsementCredential 1.1": Shape("EndorsementCredential", {**_ENDORSEMENT, **_PERIOD_1}, (*_FRAME_1, "name")),
    "ClrCredential": Shape("ClrCredential", {**_CLR, **_PERIOD}, (*_FRAME, "name")),
    "ClrCredential 1.1": Shape("ClrCredential", {**_CLR, **_PERIOD_1}, (*_FRAME_1, "name")),
    "Presentation": Shape("VerifiablePresentation", _PRESENTATION),
    "Presentation 1.1": Shape(
        "VerifiablePresentation", {**_PRESENTATION, "verifiableCredential": loose("NestedCredentialOrJwt")}
    ),
    "Issuer": Shape(None, {"id": one("uri"), "name": one("localized"), "description": one("localized")}, ("id",)),
    "Claims": Shape(None, {"id": one("uri")}),
    "NestedCredential": Shape(None, {"type": loose("text")}, ("type",)),
}


def is_version_1(document: Mapping[str, Any]) -> bool:
    """Whether a credential or presentation is written in VC Data Model 1.1."""
    contexts = document.get("@context")
    return CREDENTIALS_V1 in (contexts[:1] if isinstance(contexts, list) else [contexts])
