"""Rules that look at more than one member: periods, learners and their results, associations, related resources."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from credential_core.contexts import CREDENTIALS_V2, frozen_contexts
from credential_core.errors import CredentialError, DocumentError
from credential_core.jose import read
from credential_core.jose.w3c import enveloped_token
from credential_core.jsonld.lexical import is_absolute_iri
from credential_core.model.violation import Violation, listed
from credential_core.multibase import decode_base58, decode_base64url
from credential_core.timestamps import parse_timestamp

_HASH: Final = re.compile(r"(sha256\$[0-9A-Fa-f]{64}|md5\$[0-9A-Fa-f]{32})\Z")
_SRI: Final = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})(\?.*)?\Z")
_SHA256_MULTIHASH: Final = b"\x12\x20"
# credentials/v2 as of 2024-07-20, of which digests are in circulation, beside the recommendation of 2025 we ship.
_CREDENTIALS_V2_2024: Final = frozenset(
    bytes.fromhex(digest)
    for digest in (
        "24a18c90e9856d526111f29376e302d970b2bd10182e33959995b0207d7043b9",
        "35239c36999d2155312091af194a1edb61634d6ad789a5e5b19f2aebdd762dd9d1dcaada40eda7ef921c6b8c0ae107a0",
        "cb1336dfa8670d80d03344b3b0cc25faf4d45201823c35f39bb1afe5a9f911f6"
        "15ff4ec80ec5f2f89e33d14e96bec8be78e38df35b918c9cd5f3b3449bd6c88f",
    )
)


def period_rules(document: Mapping[str, Any]) -> Iterator[Violation]:
    """A period must not end before it begins."""
    for start, end in (("validFrom", "validUntil"), ("issuanceDate", "expirationDate")):
        try:
            if parse_timestamp(document[end]) < parse_timestamp(document[start]):
                yield Violation(end, "period_reversed", f"{end} lies before {start}")
        except (KeyError, DocumentError):
            continue  # absent, or reported where the member itself is checked


def frame_rules(document: Mapping[str, Any]) -> Iterator[Violation]:
    """Claims about something, and each related resource named once."""
    if document.get("credentialSubject") == []:
        yield Violation("credentialSubject", "object_expected", "a credential says something of a subject")
    seen = set()
    for index, resource in enumerate(listed(document.get("relatedResource"))):
        identifier = resource.get("id") if isinstance(resource, Mapping) else None
        if isinstance(identifier, str) and identifier in seen:
            yield Violation(f"relatedResource[{index}].id", "resource_repeated", "a related resource is listed once")
        if isinstance(identifier, str):
            seen.add(identifier)


def subject_rules(subject: Any) -> Iterator[Violation]:
    """An AchievementSubject: who it is, and results that fit the achievement."""
    if not isinstance(subject, Mapping):
        return
    yield from _learner(subject)
    achievement = subject.get("achievement")
    described = listed(achievement.get("resultDescription")) if isinstance(achievement, Mapping) else []
    descriptions = {str(item.get("id")): item for item in described if isinstance(item, Mapping)}
    levels = {name for item in descriptions.values() for name in _level_ids(item)}
    for index, item in enumerate(described):
        level = item.get("requiredLevel") if isinstance(item, Mapping) else None
        if isinstance(level, str) and level not in _level_ids(item):
            path = f"credentialSubject.achievement.resultDescription[{index}].requiredLevel"
            yield Violation(path, "level_unknown", "the result description does not have this level")
    for index, result in enumerate(listed(subject.get("result"))):
        if isinstance(result, Mapping):
            yield from _result(result, descriptions, levels, f"credentialSubject.result[{index}]")


def _learner(subject: Mapping[str, Any]) -> Iterator[Violation]:
    if "id" not in subject and not subject.get("identifier"):
        yield Violation("credentialSubject", "subject_unidentified", "the learner needs an id or an identifier")
    for index, identity in enumerate(listed(subject.get("identifier"))):
        if isinstance(identity, Mapping) and identity.get("hashed") is True:
            value = identity.get("identityHash")
            if isinstance(value, str) and not _HASH.match(value):
                path = f"credentialSubject.identifier[{index}].identityHash"
                yield Violation(path, "identity_hash_malformed", "a hash is written sha256$ or md5$ and its hex digits")


def _level_ids(description: Mapping[str, Any]) -> set[str]:
    return {
        str(level.get("id")) for level in listed(description.get("rubricCriterionLevel")) if isinstance(level, Mapping)
    }


def _result(
    result: Mapping[str, Any], descriptions: Mapping[str, Mapping[str, Any]], levels: set[str], path: str
) -> Iterator[Violation]:
    level = result.get("achievedLevel")
    if isinstance(level, str) and level not in levels:
        yield Violation(f"{path}.achievedLevel", "level_unknown", "the achievement does not have this level")
    if "resultDescription" not in result:
        return
    reference = str(result["resultDescription"])
    if reference not in descriptions:
        yield Violation(f"{path}.resultDescription", "result_description_unknown", "the achievement does not have it")
    elif descriptions[reference].get("resultType") == "Status" and "status" not in result:
        yield Violation(f"{path}.status", "member_missing", "a result of type Status requires status")


def clr_rules(subject: Any) -> Iterator[Violation]:
    """A ClrSubject: who it is, at least one credential, and associations between what the record itself holds."""
    if not isinstance(subject, Mapping):
        return
    yield from _learner(subject)
    credentials = [item for item in listed(subject.get("verifiableCredential")) if isinstance(item, Mapping)]
    if subject.get("verifiableCredential") == []:
        yield Violation("credentialSubject.verifiableCredential", "credentials_missing", "a record holds credentials")
    known = {item.get("id") for item in listed(subject.get("achievement")) if isinstance(item, Mapping)}
    known = {name for name in known if isinstance(name, str)} | set(_ids_of(credentials))
    for index, association in enumerate(listed(subject.get("association"))):
        for end in ("sourceId", "targetId"):
            name = association.get(end) if isinstance(association, Mapping) else None
            if isinstance(name, str) and name not in known:
                path = f"credentialSubject.association[{index}].{end}"
                yield Violation(path, "association_outside", "an association points into the record itself")


def _ids_of(credentials: list[Mapping[str, Any]]) -> Iterator[str]:
    """The ids of nested credentials and of their achievements, records in records included."""
    pending = list(credentials)
    while pending:
        credential = _opened(pending.pop())
        named = [credential]
        for subject in listed(credential.get("credentialSubject")):
            if isinstance(subject, Mapping):
                named += [item for item in listed(subject.get("achievement")) if isinstance(item, Mapping)]
                nested = listed(subject.get("verifiableCredential"))
                pending += [item for item in nested if isinstance(item, Mapping)]
        for item in named:
            if isinstance(item.get("id"), str):
                yield item["id"]


def _opened(credential: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an EnvelopedVerifiableCredential holds (VCDM 2.0 §4.13); any other as it is."""
    try:
        token = enveloped_token(credential)
        return credential if token is None else read(token)
    except CredentialError:
        return credential


def related_resource(value: Any, path: str) -> Iterator[Violation]:
    """One relatedResource (VCDM 2.0 §5.3): an id, a digest, and the right digest where we know the content."""
    if not isinstance(value, Mapping):
        yield Violation(path, "object_expected", "must be one RelatedResource")
        return
    identifier = value.get("id")
    if not isinstance(identifier, str) or not is_absolute_iri(identifier):
        yield Violation(f"{path}.id", "uri_expected", "a related resource is named by its URL")
    if "mediaType" in value and not isinstance(value["mediaType"], str):
        yield Violation(f"{path}.mediaType", "text_expected", "must be a text")
    readers = {"digestSRI": _sri_digests, "digestMultibase": _multibase_digests}
    stated = [name for name in readers if name in value]
    if not stated:
        yield Violation(path, "digest_missing", "a related resource has a digestSRI or a digestMultibase")
    for name in stated:
        digests = [digest for item in listed(value[name]) for digest in readers[name](item)]
        if not digests:
            yield Violation(f"{path}.{name}", "digest_malformed", f"is not a {name}")
        elif identifier == CREDENTIALS_V2 and not _is_credentials_v2(digests):
            yield Violation(f"{path}.{name}", "digest_mismatch", "the resource has another digest")


def _sri_digests(text: Any) -> list[bytes]:
    """The digests of Subresource Integrity metadata; none if any of them is malformed."""
    found = []
    for item in text.split() if isinstance(text, str) else []:
        match = _SRI.match(item)
        if match is None:
            return []
        try:
            body = match[2].translate(str.maketrans("-_", "+/"))
            digest = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
        except (ValueError, binascii.Error):
            return []
        if len(digest) * 8 != int(match[1][3:]):
            return []
        found.append(digest)
    return found


def _multibase_digests(text: Any) -> list[bytes]:
    """A multihash of SHA-256, or the bare 32 bytes that are in circulation too."""
    if not isinstance(text, str):
        return []
    try:
        digest = decode_base58(text) if text.startswith("z") else decode_base64url(text)
    except CredentialError:
        return []
    digest = digest[2:] if len(digest) == 34 and digest.startswith(_SHA256_MULTIHASH) else digest
    return [digest] if len(digest) == 32 else []


def _is_credentials_v2(digests: list[bytes]) -> bool:
    shipped = frozen_contexts()[CREDENTIALS_V2].read()
    current = {hashlib.new(name, shipped).digest() for name in ("sha256", "sha384", "sha512")}
    return all(digest in current | _CREDENTIALS_V2_2024 for digest in digests)
