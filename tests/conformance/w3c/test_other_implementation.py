"""The endpoints and the libraries that the W3C suites are written with, Digital Bazaar's: each verifies the other's.

The suites sign with these libraries what verifiers are asked, and verify with them what issuers make.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from credential_core import did
from credential_core.contexts import frozen_contexts, load_context
from credential_core.timestamps import format_timestamp
from tests.conformance.w3c.credentials import CREATED, HOLDER, HOLDER_KEY, Json, credential
from tests.conformance.w3c.documents import MODELS, alumni, licence, medal, plain, sailing
from tests.conformance.w3c.implementation import STATUS, Implementation
from tests.conformance.w3c.securing import Signer
from tests.conformance.w3c.test_data_integrity_create import CASES, SELECTIVE

pytestmark = [pytest.mark.db, pytest.mark.node, pytest.mark.asyncio]

Node = Callable[[str, dict[str, Any]], Any]
CONTEXTS = {url: load_context(url) for url in frozen_contexts()}
DOCUMENTS = [plain, alumni, medal, licence, sailing]
WAYS = [
    (form, key, document, model)
    for form, key in CASES
    for document in (
        DOCUMENTS if "jcs" not in form else [plain, medal]
    )  # their JCS suites read no inline context, not even
    for model in MODELS  # their own: they ask whether two objects are one and the same
]
MANDATORY = {"1.1": ["/issuer", "/issuanceDate"], "2.0": ["/issuer"]}
SHOWN = ["/credentialSubject"]


def there(node: Node, *operations: Json, dids: Any = ()) -> list[Any]:
    """Some operations of theirs, who resolve a did:key as we say it."""
    controllers = {name: did.resolve_self_contained(name) for name in dids}
    given = {"operations": list(operations), "controllers": controllers, "contexts": CONTEXTS}
    answers: list[Any] = node("proofs.mjs", given)
    assert [answer for answer in answers if "failed" in answer] == []
    return answers


def pair(signer: Signer) -> Json:
    public = signer.key.public.multibase
    made = {"id": signer.method, "controller": signer.identifier, "publicKeyMultibase": public}
    return {**made, "secretKeyMultibase": signer.key.secret_multibase}


def asked(operation: str, form: str, document: Json, **more: Any) -> Json:
    return {"operation": operation, "cryptosuite": form, "credential": document, **more}


async def test_what_we_issue_is_verified_there(implementation: Implementation, node: Node) -> None:
    checks: list[Json] = []
    for form, key, document, model in WAYS:
        options: Json = {"mandatoryPointers": MANDATORY[model]} if form == SELECTIVE else {}
        issued = await implementation.issued(document(model), form=form, by=key, **options)
        shown = await implementation.derived(issued, *SHOWN) if form == SELECTIVE else issued
        forged = {**copy.deepcopy(shown), "credentialSubject": {"id": "urn:x:another"}}
        checks += [asked("verify", form, shown), asked("verify", form, forged)]
    answers = there(node, *checks, dids=implementation.ids.values())
    right, wrong = answers[::2], answers[1::2]
    assert [answer["error"] for answer in right] == [None] * len(WAYS)
    assert [answer["verified"] for answer in wrong] == [False] * len(WAYS)


async def test_what_they_derive_of_our_base_proofs_is_verified_here(implementation: Implementation, node: Node) -> None:
    derivations: list[Json] = []
    for document in DOCUMENTS:
        for model, mandatory in MANDATORY.items():
            base = await implementation.issued(document(model), form=SELECTIVE, by="P-256", mandatoryPointers=mandatory)
            derivations.append(asked("derive", SELECTIVE, base, selective=SHOWN))
    for shown in there(node, *derivations, dids=implementation.ids.values()):
        await implementation.accepts(shown)


async def test_what_they_sign_is_verified_here(implementation: Implementation, node: Node) -> None:
    signed = await _signed(node)
    for found in signed:
        await implementation.accepts(found)
        await implementation.refuses({**found, "credentialSubject": {"id": "urn:x:another"}})


async def _signed(node: Node) -> list[Json]:
    """Everything in every way by keys of theirs; of base proofs what they derive."""
    signers = {case: Signer(*case) for case in CASES}
    dids = [signer.identifier for signer in signers.values()]
    created = format_timestamp(CREATED)
    orders = [
        asked("sign", signer.form, signer.prepared(document(model)), key=pair(signer), created=created) | mandatory
        for form, key, document, model in WAYS
        for signer, mandatory in [(signers[form, key], {"mandatory": MANDATORY[model]})]
    ]
    made = [answer["signed"] for answer in there(node, *orders, dids=dids)]
    derive = [asked("derive", SELECTIVE, one, selective=SHOWN) for one in made if _is_base(one)]
    return [one for one in made if not _is_base(one)] + there(node, *derive, dids=dids)


def _is_base(document: Json) -> bool:
    return bool(document["proof"]["cryptosuite"] == SELECTIVE)


async def test_what_they_present_is_verified_here(implementation: Implementation, node: Node) -> None:
    """Our credentials and theirs, some with contexts of their own, one of them twice."""
    ours = [await implementation.issued(document(model)) for document in DOCUMENTS for model in MODELS]
    method = f"{HOLDER}#{HOLDER_KEY.public.multibase}"
    key = {
        "id": method,
        "controller": HOLDER,
        "publicKeyMultibase": HOLDER_KEY.public.multibase,
        "secretKeyMultibase": HOLDER_KEY.secret_multibase,
    }
    occasion = {"challenge": "1235abcd6789", "domain": "domain.example"}
    order: Json = {"operation": "present", "cryptosuite": "eddsa-rdfc-2022", "key": key, "holder": HOLDER, **occasion}
    order["created"] = format_timestamp(CREATED)
    given = [[], [ours[0]], ours[:4], [ours[0], ours[0], ours[1]]]
    for shown in there(node, *({**order, "credentials": some} for some in given), dids=[HOLDER]):
        await implementation.accepts_presentation(shown, **occasion)
        await implementation.accepts_presentation(shown)
        for other in ({"challenge": "another"}, {"domain": "other.example"}):
            await implementation.refuses_presentation(shown, **(occasion | other))


async def test_our_lists_are_read_there(implementation: Implementation, node: Node) -> None:
    """By their package for Bitstring Status Lists: clear, then set."""
    issued = await implementation.issued(credential(id="urn:uuid:2b1c4f6e-1f0b-4b57-9f5e-9d4d0a4b6d21"), by=STATUS)
    entry = issued["credentialStatus"]
    verify = partial(_verified_with_list, implementation, node, issued)
    assert await verify() == {"verified": True, "error": None}
    command = {"credentialId": issued["id"], "credentialStatus": entry, "status": True}
    assert (await implementation.set_status(command)).status_code == 200
    revoked = await verify()
    assert (revoked["verified"], "status" in revoked["error"]) == (False, True)


async def _verified_with_list(implementation: Implementation, node: Node, issued: Json) -> Json:
    url = issued["credentialStatus"]["statusListCredential"]
    lists = await implementation.published()
    document = next(one.credential for one in reversed(lists) if one.url == url)
    controllers = {issued["issuer"]: await implementation.controller(issued["issuer"])}
    given = {"credential": issued, "controllers": controllers, "contexts": CONTEXTS, "statusLists": {url: document}}
    answer: Json = node("verify.mjs", given)
    return answer
