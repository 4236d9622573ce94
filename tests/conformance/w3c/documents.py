"""What the cryptosuites' suites sign: plain credentials, a driver's licence and two days of sailing, of both models."""

from __future__ import annotations

from typing import Any

from tests.conformance.w3c.credentials import V1, V2, Json

SUBJECT_ID = "urn:uuid:1a0e4ef5-091f-4060-842e-18e519ab9440"
LICENCE: Json = {
    "@protected": True,
    "DriverLicenseCredential": "urn:example:DriverLicenseCredential",
    "DriverLicense": {
        "@id": "urn:example:DriverLicense",
        "@context": {
            "@protected": True,
            "id": "@id",
            "type": "@type",
            "documentIdentifier": "urn:example:documentIdentifier",
            "dateOfBirth": "urn:example:dateOfBirth",
            "expirationDate": "urn:example:expiration",
            "issuingAuthority": "urn:example:issuingAuthority",
        },
    },
    "driverLicense": {"@id": "urn:example:driverLicense", "@type": "@id"},
}
SAILING: Json = {
    "@protected": True,
    "SailingCredential": "urn:example:SailingCredential",
    "Sailing": {
        "@id": "urn:example:Sailing",
        "@context": {
            "@protected": True,
            "id": "@id",
            "type": "@type",
            "number": "urn:example:number",
            "sails": {
                "@id": "urn:example:sails",
                "@context": {"@protected": True, "sailName": "urn:example:sailName", "size": "urn:example:size"},
            },
            "boards": {
                "@id": "urn:example:boards",
                "@context": {"@protected": True, "brand": "urn:example:brand", "year": "urn:example:year"},
            },
        },
    },
    "days": {"@id": "urn:example:days", "@type": "@id"},
}
NAME = {"name": "https://schema.org/name"}  # no term of the first model
MODELS = {"1.1": V1, "2.0": V2}


def plain(model: str) -> Json:
    """Nothing of its own."""
    named = {"name": "Alice", "description": "A credential about Alice."} if model == "2.0" else {}
    return _of(model, [], ["VerifiableCredential"], {"id": SUBJECT_ID, **named})


def alumni(model: str) -> Json:
    """A type and a property of its own, protected."""
    terms = {"@protected": True, "Alumni": "urn:example:Alumni", "alumniOf": "https://schema.org#alumniOf"}
    subject = {"id": SUBJECT_ID, "alumniOf": "Example University"}
    return _of(model, [terms], ["VerifiableCredential", "Alumni"], subject)


def medal(model: str) -> Json:
    """A type and members by their whole IRIs, as of somebody who has no context for them."""
    mark = "https://example.org/#mark"
    held = {"id": SUBJECT_ID, mark: "gold", "urn:example:part": {mark: ["silver", "bronze"]}}
    return _of(model, [], ["VerifiableCredential", "https://example.org/#Medal"], held)


def licence(model: str) -> Json:
    """A scoped context, whose names others have too."""
    held = {
        "type": "DriverLicense",
        "documentIdentifier": "T21387yc328c7y32h23f23",
        "dateOfBirth": "01-01-1990",
        "expirationDate": "01-01-2030",
        "issuingAuthority": "VA",
    }
    types = ["VerifiableCredential", "DriverLicenseCredential"]
    return _of(model, [LICENCE], types, {"id": SUBJECT_ID, "driverLicense": held})


def sailing(model: str) -> Json:
    """Arrays of nodes without ids, under contexts by property in a context by type."""
    days = [
        {
            "type": "Sailing",
            "number": place,
            "sails": [
                {"size": size, "sailName": name} for size, name in ((5.5, "Osprey"), (6.1, "Eagle"), (7, "Eagle"))
            ],
            "boards": [{"brand": "Tillo", "year": year} for year in (2022, 2019)],
        }
        for place in ("Earth101", "Mars101")
    ]
    inline = [SAILING if model == "2.0" else SAILING | NAME]
    return _of(model, inline, ["VerifiableCredential", "SailingCredential"], {"name": "Jane Doe", "days": days})


def _of(model: str, inline: list[Json], types: list[str], subject: Json) -> Json:
    begun: dict[str, Any] = {"issuanceDate": "2020-03-16T22:37:26.544Z"} if model == "1.1" else {}
    identifier = "urn:uuid:36245ee9-9074-4b05-a777-febff2e69757"
    return {
        "@context": [MODELS[model], *inline],
        "id": identifier,
        "type": types,
        **begun,
        "credentialSubject": subject,
    }
