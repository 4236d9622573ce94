"""The W3C suite of the VC Data Model 2.0: one test here for each statement there, asked of the same two endpoints.

What a suite may put right instead of refusing (a missing context) is refused here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conformance.w3c.credentials import (
    EXAMPLES,
    HOLDER,
    V2,
    Json,
    by_holder,
    credential,
    described,
    held,
    lacking,
    presentation,
    term,
)
from tests.conformance.w3c.documents import alumni, licence, sailing
from tests.conformance.w3c.implementation import Implementation

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

NOW = datetime.now(UTC).replace(microsecond=0)
YEAR = timedelta(days=365)
URL_TYPE = "https://example.org/#Service"
POLICY = term("Policy")


async def issues(implementation: Implementation, *documents: Json) -> None:
    for document in documents:
        assert (await implementation.issue(document)).status_code == 201, document


async def refuses(implementation: Implementation, *documents: Json) -> None:
    for document in documents:
        assert (await implementation.issue(document)).status_code == 400, document


class TestConformance:
    async def test_what_is_issued_is_secured(self, implementation: Implementation) -> None:
        issued = await implementation.issued(credential())
        assert isinstance(issued["proof"], dict)

    async def test_what_is_issued_has_all_that_is_required(self, implementation: Implementation) -> None:
        issued = await implementation.issued(credential())
        assert {"@context", "type", "issuer", "credentialSubject", "proof"} <= issued.keys()

    async def test_it_is_issued_as_it_was_handed_in(self, implementation: Implementation) -> None:
        given = credential()
        issued = await implementation.issued(given)
        assert issued.items() >= given.items()

    async def test_what_conforms_is_verified(self, implementation: Implementation) -> None:
        await implementation.accepts(await implementation.issued(credential()))

    async def test_what_does_not_is_an_error(self, implementation: Implementation) -> None:
        await implementation.refuses({"type": ["NonconformingDocument"]})
        await implementation.refuses_presentation({"type": ["NonconformingDocument"]})


class TestContexts:
    async def test_a_credential_has_one(self, implementation: Implementation) -> None:
        issued = await implementation.issued(credential())
        assert issued["@context"] == [V2]
        await refuses(implementation, lacking(credential(), "@context"))

    async def test_a_presentation_has_one(self, implementation: Implementation) -> None:
        shown = by_holder(presentation())
        await implementation.accepts_presentation(shown)
        await implementation.refuses_presentation(lacking(shown, "@context"))

    async def test_that_of_the_data_model_comes_first(self, implementation: Implementation) -> None:
        assert (await implementation.issued(credential(EXAMPLES)))["@context"][0] == V2
        await refuses(
            implementation, credential(**{"@context": [EXAMPLES]}), credential(**{"@context": [EXAMPLES, V2]})
        )

    async def test_it_comes_first_in_a_presentation(self, implementation: Implementation) -> None:
        for contexts in ([EXAMPLES, V2], [EXAMPLES]):
            shown = presentation(**{"@context": contexts})
            await implementation.refuses_presentation(shown)
        signed = by_holder(presentation(**{"@context": [EXAMPLES, V2]}))
        await implementation.refuses_presentation(signed)

    async def test_others_are_urls_or_objects(self, implementation: Implementation) -> None:
        more = term("Extra")
        await issues(implementation, credential(EXAMPLES), credential(more, type=["VerifiableCredential", "Extra"]))
        await refuses(implementation, credential("https ://not-a-url/v1"), credential(192875))

    async def test_others_are_urls_or_objects_in_a_presentation(self, implementation: Implementation) -> None:
        more: Json = {"@context": [V2, term("Extra")], "type": ["VerifiablePresentation", "Extra"]}
        for shown in (presentation(held(), holder=HOLDER, **{"@context": [V2, EXAMPLES]}), presentation(**more)):
            await implementation.accepts_presentation(by_holder(shown))
        signed = by_holder(presentation(**more))
        for context in ("https://example.com", "https ://not-a-url/v1", 192875):
            await implementation.refuses_presentation({**signed, "@context": [V2, context]})


class TestIdentifiers:
    async def test_an_id_is_one_url(self, implementation: Implementation) -> None:
        good = ("did:example:credential", "urn:uuid:0ad5d9a1-96b2-4a0f-b0a6-0a7f3a8b0a01", "https://example.org/1")
        await issues(implementation, *(credential(id=value) for value in good))
        await issues(implementation, *(credential(credentialSubject={"id": value}) for value in good))
        bad: list[Any] = [None, ["did:example:a", "did:example:b"], "not-a-url", 7, {}]
        await refuses(implementation, *(credential(id=value) for value in bad))
        await refuses(implementation, *(credential(credentialSubject={"id": value, "name": "A"}) for value in bad[1:]))


class TestTypes:
    async def test_a_credential_has_one(self, implementation: Implementation) -> None:
        await refuses(implementation, lacking(credential(), "type"))

    async def test_a_presentation_has_one(self, implementation: Implementation) -> None:
        await implementation.refuses_presentation(lacking(presentation(), "type"))
        signed = by_holder(presentation())
        await implementation.refuses_presentation(lacking(signed, "type"))

    async def test_types_are_terms_or_urls(self, implementation: Implementation) -> None:
        named = ["VerifiableCredential", "Extra"]
        await issues(
            implementation,
            credential(type=["VerifiableCredential", "https://example.org/#Extra"]),
            credential(term("Extra"), type=named),
        )
        await refuses(
            implementation, credential(type=named), credential({"Extra": "https ://not-a-url#Extra"}, type=named)
        )

    async def test_their_order_does_not_matter(self, implementation: Implementation) -> None:
        one, other = "https://example.org/#One", "https://example.org/#Other"
        for types in ([one, other, "VerifiableCredential"], [one, "VerifiableCredential", other]):
            await issues(implementation, credential(type=types))

    async def test_one_is_verifiable_credential(self, implementation: Implementation) -> None:
        await issues(implementation, credential(term("Extra"), type=["VerifiableCredential", "Extra"]))
        await refuses(implementation, credential(term("Extra"), type=["Extra"]))

    async def test_one_is_verifiable_presentation(self, implementation: Implementation) -> None:
        more: Json = {"@context": [V2, term("Extra")]}
        await implementation.accepts_presentation(
            by_holder(presentation(**more, type=["VerifiablePresentation", "Extra"]))
        )
        other = lacking(presentation(**more, type=["Extra"]), "verifiableCredential")
        await implementation.refuses_presentation(by_holder(other))

    @pytest.mark.parametrize(
        ("member", "good"),
        [
            ("credentialStatus", {"id": "did:example:status", "type": "Policy"}),
            ("termsOfUse", {"type": "Policy"}),
            ("evidence", {"type": "Policy"}),
            ("refreshService", {"id": "did:example:refresh", "type": URL_TYPE}),
            ("credentialSchema", {"id": "did:example:schema", "type": URL_TYPE}),
        ],
    )
    async def test_what_else_has_one(self, implementation: Implementation, member: str, good: Json) -> None:
        untyped = {name: value for name, value in good.items() if name != "type"} or {"id": "did:example:untyped"}
        await issues(implementation, credential(POLICY, **{member: good}))
        await refuses(implementation, credential(POLICY, **{member: untyped}))


class TestNamesAndDescriptions:
    @pytest.mark.parametrize("of_issuer", [False, True])
    @pytest.mark.parametrize("name", ["name", "description"])
    async def test_they_are_text_or_tagged_text(
        self, implementation: Implementation, name: str, of_issuer: bool
    ) -> None:
        english = {"@value": "Word", "@language": "en"}
        several = [{"@value": "Dog", "@language": "en"}, {"@value": "Chien", "@language": "fr"}]
        for value in ("Word", english, {**english, "@direction": "ltr"}, several):
            await issues(implementation, described(name, value)[of_issuer])
        await issues(implementation, credential())
        await refuses(implementation, described(name, {**english, "url": "did:example:extra"})[of_issuer])


class TestIssuer:
    async def test_a_credential_has_one(self, implementation: Implementation) -> None:
        assert "issuer" in await implementation.issued(credential())

    async def test_it_is_a_url_or_an_object_with_one(self, implementation: Implementation) -> None:
        await issues(implementation, credential(issuer={"id": "did:example:issuer"}))
        for wrong in ("not-a-url", None, {"id": None}, {"id": "not-a-url"}):
            await refuses(implementation, credential(issuer=wrong))


class TestSubject:
    async def test_a_credential_has_one(self, implementation: Implementation) -> None:
        await refuses(implementation, lacking(credential(), "credentialSubject"))

    async def test_each_has_claims(self, implementation: Implementation) -> None:
        await issues(implementation, credential(credentialSubject=[{"id": "did:example:a"}, {"id": "did:example:b"}]))
        empty: list[Any] = [{}, [], [{"id": "did:example:a"}, {}]]
        for wrong in empty:
            await refuses(implementation, credential(credentialSubject=wrong))


class TestValidity:
    @pytest.mark.parametrize("member", ["validFrom", "validUntil"])
    async def test_it_is_a_date_with_an_offset(self, implementation: Implementation, member: str) -> None:
        for moment in ("2033-02-26T00:37:06Z", "2033-02-26T00:37:06.123Z", "2033-02-26T00:37:06-05:00"):
            await issues(implementation, credential(**{member: moment}))
        for wrong in ("2033-02-26", "2033-02-26T00:37:06", "yesterday", 7):
            await refuses(implementation, credential(**{member: wrong}))

    @pytest.mark.parametrize("form", ["", "eddsa-jcs-2022"])
    async def test_it_ends_after_it_began(self, implementation: Implementation, form: str) -> None:
        before, after = (NOW - YEAR).isoformat(), (NOW + YEAR).isoformat()
        for end in (before, after):
            answer = await implementation.issue(credential(validFrom=before, validUntil=end), form=form)
            assert answer.status_code == 201
        answer = await implementation.issue(credential(validFrom=after, validUntil=before), form=form)
        assert answer.status_code == 400


class TestStatus:
    async def test_it_has_a_type(self, implementation: Implementation) -> None:
        await refuses(implementation, credential(POLICY, credentialStatus={"id": "did:example:status"}))

    async def test_the_type_is_a_term_or_a_url(self, implementation: Implementation) -> None:
        await issues(implementation, credential(POLICY, credentialStatus={"id": "did:example:s", "type": "Policy"}))
        for wrong in (2, "Undefined", None):
            status = {"id": "did:example:status", "type": wrong}
            await refuses(implementation, credential(POLICY, credentialStatus=status))

    async def test_its_id_is_optional_and_one_url(self, implementation: Implementation) -> None:
        await issues(implementation, credential(POLICY, credentialStatus={"type": "Policy"}))
        for wrong in (["did:example:a", "did:example:b"], "not-a-url", 7):
            await refuses(implementation, credential(POLICY, credentialStatus={"id": wrong, "type": "Policy"}))


class TestSchemas:
    async def test_there_may_be_several(self, implementation: Implementation) -> None:
        one, other = [{"id": f"did:example:schema/{number}", "type": URL_TYPE} for number in (1, 2)]
        await issues(implementation, credential(credentialSchema=one), credential(credentialSchema=[one, other]))

    async def test_each_has_a_type_and_an_id(self, implementation: Implementation) -> None:
        for wrong in ({"id": "did:example:schema"}, {"type": URL_TYPE}, {"id": 7, "type": URL_TYPE}):
            await refuses(implementation, credential(credentialSchema=wrong))


class TestSecuring:
    async def test_a_credential_without_a_proof_is_refused(self, implementation: Implementation) -> None:
        await implementation.refuses(credential(issuer=HOLDER))

    async def test_a_changed_one_is_refused(self, implementation: Implementation) -> None:
        issued = await implementation.issued(credential())
        await implementation.refuses({**issued, "credentialSubject": {"id": "did:example:other"}})

    async def test_a_presentation_with_another_signature_is_refused(self, implementation: Implementation) -> None:
        signed = by_holder(presentation())
        signed["proof"]["proofValue"] = "z5nmMBw2u9TGKd9NxxHJtyZKgjN2Eh"
        await implementation.refuses_presentation(signed)


class TestPresentations:
    async def test_its_id_is_a_url(self, implementation: Implementation) -> None:
        await implementation.accepts_presentation(by_holder(presentation(id="urn:uuid:0ad5d9a1-96b2-4a0f-b0a6-0a7f")))

    async def test_it_holds_credentials(self, implementation: Implementation) -> None:
        subjects = [{"id": "did:example:subject"}, {"id": "did:example:other-subject"}]
        first, second = [await implementation.issued(credential(credentialSubject=subject)) for subject in subjects]
        await implementation.accepts_presentation(by_holder(presentation(first, second)))
        for wrong in ("did:example:credential", 7):
            shown = presentation(verifiableCredential=[wrong])
            await implementation.refuses_presentation(shown)
        untyped = {name: value for name, value in first.items() if name != "type"}
        await implementation.refuses_presentation(presentation(untyped))

    async def test_it_holds_one_credential_twice(self, implementation: Implementation) -> None:
        """Without an id, so that nothing but its place tells one from the other."""
        degree = {"type": "Degree", **{f"part{number}": f"{number}" for number in range(30)}}
        issued = await implementation.issued(credential(EXAMPLES, credentialSubject={"degree": degree}))
        await implementation.accepts_presentation(by_holder(presentation(issued, issued, issued)))

    @pytest.mark.parametrize("document", [alumni, licence, sailing])
    async def test_its_credentials_bring_contexts_of_their_own(
        self, implementation: Implementation, document: Callable[[str], Json]
    ) -> None:
        first, second = [await implementation.issued(document(model)) for model in ("2.0", "1.1")]
        await implementation.accepts_presentation(by_holder(presentation(first, second, first)))
        changed = {**first, "credentialSubject": {"id": "urn:x:another"}}
        await implementation.refuses_presentation(by_holder(presentation(changed)))

    async def test_its_holder_is_a_url_or_an_object_with_one(self, implementation: Implementation) -> None:
        issued = await implementation.issued(credential())
        for holder in (HOLDER, {"id": HOLDER}):
            await implementation.accepts_presentation(by_holder(presentation(issued, holder=holder)))
        await implementation.refuses_presentation(by_holder(presentation(issued, holder={"name": "Nobody"})))

    async def test_what_a_holder_says_needs_a_holder(self, implementation: Implementation) -> None:
        await implementation.refuses_presentation(by_holder(presentation(held())))

    async def test_and_that_is_its_issuer(self, implementation: Implementation) -> None:
        await implementation.accepts_presentation(by_holder(presentation(held(), holder=HOLDER)))
        wrong = (
            presentation(held(), holder="did:example:acme"),
            presentation(held(issuer="did:example:acme"), holder=HOLDER),
        )
        for shown in wrong:
            await implementation.refuses_presentation(by_holder(shown))


class TestAdvancedConcepts:
    async def test_no_term_is_defined_anew(self, implementation: Implementation) -> None:
        again = {"@protected": True, **term("Extra")}
        await refuses(
            implementation,
            credential({"VerifiableCredential": "https://example.org/#Other"}),
            credential(again, {"Extra": "https://example.org/#Other"}, type=["VerifiableCredential", "Extra"]),
        )

    SRI = "sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU"
    MULTIBASE = "uWZVc7WaX1h4D8rJVb-vlMIqxaEKEb1tYbX8fet7JJzQ"
    SRI_2024 = "sha384-NSOcNpmdIVUxIJGvGUoe22FjTWrXiaXlsZ8q6912LdnR3KraQO2n75Ica4wK4Qeg"
    MULTIBASE_2024 = "uJKGMkOmFbVJhEfKTduMC2XCyvRAYLjOVmZWwIH1wQ7k"

    async def test_related_resources(self, implementation: Implementation) -> None:
        good: list[Json] = [
            {"digestSRI": self.SRI},
            {"digestMultibase": self.MULTIBASE},
            {"digestSRI": self.SRI_2024},
            {"digestMultibase": self.MULTIBASE_2024},
            {"digestSRI": self.SRI, "digestMultibase": self.MULTIBASE, "mediaType": "application/ld+json"},
        ]
        await issues(implementation, *(credential(relatedResource=[{"id": V2, **resource}]) for resource in good))
        elsewhere = "https://example.org/degree.json"
        hashed = "uEiAjCHMnK5-ayOIZLWo_TBoKYVvSAprlkYEjRlm19Cj0uw"  # a multihash
        await issues(implementation, credential(relatedResource={"id": elsewhere, "digestMultibase": hashed}))
        await refuses(implementation, credential(relatedResource=["https://example.org/1", "https://example.org/2"]))

    async def test_each_has_an_id(self, implementation: Implementation) -> None:
        await refuses(implementation, credential(relatedResource=[{"digestSRI": self.SRI}]))

    async def test_no_two_have_the_same(self, implementation: Implementation) -> None:
        await refuses(implementation, credential(relatedResource=[{"id": V2, "digestSRI": self.SRI}] * 2))

    async def test_each_has_a_digest(self, implementation: Implementation) -> None:
        await refuses(implementation, credential(relatedResource=[{"id": V2}]))

    async def test_a_digest_that_is_wrong(self, implementation: Implementation) -> None:
        wrong = ({"digestSRI": f"sha384-A{self.SRI[8:]}"}, {"digestMultibase": f"uA{self.MULTIBASE[2:]}"})
        await refuses(implementation, *(credential(relatedResource=[{"id": V2, **resource}]) for resource in wrong))

    async def test_refresh_services(self, implementation: Implementation) -> None:
        one, other = [{"id": f"did:example:refresh/{number}", "type": URL_TYPE} for number in (1, 2)]
        await issues(implementation, credential(refreshService=one), credential(refreshService=[one, other]))

    async def test_terms_of_use(self, implementation: Implementation) -> None:
        named = {"id": "did:example:terms", "type": "Policy"}
        await issues(implementation, credential(POLICY, termsOfUse=[{"type": "Policy"}, named]))
        await refuses(implementation, credential(POLICY, termsOfUse={"id": "did:example:terms"}))

    async def test_evidence(self, implementation: Implementation) -> None:
        await issues(implementation, credential(POLICY, evidence=[{"type": "Policy"}, {"type": "Policy"}]))

    @pytest.mark.parametrize("member", ["confidenceMethod", "renderMethod"])
    async def test_reserved_members_have_a_type(self, implementation: Implementation, member: str) -> None:
        await issues(implementation, credential(POLICY, **{member: {"type": "Policy"}}))
        await refuses(implementation, credential(POLICY, **{member: {"id": "did:example:untyped"}}))
