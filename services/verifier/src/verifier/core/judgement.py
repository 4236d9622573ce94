"""From a credential and its evidence to a report. Pure and picklable: it runs in another process."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from credential_core import bake
from credential_core.contexts import CREDENTIALS_V2, OPEN_BADGES_V3
from credential_core.errors import CredentialError, DocumentError, ProofError
from credential_core.jcs import digest
from credential_core.jose import Enveloped
from credential_core.jose.jws import Jws
from credential_core.jsonld import to_quads
from credential_core.multibase import encode_base64url
from credential_core.report import Report
from credential_core.sdjwt import ExpectedBinding
from credential_core.token_status_list import StatusToken
from credential_core.verify import (
    Failure,
    KnownCorrection,
    KnownStatus,
    Needs,
    Policy,
    is_sd_jwt,
    needs,
    parse,
    read_status_token,
    rejected,
    sd_jwt_needs,
    verify,
    verify_presentation,
    verify_sd_jwt,
)
from credential_core.verify.inputs import issuer_id
from credential_core.verify.nested import documents_within
from verifier.core.badge_judgement import judge_badge
from verifier.core.earlier_badges import earlier_badge
from verifier.core.model import Evidence, Identity, Json, KnownState, Wanted
from verifier.core.stacks import judge_stacks, with_stacks
from verifier.core.stacks import readable as given_along
from verifier.core.vouching import Vouch, answers, registered_or_accepted, told, unknown_issuer


@dataclass(frozen=True, slots=True)
class Readable:
    """A document, and what to gather for it. An SD-JWT is kept as its text: what it discloses is not a document.

    `components` are documents that were given along, for the stacked credentials in it.
    """

    document: Json
    wanted: Wanted
    sd_jwt: str | None = None
    components: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a caller sent, read, or the report on why it cannot be read; and a digest to recognise it by."""

    digest: str
    outcome: Readable | Report


@dataclass(frozen=True, slots=True)
class Options:
    """What a caller makes of doubt (see `Policy`), and what proofs must be made for."""

    accept_unknown_issuer: bool = False
    endorsements_decide: bool = False
    inline_contexts: bool = False
    earlier_badges: bool = False  # those of Open Badges 2.0 too, which are no credentials of the W3C
    domain: str | tuple[str, ...] | None = None
    challenge: str | None = None
    purpose: str = "assertionMethod"  # of a credential's proofs
    may_be_unsigned: bool = False  # a presentation: then its credentials alone are judged


def read(credential: Json | str, components: Sequence[Json | str] = (), *, earlier_badges: bool = False) -> Reading:
    """Parse what was sent, as an object, as JSON text, as a compact JWS or as an SD-JWT, or an image that holds one."""
    if isinstance(credential, str) and bake.is_image(credential):
        try:
            credential = bake.unbake(bake.image_of(credential)).text
        except CredentialError as error:
            return Reading(_digest_of_text(credential), rejected(error))
    if isinstance(credential, str) and is_sd_jwt(credential):
        text = credential.strip()
        readable = Readable({}, Wanted(sd_jwt_needs(text), _identities_of(text), as_tokens=True), text)
        return Reading(_digest_of_text(text.partition("~")[0]), readable)
    badge = earlier_badge(credential) if earlier_badges else None
    if badge is not None:
        readable = Readable({}, Wanted(Needs((), ()), (), badge=badge))
        return Reading(badge.digest(), readable)
    try:
        document = parse(credential, selective=True)
    except CredentialError as error:
        text = credential if isinstance(credential, str) else json.dumps(credential, sort_keys=True)
        return Reading(_digest_of_text(text), rejected(error))
    readable = Readable(document, wanted(document), components=tuple(given_along(components)))
    if isinstance(document, Enveloped):
        return Reading(_digest_of_text(document.envelope.jws.text), readable)
    return Reading(digest(document), readable)


def wanted(document: Json) -> Wanted:
    """What verifying a document takes, with all that is inside of it."""
    identities = (_identity(each) for each in (document, *documents_within(document)))
    return with_stacks(Wanted(needs(document, nested=True), tuple(dict.fromkeys(identities))), document)


def _identity(document: Mapping[str, Any]) -> Identity:
    identifier = document.get("id")
    return Identity(identifier if isinstance(identifier, str) else None, issuer_id(document))


def _identities_of(sd_jwt: str) -> tuple[Identity, ...]:
    try:
        issuer = Jws.parse(sd_jwt.partition("~")[0]).claims.get("iss")
    except CredentialError:
        return ()
    return (Identity(None, issuer),) if isinstance(issuer, str) else ()


def _digest_of_text(text: str) -> str:
    """In the form of `digest`, for input that has no canonical form or is its own, as a JWS."""
    return encode_base64url(hashlib.sha256(text.encode()).digest())


def judge(subject: Readable, evidence: Evidence, options: Options, now: datetime) -> Report:
    """The report on a credential, with those on the documents inside of it."""
    if subject.sd_jwt is not None:
        return _judge_sd_jwt(subject, subject.sd_jwt, evidence, options, now)
    if subject.wanted.badge is not None:
        return judge_badge(subject.wanted.badge, evidence, now, accept_unknown_issuer=options.accept_unknown_issuer)
    return _judged(partial(verify, purpose=options.purpose), subject, evidence, options, now)


def judge_presentation(subject: Readable, evidence: Evidence, options: Options, now: datetime) -> Report:
    """The report on a presentation, with those on its credentials."""
    if subject.sd_jwt is not None:
        return rejected(DocumentError("format_unsupported", "an SD-JWT is a credential, also when a holder bound it"))
    library = partial(verify_presentation, may_be_unsigned=options.may_be_unsigned)
    return _judged(library, subject, evidence, options, now)


def _judged(
    library: Callable[..., Report], subject: Readable, evidence: Evidence, options: Options, now: datetime
) -> Report:
    unknown = unknown_issuer(accept=options.accept_unknown_issuer)
    vouched = _vouched(subject, evidence, unknown)
    report = library(
        subject.document,
        controllers=evidence.controllers,
        status_lists=evidence.status_lists,
        status_lists_fetched={url: evidence.kept_since.get(url, now) for url in evidence.status_lists},
        schemas=evidence.schemas,
        now=now,
        trusted_issuers=answers(vouched),
        known_statuses={name: _known(state) for name, state in evidence.states.items()},
        policy=Policy(endorsements_decide=options.endorsements_decide, inline_contexts=options.inline_contexts),
        domain=options.domain,
        challenge=options.challenge,
    )
    named = told(report, vouched, unknown)
    return judge_stacks(named, subject.document, subject.components, evidence, now)


def _known(state: KnownState) -> KnownStatus:
    last = state.correction
    correction = None if last is None else KnownCorrection(last.digest, last.valid_from)
    return KnownStatus(state.state, state.revision, correction=correction)


def _judge_sd_jwt(subject: Readable, text: str, evidence: Evidence, options: Options, now: datetime) -> Report:
    """The report on an SD-JWT VC. A holder's binding counts where the caller says what it must be for."""
    unknown = unknown_issuer(accept=options.accept_unknown_issuer)
    vouched = _vouched(subject, evidence, unknown)
    try:
        binding = _binding(options)
    except ProofError as error:
        return rejected(error)
    report = verify_sd_jwt(
        text,
        controllers=evidence.controllers,
        status_lists={url: _status_token(url, subject, evidence, now) for url in evidence.status_lists},
        now=now,
        trusted_issuers=answers(vouched),
        binding=binding,
    )
    return told(report, vouched, unknown)


def _binding(options: Options) -> ExpectedBinding | None:
    """What a holder must have bound it to, if to anything. ProofError for what an SD-JWT cannot be bound to."""
    if options.purpose != "assertionMethod":
        raise ProofError("proof_purpose_mismatch", "an SD-JWT VC is an assertion")
    if options.domain is None and options.challenge is None:
        return None
    if not isinstance(options.domain, str) or options.challenge is None:
        raise ProofError("key_binding_missing", "an SD-JWT is bound to one domain and a challenge, to both of them")
    return ExpectedBinding(options.domain, options.challenge)


def _status_token(url: str, subject: Readable, evidence: Evidence, now: datetime) -> StatusToken | Failure:
    found = evidence.status_lists[url]
    if isinstance(found, Failure):
        return found
    issuer = next(iter(subject.wanted.issuers), "")
    fetched = evidence.kept_since.get(url, now)
    token = found.get("token")
    return read_status_token(
        token if isinstance(token, bytes) else str(token),
        uri=url,
        issuer=issuer,
        controllers=evidence.controllers,
        now=fetched,
    )


def _vouched(subject: Readable, evidence: Evidence, unknown: Vouch) -> dict[str, Vouch]:
    vouched = dict.fromkeys(subject.wanted.issuers, unknown)
    return vouched | {name: registered_or_accepted(name, evidence) for name in (*evidence.issuers, *evidence.accepted)}


def warm_up() -> None:
    """Load the modules and compile the contexts that judging needs, so that no credential waits for it."""
    to_quads({"@context": [CREDENTIALS_V2, OPEN_BADGES_V3], "type": ["VerifiableCredential", "OpenBadgeCredential"]})
