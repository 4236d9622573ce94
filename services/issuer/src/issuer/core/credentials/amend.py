"""One credential signed anew, corrected: built, signed and checked. Nothing is stored."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import orjson

from contracts.events import CredentialCorrected
from credential_core.errors import ContextError, DocumentError
from issuer.core.addresses import Addresses
from issuer.core.credentials.correction import Correction, allow_correction, corrected
from issuer.core.credentials.once import once_mark
from issuer.core.credentials.recipient import SALT_BYTES, fingerprint
from issuer.core.credentials.refusals import unfit, unsignable
from issuer.core.issuers.signing import Sign, Signed
from issuer.core.model import Achievement, Credential, Issuer, Json, State, StatusChange


@dataclass(frozen=True, slots=True)
class Amended:
    """A corrected credential, the step in its history, and what the fleet is told."""

    credential: Credential
    change: StatusChange
    event: CredentialCorrected


class Amend:
    """Corrects a credential that is given with its document."""

    def __init__(
        self,
        *,
        sign: Sign,
        addresses: Addresses,
        recipient_key: Callable[[str, str], bytes],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._sign = sign
        self._addresses = addresses
        self._recipient_key = recipient_key
        self._random_bytes = random_bytes

    async def __call__(
        self,
        credential: Credential,
        correction: Correction,
        *,
        issuer: Issuer,
        achievement: Achievement,
        actor: str,
        now: datetime,
    ) -> Amended:
        """The credential's next revision. Raises Conflict, Forbidden or Invalid for what is not allowed."""
        period = allow_correction(correction, credential, issuer, achievement, now)
        salt = self._random_bytes(SALT_BYTES).hex()
        unsigned = corrected(orjson.loads(credential.document), correction, period, salt)
        signed = await self._signed(unsigned, issuer)
        recipient_key, once = self._recipient(credential, correction)
        made = replace(
            credential,
            revision=credential.revision + 1,
            digest=signed.digest,
            document=signed.text,
            valid_from=period.valid_from,
            valid_until=period.valid_until,
            changed_at=now,
            recipient_key=recipient_key,
            once=once,
        )
        change = StatusChange(made.id, made.revision, made.state, correction.reason, actor, now, made.digest)
        return Amended(made, change, self._event(made, credential.digest, issuer))

    async def _signed(self, document: Json, issuer: Issuer) -> Signed:
        if (refusal := unfit(document)) is not None:
            raise refusal
        try:
            return await self._sign(document, issuer.key)
        except (DocumentError, ContextError) as error:
            raise unsignable(error) from error

    def _recipient(self, credential: Credential, correction: Correction) -> tuple[bytes, bytes | None]:
        """How the learner is found again, who may be named anew."""
        if correction.recipient is None:
            return credential.recipient_key, credential.once
        key = self._recipient_key(credential.org_id, fingerprint(correction.recipient))
        once = None if credential.once is None else once_mark(credential.achievement_id, key)
        return key, once

    def _event(self, made: Credential, replaces: str, issuer: Issuer) -> CredentialCorrected:
        return CredentialCorrected(
            credential_id=self._addresses.credential(made.id),
            org_id=made.org_id,
            issuer_id=issuer.did,
            issuer_slug=issuer.slug,
            achievement_id=made.achievement_id,
            achievement_version=made.achievement_version,
            revision=made.revision,
            state="suspended" if made.state is State.SUSPENDED else "issued",
            issued_at=made.issued_at,
            valid_from=made.valid_from,
            valid_until=made.valid_until,
            digest=made.digest,
            status_list=self._addresses.status_list(made.slot.list_id),
            status_index=made.slot.index,
            corrected_at=made.changed_at,
            replaces=replaces,
        )
