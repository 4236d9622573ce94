"""The answer to a good token request (RFC 6749 §5.1): an access token, and for a person what goes with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError

from gateway.core.authorization import Grant, Person, RefreshToken
from gateway.core.model import AuditEntry
from gateway.core.ports import Grants
from gateway.core.roles import IDENTITY, narrowed
from gateway.core.secret import SecretKind, digest, new_secret
from gateway.oauth.access_token import AccessToken, Holder, Keys, sign
from gateway.oauth.form import FormRequest
from gateway.oauth.id_token import Unsigned, id_token_claims
from gateway.oauth.policy import Policy
from gateway.oauth.targets import InvalidTarget, targets
from service_kit.ids import NewId
from service_kit.token_ids import heir


class Tokens:
    """Makes tokens within one transaction, at one moment."""

    def __init__(self, *, grants: Grants, keys: Keys, policy: Policy, now: datetime, ids: NewId) -> None:
        self._grants = grants
        self._keys = keys
        self._policy = policy
        self._now = now
        self._ids = ids

    def access(
        self, holder: Holder, scopes: Sequence[str], audiences: Sequence[str], *, heir_of: AccessToken | None = None
    ) -> dict[str, Any]:
        """An access token, as the answer holds it. It ends no later than the one it is exchanged for."""
        token_id, issued_at = self._ids(), int(self._now.timestamp())
        expires_at = issued_at + int(self._policy.token_lifetime.total_seconds())
        if heir_of:
            token_id, expires_at = heir(heir_of.id, token_id), min(expires_at, int(heir_of.expires_at))
        token = sign(
            holder,
            scopes,
            audiences,
            policy=self._policy,
            keys=self._keys,
            now=self._now,
            token_id=token_id,
            expires_at=expires_at,
        )
        detail = {"token_id": token_id, "scopes": list(scopes), "targets": list(audiences)}
        entry = AuditEntry(self._now, "token.granted", holder.actor, holder.organization, holder.client, detail)
        self._grants.record(entry)
        return {
            "access_token": token,
            "token_type": "DPoP" if holder.key else "Bearer",
            "expires_in": expires_at - issued_at,
            "scope": " ".join(scopes),
        }

    def person(self, grant: Grant) -> Person | None:
        """Who gave the grant, as a member of today."""
        user = self._grants.user(grant.user)
        membership = self._grants.membership(grant.user, grant.organization)
        return Person(user, membership) if user and membership else None

    def for_person(
        self,
        request: FormRequest,
        grant: Grant,
        person: Person,
        scopes: Sequence[str],
        *,
        key: str | None,
        nonce: str | None = None,
        refreshable: bool,
    ) -> dict[str, Any]:
        """Everything a grant gives now, bound to `key`. The ID token is not signed yet.

        Raises InvalidGrantError when the client's scopes and the person's roles of today leave nothing of it.
        """
        held = {*request.client.known.scopes, *IDENTITY}
        left = narrowed([one for one in scopes if one in held], person.membership.kind, person.membership.roles)
        if not left:
            raise InvalidGrantError("the person and the client may no longer do any of this")
        holder = Holder.of_person(grant, person, left, key)
        answer = self.access(holder, left, self._audiences(request, grant))
        if "openid" in left:
            issued_at, algorithm = int(self._now.timestamp()), request.client.known.flow.id_token_algorithm
            claims = id_token_claims(person.user, grant, left, nonce, policy=self._policy, issued_at=issued_at)
            answer["id_token"] = Unsigned(claims, algorithm, self._keys.signing(algorithm))
        if refreshable:
            answer["refresh_token"] = self._refresh_token(grant, key)
        return answer

    def _audiences(self, request: FormRequest, grant: Grant) -> tuple[str, ...]:
        """Those the request names, among those the person allowed (RFC 8707 §2.2)."""
        asked = targets(request, self._policy)
        if grant.targets and not set(asked) <= set(grant.targets):
            raise InvalidTarget
        return asked or grant.targets

    def _refresh_token(self, grant: Grant, key: str | None) -> str:
        token = new_secret(SecretKind.REFRESH)
        until = min(self._now + self._policy.refresh_idle, grant.created_at + self._policy.grant_lifetime)
        self._grants.add_refresh_token(digest(token), RefreshToken(grant, until, key))
        return token
