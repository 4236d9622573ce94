"""One mailbox has one form, in whatever script its domain is written."""

import pytest
from pydantic import TypeAdapter, ValidationError

from credential_core.model import hashed_identity
from issuer.core.credentials.recipient import DID, EMAIL, Recipient, fingerprint, normalized
from issuer.core.stacks.kept_evidence import names_learner
from issuer.http.inputs import Email, HostUrl

PEOPLE, MACHINES = "ada@bücher.example", "ada@xn--bcher-kva.example"


@pytest.mark.parametrize("written", [PEOPLE, f" {PEOPLE.upper()} ", MACHINES, MACHINES.title()])
def test_each_spelling_is_one_recipient(written: str) -> None:
    assert normalized(EMAIL, written) == MACHINES
    assert fingerprint(Recipient(EMAIL, written)) == fingerprint(Recipient(EMAIL, MACHINES))


def test_what_is_no_address_is_left_as_it_is() -> None:
    assert normalized(DID, "did:example:Bücher ") == "did:example:Bücher"
    assert normalized(EMAIL, "Ada@\uff4cakeside") == "ada@\uff4cakeside"


def test_bodies_take_both_spellings_and_nothing_that_only_looks_like_one() -> None:
    assert TypeAdapter(Email).validate_python(PEOPLE) == MACHINES
    host = TypeAdapter(HostUrl).validate_python("https://bücher.example/ims/ob/v3p0/discovery")
    assert host == "https://xn--bcher-kva.example/ims/ob/v3p0/discovery"
    for kind, text in ((Email, "ada@\uff4cakeside.example"), (HostUrl, "https://\uff4cakeside.example/")):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(text)


@pytest.mark.parametrize("hashed", [PEOPLE, MACHINES])
def test_what_others_hashed_in_either_spelling_names_the_learner(hashed: str) -> None:
    identity = hashed_identity(hashed, EMAIL, "salt")
    assert names_learner({"credentialSubject": {"identifier": [identity]}}, "", MACHINES)
    assert not names_learner({"credentialSubject": {"identifier": [identity]}}, "", "ada@lakeside.example")
