"""What the merged description says about the whole: title, conventions, tags, and how to get an access token."""

from typing import Any

from gateway.core.scopes import ALL
from gateway.http.pages import MEANINGS
from gateway.oauth.policy import AUTHORIZATION_PATH, TOKEN_PATH
from service_kit.app import API_VERSION

Json = dict[str, Any]
BASE = "https://laurel.example"

DESCRIPTION = """\
Laurel issues, publishes and verifies micro-credentials (Open Badges 3.0, W3C Verifiable Credentials).

**Access.** Get a token at `/oauth/token` (client credentials, or the authorization code flow with PKCE for a person)
and send it as `Authorization: Bearer`. The scopes an operation needs stand beside it.

**Refusals** are `application/problem+json` (RFC 9457). The `type` of each is an address with a page behind it; all are
listed at `/problems`. OAuth endpoints answer as RFC 6749 says.

**Strictness.** JSON bodies are read strictly, and a member or a query parameter that an operation does not know is
refused with 422 and named (not at `/oauth` and `/vc`, whose protocols ignore it).

**Repetition.** A POST that creates takes an `Idempotency-Key`: the same key and body give the first answer again.

**Conditions.** What can be changed is read with an `ETag`. Send it as `If-None-Match` to be told that nothing is new
(304), and as `If-Match` with a change to be refused (412) when somebody was faster. Without it the last write wins.
A tag may have two parts, `"state.shown"`: what can be changed, and all that is shown, such as counts beside it.
`If-None-Match` compares the whole, `If-Match` the part before the dot, so that a count which went up refuses no edit;
here we depart from RFC 9110, for which any other byte is another state. A list's tag is that of its page, for
`If-None-Match` alone. Changes that only name the state to be in (pause, activate, approve) take no `If-Match`.

**Rates.** Every answer says in `RateLimit` what is left of your rate; a 429 says in `Retry-After` how long to wait.

**Promise.** Changes are additive: new operations, new optional members, new members in answers. Ignore what is unknown.
A member of an answer that has an `enum` never gets another value. Where known values stand as `examples`, others may be
added: take one that you do not know for a state of which nothing more is known.
"""

TAGS = {
    "oauth": "Tokens: get, ask about, end. Programs register themselves here (RFC 6749, 7009, 7591, 7662, 9126).",
    "metadata": "What the authorization server and the API say about themselves (RFC 8414, RFC 9728, OpenID Connect).",
    "organizations": "The organizations of the fleet.",
    "members": "The people of an organization, and invitations.",
    "clients": "An organization's programs, and their credentials.",
    "courses": "What is taught.",
    "achievements": "What can be earned: drafts, and published versions that never change.",
    "pathways": "What leads to what: drafted, checked, published, tried.",
    "metadata profiles": "What a catalogue asks of an achievement before it is published.",
    "contexts": "JSON-LD contexts of our own: what members mean that no standard defines. They never change.",
    "skills": "Skills frameworks (CASE, ESCO, O*NET) and what they hold.",
    "issuers": "Who signs, with which keys, by which policy.",
    "keys": "An issuer's keys: publish, activate, retire, revoke.",
    "credentials": "Issue to one learner; revoke, suspend, reinstate.",
    "batches": "Issue to many: up to 100,000 rows, with a dry run and a result for every row.",
    "stacks": "What was awarded for completed pathways, why, and what waits for somebody's approval.",
    "recognition": "Agreements between institutions, and what learners bring from elsewhere: decided, with reasons.",
    "progress": "How far a learner is on a pathway, by everything they hold; and who may see it.",
    "catalog changes": "What became public or ceased to be, in order, for those who keep a copy.",
    "endorsements": "What an employer or a quality body says, signed, of an achievement, a pathway or an issuer.",
    "public record": "Who issued what, and whether it still holds. Anybody reads it; it says nothing about learners.",
    "verifications": "Verdicts with their reasons.",
    "trusted issuers": "Issuers that your organization accepts although the fleet does not know them.",
    "open-badges": "A person's credentials and profile, for other platforms (Open Badges 3.0).",
    "backpack": "What a person keeps: see it, delete it, move it between hosts.",
    "vc-api": "The VC-API of the W3C Credentials Community Group: issue, set status, derive, verify.",
    "sandbox": "Credentials that fail on purpose, one for each way in which a verifier says no.",
    "problem types": "What the `type` of a refusal leads to.",
}


def frame(tags: set[str]) -> Json:
    """The members of the document beside paths and components. `tags` are those that operations carry."""
    known = [{"name": name, "description": said} for name, said in TAGS.items() if name in tags]
    return {
        "info": {
            "title": "Laurel",
            "version": API_VERSION,
            "summary": "Issue, publish and verify micro-credentials.",
            "description": DESCRIPTION,
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": BASE, "description": "this fleet"}],
        "externalDocs": {"url": f"{BASE}/problems", "description": "Every problem type"},
        "tags": known,
    }


def schemes() -> Json:
    """Every way to prove who is calling."""
    token_url = BASE + TOKEN_PATH
    scopes = {scope: MEANINGS[scope] for scope in ALL}
    person = {"openid": MEANINGS["openid"], "profile": MEANINGS["profile"], "email": MEANINGS["email"]}
    code = {"authorizationUrl": BASE + AUTHORIZATION_PATH, "tokenUrl": token_url, "refreshUrl": token_url}
    return {
        "oauth2": {
            "type": "oauth2",
            "description": "An access token (RFC 9068), as Bearer or bound to a key (DPoP, RFC 9449).",
            "flows": {
                "clientCredentials": {"tokenUrl": token_url, "scopes": scopes},
                "authorizationCode": {**code, "scopes": {**person, **scopes}},
            },
        },
        "clientSecretBasic": {
            "type": "http",
            "scheme": "basic",
            "description": "A client's id and secret. `private_key_jwt` goes into the form instead (RFC 7523).",
        },
        "registrationToken": {
            "type": "http",
            "scheme": "bearer",
            "description": "The `registration_access_token` of RFC 7592.",
        },
    }
