"""The published vectors of every cryptosuite: each step, the same proof made again, and the proof accepted.

The vectors are deterministic, ECDSA too (RFC 6979). Some name a context that no package ships, or write one inline;
for those a PyLD loader stands in, in these tests alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pyld import jsonld as pyld

from credential_core import jcs, proof
from credential_core.contexts import load_context
from credential_core.errors import ProofError
from credential_core.jsonld import Quad, general, to_quads
from credential_core.jsonld.lexical import literal
from credential_core.keys import PublicKey, SigningKey
from credential_core.multibase import decode_base58
from credential_core.proof import grouping, hashing
from credential_core.proof.configuration import covered
from credential_core.proof.hashing import digest, hash_data
from credential_core.proof.suites import suite_of
from credential_core.rdfc import canonicalize

Load = Callable[[str], Any]
HERE = Path(__file__).parent / "vectors"
CITIZENSHIP = "https://w3id.org/citizenship/v4rc1"
ED, EC = "w3c-vc-di-eddsa/TestVectors", "w3c-vc-di-ecdsa/TestVectors"
PUBLISHED = [
    (f"{ED}/eddsa-rdfc-2022", "DataInt"),
    (f"{ED}/eddsa-rdfc-2022/employ", "DataInt"),
    (f"{ED}/eddsa-jcs-2022", "JCS"),
    (f"{ED}/Ed25519Signature2020", "EdSig"),
    (f"{EC}/ecdsa-rdfc-2019-p256", "ECDSAP256"),
    (f"{EC}/ecdsa-rdfc-2019-p256/employ", "ECDSAP256"),
    (f"{EC}/ecdsa-rdfc-2019-p384", "ECDSAP384"),
    (f"{EC}/ecdsa-rdfc-2019-p384/employ", "ECDSAP384"),
    (f"{EC}/ecdsa-jcs-2019-p256", "JCSECDSAP256"),
    (f"{EC}/ecdsa-jcs-2019-p384", "JCSECDSAP384"),
]
SELECTIVE = json.loads((HERE / "ecdsa-sd-2023.json").read_bytes())
CHAIN = json.loads((HERE / "proof-chain.json").read_bytes())


def pyld_quads(document: dict[str, Any]) -> list[Quad]:
    """What `to_quads` gives, by a general processor that also takes inline contexts and the citizenship terms."""

    def load(url: str, _options: object) -> dict[str, Any]:
        citizenship = url == CITIZENSHIP
        content = json.loads((HERE / "citizenship-context.json").read_bytes()) if citizenship else load_context(url)
        return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": content}

    def term(value: dict[str, Any]) -> str:
        if value["type"] == "literal":
            return literal(value["value"], value["datatype"])
        return f"<{value['value']}>" if value["type"] == "IRI" else str(value["value"])

    dataset = pyld.to_rdf(document, {"documentLoader": load})
    return [(term(q["subject"]), term(q["predicate"]), term(q["object"]), "") for q in dataset["@default"]]


def pyld_nquads(document: dict[str, Any], algorithm: str, *, inline_contexts: bool = False) -> str:
    assert not inline_contexts
    return canonicalize(pyld_quads(document), algorithm=algorithm).nquads


@pytest.fixture
def any_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors with contexts that the product refuses are read through PyLD."""
    monkeypatch.setattr(general, "either", lambda document, inline_contexts: pyld_quads(document))
    for name in ("canonical_nquads", "canonical_options"):
        monkeypatch.setattr(hashing, name, pyld_nquads)


def key_of(load: Load, method: str) -> SigningKey:
    """The published key pair that a verification method names."""
    public = method.partition("#")[2]
    for path in (f"{ED}/keyPair.json", f"{EC}/p256KeyPair.json", f"{EC}/p384KeyPair.json"):
        pair = load(path)
        if pair["publicKeyMultibase"] == public:
            secret = pair.get("secretKeyMultibase") or pair["privateKeyMultibase"]
            return SigningKey.from_multibase(secret)
    raise AssertionError(public)


def steps_of(folder: Path) -> dict[str, str]:
    """The text files of a folder by the first word of their name: canonDoc, docHash, sigHex ..."""
    names = ("canonDoc", "docHash", "proofCanon", "proofHash", "combinedHash", "sigHex", "sigBTC58")
    return {name: path.read_text() for path in folder.glob("*.txt") for name in names if path.stem.startswith(name)}


@pytest.mark.usefixtures("any_context")
@pytest.mark.parametrize(("folder", "suffix"), PUBLISHED, ids=[folder.split("/", 2)[2] for folder, _ in PUBLISHED])
def test_every_step_of_a_published_proof(load: Load, vectors: Path, folder: str, suffix: str) -> None:
    signed, steps = load(f"{folder}/signed{suffix}.json"), steps_of(vectors / folder)
    key, suite = key_of(load, signed["proof"]["verificationMethod"]), suite_of(signed["proof"])
    algorithm = suite.hash_for(key.public)
    unsecured, options = covered(signed, signed["proof"]), load(f"{folder}/proofConfig{suffix}.json")
    if suite.transformation == "jcs":
        canonical = [jcs.canonicalize(each).decode() for each in (unsecured, options)]
    else:
        canonical = [pyld_nquads(each, algorithm) for each in (unsecured, options)]
    assert canonical == [steps["canonDoc"], steps["proofCanon"]]
    assert [digest(text.encode(), algorithm).hex() for text in canonical] == [
        steps["docHash"].strip(),
        steps["proofHash"].strip(),
    ]
    data = hash_data(unsecured, signed["proof"], suite, algorithm)
    assert data.hex() == steps["combinedHash"].strip()
    assert key.sign(data).hex() == steps["sigHex"].strip()
    assert decode_base58(steps["sigBTC58"].strip()) == key.sign(data)


@pytest.mark.usefixtures("any_context")
@pytest.mark.parametrize(("folder", "suffix"), PUBLISHED, ids=[folder.split("/", 2)[2] for folder, _ in PUBLISHED])
def test_a_published_proof_holds_and_is_made_again(load: Load, folder: str, suffix: str) -> None:
    signed = load(f"{folder}/signed{suffix}.json")
    given = signed["proof"]
    key = key_of(load, given["verificationMethod"])
    proof.verify_proof(signed, given, key.public)
    with pytest.raises(ProofError, match="signature_invalid"):
        proof.verify_proof({**signed, "name": "Altered"}, given, key.public)
    if given["type"] == "DataIntegrityProof":
        ours = proof.sign(
            covered(signed, given),
            key,
            verification_method=given["verificationMethod"],
            created=datetime.fromisoformat(given["created"]),
            cryptosuite=given["cryptosuite"],
        )
        assert ours == signed


@pytest.mark.parametrize(("name", "folder"), [("ob", "obv3p0"), ("clr", "clrv2p0")])
def test_every_step_of_1edtechs_walk_through(load: Load, vectors: Path, name: str, folder: str) -> None:
    """Open Badges 3.0 and CLR 2.0 credentials, by this library's own path from JSON to quads."""
    signed = load(f"1edtech-openbadges-spec/examples/linked-data-proof-{name}-7.json")
    (given,) = proof.proofs(signed)
    steps = vectors / "1edtech-openbadges-spec/ob_v3p0/impl/test-vectors" / folder
    options = {name: value for name, value in given.items() if name != "proofValue"}
    for document, step in (
        (covered(signed, given), "document-canon.txt"),
        ({**options, "@context": signed["@context"]}, "proof-canon.txt"),
    ):
        assert canonicalize(to_quads(document)).nquads.strip() == (steps / step).read_text().strip()
    proof.verify_proof(signed, given, PublicKey.from_multibase(given["verificationMethod"].partition("#")[2]))


def test_p384_canonicalizes_with_sha_384(load: Load, vectors: Path) -> None:
    """Where nodes are alike enough, the hash decides their order; the published order is that of SHA-384."""
    quads = pyld_quads(load(f"{EC}/employmentAuth.json"))
    published = (vectors / EC / "ecdsa-rdfc-2019-p384/employ/canonDocECDSAP384.txt").read_text()
    assert canonicalize(quads, algorithm="SHA-384").nquads == published
    assert canonicalize(quads, algorithm="SHA-256").nquads != published


def test_every_proof_of_the_published_chain_holds() -> None:
    for each in CHAIN["signed"]["proof"]:
        public = PublicKey.from_multibase(each["verificationMethod"].partition("#")[2])
        proof.verify_proof(CHAIN["signed"], each, public)


def test_the_published_set_and_chain_are_made_again() -> None:
    given = CHAIN["signed"]["proof"]
    document = {name: value for name, value in CHAIN["signed"].items() if name != "proof"}
    keys = [SigningKey.from_multibase(secret) for secret in CHAIN["secretKeys"]]
    for each in given:
        public = each["verificationMethod"].partition("#")[2]
        document = proof.sign(
            document,
            next(key for key in keys if key.public.multibase == public),
            verification_method=each["verificationMethod"],
            created=datetime.fromisoformat(each["created"]),
            options=proof.ProofOptions(id=each.get("id"), previous_proof=each.get("previousProof")),
        )
    assert document == CHAIN["signed"]


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_chain_that_lost_a_link_is_broken(missing: int) -> None:
    kept = [each for place, each in enumerate(CHAIN["signed"]["proof"]) if place != missing]
    document = {**CHAIN["signed"], "proof": kept}
    last = next(each for each in reversed(kept) if missing == 2 or isinstance(each.get("previousProof"), list))
    with pytest.raises(ProofError, match="proof_chain_broken"):
        proof.verify_proof(document, last, PublicKey.from_multibase(last["verificationMethod"].partition("#")[2]))


def test_a_chained_proof_covers_the_proofs_before_it() -> None:
    first, second, third, last = CHAIN["signed"]["proof"]
    document = {**CHAIN["signed"], "proof": [{**first, "nonce": "added"}, second, third, last]}
    with pytest.raises(ProofError, match="signature_invalid"):
        proof.verify_proof(document, third, PublicKey.from_multibase(third["verificationMethod"].partition("#")[2]))


@pytest.mark.usefixtures("any_context")
@pytest.mark.parametrize("name", ["windsurfing", "residentCard"])
def test_the_published_selective_proofs_are_made_derived_and_held(name: str) -> None:
    hold_selective(name)


def test_the_one_with_an_inline_context_by_our_own_general_path() -> None:
    hold_selective("windsurfing", inline_contexts=True)


def hold_selective(name: str, *, inline_contexts: bool = False) -> None:
    case, keys = SELECTIVE[name], SELECTIVE["keys"]
    base = SigningKey.from_multibase(keys["base"])
    signed = proof.sign_selective(
        {member: value for member, value in case["base"].items() if member != "proof"},
        base,
        verification_method=case["base"]["proof"]["verificationMethod"],
        created=datetime.fromisoformat(case["base"]["proof"]["created"]),
        mandatory=case["mandatory"],
        hmac_key=bytes.fromhex(keys["hmac"]),
        ephemeral=SigningKey.from_multibase(keys["ephemeral"]),
        inline_contexts=inline_contexts,
    )
    assert signed == case["base"]
    assert proof.derive(signed, case["selective"], inline_contexts=inline_contexts) == case["derived"]
    proof.verify_proof(case["derived"], case["derived"]["proof"], base.public, inline_contexts=inline_contexts)


@pytest.mark.usefixtures("any_context")
def test_the_steps_of_a_published_selective_proof() -> None:
    case = SELECTIVE["residentCard"]
    unsecured = covered(case["base"], {})
    groups = grouping.group(unsecured, bytes.fromhex(SELECTIVE["keys"]["hmac"]))
    required = groups.indexes(groups.quads(case["mandatory"]))
    both = groups.indexes(groups.quads([*case["mandatory"], *case["selective"]]))
    shown = "".join(groups.lines[index] for index in sorted(required))
    assert (sorted(required), sorted(both)) == (case["mandatoryIndexes"], case["combinedIndexes"])
    assert digest(shown.encode(), "SHA-256").hex() == case["mandatoryHash"]
    assert hashing.options_digest(unsecured, case["base"]["proof"], "SHA-256").hex() == case["proofHash"]
