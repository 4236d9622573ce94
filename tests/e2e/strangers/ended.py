"""The first university's own tokens, and its learner's, once each of them must open nothing."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import httpx

from tests.e2e.badge_platform import Platform
from tests.e2e.strangers.asks import Whose
from tests.e2e.strangers.first import First
from tests.e2e.strangers.people import OF_CLIENTS
from tests.e2e.strangers.tokens import Authority, bound, by_client, login, revoke
from tools.actor import Json, until

Headers = dict[str, str]
Pair = Mapping[Whose, Headers]
A_ROUTE_OF_EACH_ROOM = ("/organizations", "/courses?mine=true", "/issuers", "/verifications")
ANOTHER = "for another audience"
ELSEWHERE = "https://elsewhere.example"


def bearer(token: str, scheme: str = "Bearer") -> Headers:
    return {"Authorization": f"{scheme} {token}"}


class Ended:
    """Makes them. A pair is what a client of the university has, and what a program of the learner's."""

    def __init__(self, http: httpx.Client, first: First, authority: Authority) -> None:
        self.http, self.first, self.authority = http, first, authority

    def all(self) -> dict[str, Pair]:
        """By what is wrong with them; everybody has heard of it."""
        kinds = {"a retired client": self.retired(), "a revoked token": self.revoked()}
        for pair in kinds.values():
            self._heard(*pair.values())
        found = {"no token": {Whose.ORGANIZATION: {}, Whose.PERSON: {}}, **kinds}
        return found | {ANOTHER: self.forged(aud=[ELSEWHERE]), "bound to a key": self.bound("Bearer")}

    def others(self) -> dict[str, Pair]:
        """As `all`, which one route of each room is enough for: it is the same code that looks at them."""
        base, long_ago = self.first.place.base_url, int(time.time()) - 300
        self._heard(*(ended := self.of_grants()).values())
        return {
            "an ended grant": ended,
            "for an audience that begins like ours": self.forged(aud=[f"{base}.elsewhere.example"]),
            "for one resource of ours": self.forged(aud=f"{base}/credentials"),
            "for a client": self.forged(aud="a-client"),
            "of another issuer": self.forged(iss=ELSEWHERE),
            "expired": self.forged(exp=long_ago),
            "an ID token": self.forged(typ="JWT"),
            "bound, and without a proof": self.bound("DPoP"),
        }

    def retired(self) -> Pair:
        """Good for ten minutes more, of clients that are gone."""
        client = self.first.university.register(self.first.actor, "To be retired", *OF_CLIENTS)
        pair = self._pair(str(by_client(self.http, client).json()["access_token"]), (program := self.program()).token)
        gone = self.http.delete(f"/clients/{client['client_id']}", headers=self.first.actor.headers)
        own = bearer(program.registration_token)
        also = self.http.delete(f"/oauth/register/{program.client_id}", headers=own)
        assert (gone.status_code, also.status_code) == (204, 204), also.text
        return pair

    def revoked(self) -> Pair:
        """By their own clients; others of the same clients go on."""
        client, program = self.first.university.client, self.program()
        pair = self._pair(str(by_client(self.http, client).json()["access_token"]), program.token)
        revoke(self.http, client, _token(pair[Whose.ORGANIZATION]))
        revoke(self.http, login(program), program.token)
        return pair

    def of_grants(self) -> Pair:
        """Of people who allow it no more."""
        programs = self.program(self.first.owner), self.program()
        for program in programs:
            revoke(self.http, login(program), program.refresh_token)
        return self._pair(*(program.token for program in programs))

    def forged(self, typ: str = "at+jwt", **changes: Any) -> Pair:
        """The living tokens, signed again by the authorization server's own key, but for these claims."""
        return self._pair(*(self.authority.again(one, typ, **changes) for one in self._living()))

    def bound(self, scheme: str) -> Pair:
        """Bound to a key, and sent without a proof of it."""
        program = self.program()
        refreshing = {"grant_type": "refresh_token", "refresh_token": program.refresh_token}
        client = self.first.university.client
        return self._pair(bound(self.http, client), bound(self.http, login(program), refreshing), scheme)

    def program(self, person: Json | None = None) -> Platform:
        """Another program of the learner's, with everything that a person may allow."""
        return self.first.university.program(person or self.first.learner, *self.first.everything())

    def _living(self) -> tuple[str, str]:
        return _token(self.first.actor.headers), self.first.program.token

    def _pair(self, ours: str, learners: str, scheme: str = "Bearer") -> Pair:
        return {Whose.ORGANIZATION: bearer(ours, scheme), Whose.PERSON: bearer(learners, scheme)}

    def _heard(self, *pair: Headers) -> None:
        """The rooms hear of it from the bus."""
        for headers in pair:
            until(lambda one=headers: self.statuses(one), lambda found: found == {401})  # type: ignore[misc]  # bound now

    def statuses(self, headers: Headers) -> set[int]:
        """What a route of each room answers to this."""
        return {self.http.get(path, headers=headers).status_code for path in A_ROUTE_OF_EACH_ROOM}


def _token(headers: Mapping[str, Any]) -> str:
    return str(headers["Authorization"]).partition(" ")[2]
