"""The W3C suite of Bitstring Status List 1.0: what an issuer adds to a credential, and what a verifier makes of it."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
import pytest_asyncio

from credential_core.model import validate_credential
from credential_core.multibase import decode_base64url
from tests.conformance.w3c.credentials import Json, credential
from tests.conformance.w3c.implementation import STATUS, Implementation

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

LIST_TYPE = "https://www.w3.org/ns/credentials/status-list#"
ENTRY: Json = {
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "7",
    "statusListCredential": "https://lists.example/1",
}
MESSAGES = [{"status": f"0x{number}", "message": f"message {number}"} for number in range(4)]


@pytest_asyncio.fixture(scope="module")
async def issued(implementation: Implementation) -> Json:
    return await implementation.issued(credential(id="urn:uuid:2b1c4f6e-1f0b-4b57-9f5e-9d4d0a4b6d10"), by=STATUS)


@pytest_asyncio.fixture(scope="module")
async def published(implementation: Implementation, issued: Json) -> Json:
    """The list that the entry names."""
    lists = await implementation.published()
    url = issued["credentialStatus"]["statusListCredential"]
    return dict(next(each.credential for each in reversed(lists) if each.url == url))


class TestEntry:
    async def test_it_stands_in_a_conforming_credential(self, issued: Json) -> None:
        assert validate_credential(issued) == ()

    async def test_its_id_is_not_the_url_of_the_list(self, issued: Json) -> None:
        entry = issued["credentialStatus"]
        assert isinstance(entry.get("id", ""), str)
        assert entry.get("id") != entry["statusListCredential"]

    async def test_its_type(self, issued: Json) -> None:
        assert issued["credentialStatus"]["type"] == "BitstringStatusListEntry"

    async def test_its_purpose_is_a_string(self, issued: Json) -> None:
        assert issued["credentialStatus"]["statusPurpose"] == "revocation"

    async def test_its_index_is_a_number_in_base_10(self, issued: Json) -> None:
        assert re.fullmatch("0|[1-9][0-9]*", issued["credentialStatus"]["statusListIndex"])

    async def test_its_list_is_a_credential_at_a_url(self, issued: Json, published: Json) -> None:
        """By https: the suite's loader reads nothing else."""
        assert published["id"] == issued["credentialStatus"]["statusListCredential"]
        assert published["id"].startswith("https://")
        assert validate_credential(published) == ()

    async def test_its_list_has_the_type(self, published: Json) -> None:
        assert published["type"] == ["VerifiableCredential", "BitstringStatusListCredential"]

    @pytest.mark.parametrize(
        "change",
        [
            {"statusSize": 1},
            {"statusSize": 2, "statusMessage": MESSAGES},
            {"statusSize": 1, "statusMessage": MESSAGES[:2]},
            {"statusReference": "https://lists.example/about"},
            {"statusReference": ["https://lists.example/about", "https://lists.example/more"]},
            {"id": "https://lists.example/1#7"},
            {"statusPurpose": "suspension"},
            {"statusPurpose": "message", "statusSize": 2, "statusMessage": MESSAGES},
        ],
    )
    async def test_optional_members(self, implementation: Implementation, change: Json) -> None:
        brought = {**ENTRY, **change}
        issued = await implementation.issued(credential(credentialStatus=brought), by=STATUS)
        assert issued["credentialStatus"] == brought

    @pytest.mark.parametrize(
        "change",
        [
            {"id": "https://lists.example/1"},
            {"type": ["BitstringStatusListEntry", 7]},
            {"statusPurpose": 7},
            {"statusPurpose": ["revocation"]},
            {"statusListIndex": 7},
            {"statusListIndex": True},
            {"statusListIndex": "0x7"},
            {"statusListIndex": "-7"},
            {"statusListIndex": "seven"},
            {"statusListCredential": "lists"},
            {"statusListCredential": ["https://lists.example/1"]},
            {"statusSize": 0},
            {"statusSize": -1},
            {"statusSize": "1"},
            {"statusSize": 1.5},
            {"statusSize": 2},
            {"statusSize": 2, "statusMessage": MESSAGES[:2]},
            {"statusSize": 2, "statusMessage": {}},
            {"statusSize": 1, "statusMessage": [{"status": "0x0"}, {"message": "x"}]},
            {"statusReference": 7},
            {"statusReference": "about"},
        ],
    )
    async def test_what_is_malformed(self, implementation: Implementation, change: Json) -> None:
        answer = await implementation.issue(credential(credentialStatus={**ENTRY, **change}), by=STATUS)
        assert answer.status_code == 400

    async def test_what_is_malformed_elsewhere(self, implementation: Implementation) -> None:
        wrong = {"type": "BitstringStatusListEntry", "statusListIndex": True, "statusListCredential": "https://a.test"}
        examples = "https://www.w3.org/ns/credentials/examples/v2"
        for contexts in ((), (examples,)):
            answer = await implementation.issue(credential(*contexts, statusEntry=wrong), by=STATUS)
            assert answer.status_code == 400


class TestList:
    async def test_it_is_a_conforming_document(self, published: Json) -> None:
        assert {"@context", "id", "type", "issuer", "validFrom", "credentialSubject", "proof"} <= published.keys()

    async def test_it_is_verified_as_a_credential(self, implementation: Implementation, published: Json) -> None:
        await implementation.accepts(published)

    async def test_its_subject_is_a_status_list(self, published: Json) -> None:
        """With these members and no other: an edition of the suite takes any more as an error."""
        assert published["credentialSubject"]["type"] == "BitstringStatusList"
        assert published["credentialSubject"].keys() == {"id", "type", "statusPurpose", "encodedList"}

    async def test_its_purpose_is_that_of_the_entry(self, issued: Json, published: Json) -> None:
        purpose = published["credentialSubject"]["statusPurpose"]
        assert issued["credentialStatus"]["statusPurpose"] in (purpose if isinstance(purpose, list) else [purpose])

    async def test_it_is_multibase_of_gzip(self, published: Json) -> None:
        encoded = published["credentialSubject"]["encodedList"]
        assert re.fullmatch("u[A-Za-z0-9_-]+", encoded)
        assert gzip.decompress(decode_base64url(encoded))

    async def test_it_is_long_enough(self, published: Json) -> None:
        encoded = published["credentialSubject"]["encodedList"]
        assert len(gzip.decompress(decode_base64url(encoded))) >= 16 * 1024

    async def test_the_bit_of_the_entry_is_clear(self, issued: Json, published: Json) -> None:
        index = int(issued["credentialStatus"]["statusListIndex"])
        bits = gzip.decompress(decode_base64url(published["credentialSubject"]["encodedList"]))
        assert bits[index // 8] & (0x80 >> index % 8) == 0


class TestValidation:
    async def revoked(self, implementation: Implementation) -> tuple[Json, Any]:
        issued = await implementation.issued(credential(id="urn:uuid:2b1c4f6e-1f0b-4b57-9f5e-9d4d0a4b6d11"), by=STATUS)
        entry = {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}
        command = {"credentialId": issued["id"], "credentialStatus": entry, "status": True}
        return issued, await implementation.set_status(command)

    async def test_a_credential_in_good_standing(self, implementation: Implementation, issued: Json) -> None:
        """At an origin of their own, too, lists are known as they were published, and never fetched."""
        await implementation.published()
        await implementation.accepts(issued, checks=["proof", "credentialStatus"])

    async def test_one_that_is_revoked(self, implementation: Implementation) -> None:
        issued, answer = await self.revoked(implementation)
        assert answer.status_code == 200
        await implementation.published()
        found = await implementation.refuses(issued, checks=["proof", "credentialStatus"])
        assert [error["title"] for error in found["errors"]] == ["status_revoked"]

    async def test_one_whose_list_cannot_be_had(self, implementation: Implementation) -> None:
        issued = await implementation.issued(credential(credentialStatus=ENTRY))
        found = await implementation.refuses(issued)
        assert [error["type"] for error in found["errors"]] == [f"{LIST_TYPE}STATUS_RETRIEVAL_ERROR"]

    async def test_one_beyond_the_end_of_its_list(self, implementation: Implementation, issued: Json) -> None:
        await implementation.published()
        far = {**issued["credentialStatus"], "statusListIndex": "999999999"}
        beyond = await implementation.issued(credential(credentialStatus=far), by=STATUS)
        found = await implementation.refuses(beyond)
        assert [error["type"].rpartition("#")[2] for error in found["errors"]] == ["RANGE_ERROR"]

    async def test_one_whose_list_is_for_another_purpose(self, implementation: Implementation, issued: Json) -> None:
        await implementation.published()
        other = {**issued["credentialStatus"], "statusPurpose": "suspension"}
        found = await implementation.refuses(await implementation.issued(credential(credentialStatus=other), by=STATUS))
        assert [error["type"] for error in found["errors"]] == [f"{LIST_TYPE}STATUS_VERIFICATION_ERROR"]

    @pytest.mark.parametrize("change", [{"type": "UnknownStatus2020"}, {"statusListCredential": "https://no.example/"}])
    async def test_one_with_a_status_that_was_changed(
        self, implementation: Implementation, issued: Json, change: Json
    ) -> None:
        changed = {**issued, "credentialStatus": {**issued["credentialStatus"], **change}}
        await implementation.refuses(changed, checks=["proof", "credentialStatus"])
