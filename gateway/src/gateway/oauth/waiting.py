"""An authorization request that was checked, and what it asks of the person who answers it."""

from dataclasses import dataclass

from gateway.core.authorization import AuthorizationRequest
from gateway.core.model import KnownClient
from gateway.core.people import Membership, Session
from gateway.core.redirects import origin
from gateway.core.roles import narrowed

ASK_WHO = frozenset({"login", "select_account"})  # an account is chosen by signing in to it
MAX_HINT = 254
EXPECTED = "expected"  # our own parameter beside the client's: the person whom `id_token_hint` names


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the pages need to know of a request."""

    client: KnownClient
    request: AuthorizationRequest
    scopes: tuple[str, ...]

    @property
    def leads_to(self) -> str:
        """The origin that the browser will be sent to."""
        return origin(self.request.parameters["redirect_uri"])

    def needs_sign_in(self, session: Session | None, now: float) -> bool:
        """Whether the person has to show a password, and not only to agree."""
        if session is None:
            return True
        authenticated_at = session.authenticated_at.timestamp()
        if authenticated_at >= float(self.request.parameters["begun"]):
            return False
        is_old = now - authenticated_at > float(self.request.parameters.get("max_age", "inf"))
        asks_who = not ASK_WHO.isdisjoint(self.request.parameters.get("prompt", "").split())
        return is_old or asks_who or not self.is_for(session)

    def is_for(self, session: Session) -> bool:
        """Whether the program meant this person, if it said whom (OpenID Connect Core §3.1.2.1, `id_token_hint`)."""
        return self.request.parameters.get(EXPECTED, session.user.id) == session.user.id

    @property
    def hint(self) -> str:
        """Whom the program expects: a text of its own, for a field that the person sees."""
        return self.request.parameters.get("login_hint", "")[:MAX_HINT]

    def offers(self, membership: Membership) -> tuple[str, ...]:
        """What of it this membership may lend."""
        return narrowed(self.scopes, membership.kind, membership.roles)
