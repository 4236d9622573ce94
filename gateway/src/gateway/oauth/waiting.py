"""An authorization request that was checked, and what it asks of the person who answers it."""

from dataclasses import dataclass

from gateway.core.authentication import CLASSES, PASSWORD_OVER_TLS, context_class
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
    """What the pages need to know of a request.

    It needs one of `classes` and is for one of `subjects`, or fails; None leaves it open.
    """

    client: KnownClient
    request: AuthorizationRequest
    scopes: tuple[str, ...]
    classes: tuple[str, ...] | None = None
    subjects: tuple[str, ...] | None = None

    @property
    def leads_to(self) -> str:
        """The origin that the browser will be sent to."""
        return origin(self.request.parameters["redirect_uri"])

    def needs_sign_in(self, session: Session | None, now: float) -> bool:
        """Whether the person has to sign in again, and not only to agree."""
        if session is None:
            return True
        authenticated_at = session.authenticated_at.timestamp()
        if authenticated_at >= float(self.request.parameters["begun"]):
            return False
        is_old = self._max_age == 0 or now - authenticated_at > self._max_age
        asks_who = not ASK_WHO.isdisjoint(self.request.parameters.get("prompt", "").split())
        return is_old or asks_who or not self.is_for(session) or not self.is_met_by(session)

    @property
    def _max_age(self) -> float:
        """What the request says, or its client once and for all (OpenID Connect Registration §2)."""
        usual = self.client.flow.default_max_age
        return float(self.request.parameters.get("max_age", "inf" if usual is None else usual))

    @property
    def can_be_met(self) -> bool:
        """Whether there is a way to sign in well enough."""
        return self.classes is None or not set(self.classes).isdisjoint(CLASSES)

    @property
    def is_for_nobody(self) -> bool:
        """Whether `id_token_hint` and the `sub` of `claims` leave no person."""
        expected = self.request.parameters.get(EXPECTED)
        return self.subjects is not None and (not self.subjects or expected not in (None, *self.subjects))

    @property
    def needs_passkey(self) -> bool:
        """Whether a password is not enough: the page says so before anybody types one."""
        return self.classes is not None and PASSWORD_OVER_TLS not in self.classes

    def is_met_by(self, session: Session) -> bool:
        """Whether the person signed in well enough (OpenID Connect Core §5.5.1.1)."""
        return self.classes is None or context_class(session.methods) in self.classes

    def is_for(self, session: Session) -> bool:
        """Whether the program meant this person, if it said whom (OpenID Connect Core §3.1.2.1, §5.5.1)."""
        who = session.user.id
        return self.request.parameters.get(EXPECTED, who) == who and (self.subjects is None or who in self.subjects)

    @property
    def hint(self) -> str:
        """Whom the program expects: a text of its own, for a field that the person sees."""
        return self.request.parameters.get("login_hint", "")[:MAX_HINT]

    def offers(self, membership: Membership) -> tuple[str, ...]:
        """What of it this membership may lend."""
        return narrowed(self.scopes, membership.kind, membership.roles)
