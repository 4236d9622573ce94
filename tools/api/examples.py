"""One real request body for the operations that people begin with, by operationId."""

from typing import Any

Json = dict[str, Any]

ACHIEVEMENT = "https://laurel.example/achievements/0198c0de-0000-7000-8000-000000000003"
EXAMPLES: dict[str, Json] = {
    "requestToken": {"grant_type": "client_credentials", "scope": "credentials:issue credentials:revoke"},
    "createCourse": {"code": "DATA 101", "title": "Reading Data", "credits": 3},
    "createAchievement": {
        "name": "Reading Data Honestly",
        "achievementType": "MicroCredential",
        "description": "Takes a messy data set from first look to a chart that can be defended.",
        "criteria": {"narrative": "A portfolio of three analyses, each with its decisions written down."},
    },
    "createIssuer": {"slug": "lakeside", "name": "Lakeside College", "url": "https://lakeside.example"},
    "issueCredential": {"achievement": ACHIEVEMENT, "recipient": {"email": "ada@students.example"}},
    "revokeCredential": {"reason": "issued in error"},
    "suspendCredential": {"reason": "under review"},
    "createVerification": {
        "credential": {"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"]},
        "policy": {"acceptUnknownIssuer": False},
    },
}


def with_examples(document: Json) -> Json:
    """The document with an example beside each body that has one. Raises KeyError for an operation that is gone."""
    left = dict(EXAMPLES)
    for operations in document["paths"].values():
        for operation in operations.values():
            if (example := left.pop(operation["operationId"], None)) is not None:
                media = next(iter(operation["requestBody"]["content"].values()))
                media["example"] = example
    if left:
        raise KeyError(f"no operation is called {', '.join(left)}")
    return document
