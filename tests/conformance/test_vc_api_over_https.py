"""The running fleet as the W3C suites meet it: their HTTP client, https, OAuth2 client credentials, the file we make.

What each statement of theirs asks is in `w3c`; here is that every endpoint that the file names answers.
"""

from __future__ import annotations

import copy
import gzip
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from credential_core.multibase import decode_base64url
from tests.conformance.w3c.credentials import HOLDER, Json, by_holder, credential, presentation
from tests.conformance.w3c.documents import plain
from tests.conformance.w3c.test_envelopes import enveloped_presentation
from tests.node import Node
from tools.actor import until
from tools.fleet import Fleet
from tools.w3c_suites import EDDSA, SECRET, SELECTIVE, prepared

pytestmark = [pytest.mark.node, pytest.mark.fleet, pytest.mark.kafka]

STATUS = "BitstringStatusList"
ENVELOPE = "EnvelopingProof"
OCCASION = {"domain": "domain.example", "challenge": "1235abcd6789"}
EVERY_CHECK = {"checks": ["proof", "credentialStatus"]}


@dataclass
class Suite:
    """A suite with its configuration, and the Node.js that it runs on."""

    node: Node
    laurel: Json

    def call(self, *calls: Json) -> list[Json]:
        answers: list[Json] = self.node.run("vc_api.mjs", {"oauth2": self.laurel["oauth2"], "calls": list(calls)})
        return answers

    def endpoints(self, kind: str, tag: str | None = None) -> list[Json]:
        found = [one for one in self.laurel[kind] if tag is None or tag in one["tags"]]
        assert found, (kind, tag)
        return found

    def issued(self, issuer: Json, **members: Any) -> Json:
        document = {**plain("2.0"), "id": f"urn:uuid:{uuid.uuid4()}", "issuer": issuer["id"], **members}
        made: Json = self.answered(issuer, {"credential": document, "options": {}}, 201)["verifiableCredential"]
        return made

    def verified(self, document: Json, *, expected: int = 200, **options: Any) -> Json:
        body = {"verifiableCredential": document, "options": {**EVERY_CHECK, **options}}
        return self.answered(self.endpoints("verifiers")[0], body, expected)

    def presented(self, tag: str, shown: Json, *, expected: int = 200, **options: Any) -> Json:
        verifier = self.endpoints("vpVerifiers", tag)[0]
        body = {"verifiablePresentation": shown, "options": {"checks": [], **verifier.get("options", {}), **options}}
        return self.answered(verifier, body, expected)

    def answered(self, endpoint: Json, body: Json, expected: int) -> Json:
        (answer,) = self.call({"url": endpoint["endpoint"], "scopes": endpoint["scopes"], "json": body})
        assert answer["status"] == expected, answer
        data: Json = answer["data"]
        return data


@pytest.fixture(scope="module")
def suite(fleet: Fleet) -> Suite:
    """Configured by `tools.w3c_suites`; of the machine's secrets it has the client's, and it trusts the edge's CA."""
    client = next(one for one in fleet.demo["organizations"] if one["slug"] == "lakeside")
    environment = {SECRET: client["client_secret"], "NODE_EXTRA_CA_CERTS": str(fleet.authority)}
    (laurel,) = prepared(fleet.demo)["implementations"]
    return Suite(Node(Path(__file__).resolve().parent, environment), laurel)


def test_every_issuer_issues_what_every_verifier_takes(suite: Suite) -> None:
    for issuer in suite.endpoints("issuers"):
        made = suite.issued(issuer)
        if SELECTIVE in issuer["tags"]:
            (derive,) = suite.endpoints("vcHolders")
            body = {"verifiableCredential": made, "options": {"selectivePointers": ["/credentialSubject"]}}
            made = suite.answered(derive, body, 201)["verifiableCredential"]
        forged = copy.deepcopy(made)
        if ENVELOPE in issuer["tags"]:
            forged["id"] = forged["id"][:-8] + "AAAAAAAA"
        else:
            assert made["proof"]["cryptosuite"] in {*issuer["tags"], EDDSA[0]}
            forged["credentialSubject"]["id"] = "urn:x:another"
        assert suite.verified(made)["verified"] is True
        assert suite.verified(forged, expected=400)["verified"] is False


@pytest.mark.parametrize("tag", ["vc2.0", *EDDSA])
def test_what_holders_show_is_verified_for_its_occasion(suite: Suite, tag: str) -> None:
    issued = suite.issued(suite.endpoints("issuers", "vc2.0")[0])
    shown = by_holder(presentation(issued, holder=HOLDER))
    suite.presented(tag, shown)
    suite.presented(tag, shown, expected=400, **OCCASION)
    suite.presented(tag, {**shown, "holder": "did:example:other"}, expected=400)


def test_what_holders_show_in_a_jwt(suite: Suite) -> None:
    issued = suite.issued(suite.endpoints("issuers", ENVELOPE)[0])
    shown = enveloped_presentation(issued)
    suite.presented("vc2.0", shown)
    suite.presented("vc2.0", {**shown, "type": ["VerifiablePresentation"]}, expected=400)


def test_a_status_is_read_set_and_read_again(suite: Suite) -> None:
    (issuer,) = suite.endpoints("issuers", STATUS)
    made = suite.issued(issuer)
    entry = made["credentialStatus"]

    def bit() -> int:
        """As anybody reads it: without a token."""
        (answer,) = suite.call({"url": entry["statusListCredential"]})
        assert answer["status"] == 200, answer
        bits = gzip.decompress(decode_base64url(answer["data"]["credentialSubject"]["encodedList"]))
        return bits[int(entry["statusListIndex"]) // 8] >> 7 - int(entry["statusListIndex"]) % 8 & 1

    def verdict() -> int:
        verifier = suite.endpoints("verifiers", STATUS)[0]
        body = {"verifiableCredential": made, "options": EVERY_CHECK}
        (answer,) = suite.call({"url": verifier["endpoint"], "scopes": verifier["scopes"], "json": body})
        return int(answer["status"])

    until(verdict, lambda status: status == 200)
    assert bit() == 0
    command = {"credentialId": made["id"], "credentialStatus": entry, "status": True}
    change = {**issuer, "endpoint": f"{suite.laurel['oauth2']['tokenAudience']}/vc/credentials/status"}
    suite.answered(change, command, 200)
    until(verdict, lambda status: status == 400)
    until(bit, bool)


def test_what_is_wrong_is_400_and_who_has_no_token_401(suite: Suite) -> None:
    for issuer in suite.endpoints("issuers"):
        wrong = credential(issuer=issuer["id"], credentialSubject={})
        suite.answered(issuer, {"credential": wrong, "options": {}}, 400)
    for verifier in suite.endpoints("verifiers"):
        suite.answered(verifier, {"verifiableCredential": {"type": ["NonconformingDocument"]}, "options": {}}, 400)
    kinds = ("issuers", "verifiers", "vpVerifiers")
    addresses = {one["endpoint"] for kind in kinds for one in suite.endpoints(kind)}
    answers = suite.call(*({"url": url, "json": {}} for url in sorted(addresses)))
    assert {answer["status"] for answer in answers} == {401}
