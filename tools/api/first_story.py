"""The first folder of the collection: issue, verify, revoke, verify again. Each step checks its answer."""

import json
from typing import Any

from tools.api.examples import EXAMPLES

Json = dict[str, Any]
VARIABLES = {
    "baseUrl": "http://localhost:8080",
    "clientId": "",
    "clientSecret": "",
    "employerClientId": "",
    "employerClientSecret": "",
    "accessToken": "",
    "accessTokenOf": "",
    "accessTokenUntil": "",
    "universityToken": "",
    "employerToken": "",
    "achievement": "",
    "credential": "",
    "credentialId": "",
}
KEEP = "pm.collectionVariables.set"


def _token(whose: str, identifier: str, secret: str) -> Json:
    values = {"username": f"{{{{{identifier}}}}}", "password": f"{{{{{secret}}}}}"}
    basic = [{"key": key, "value": value, "type": "string"} for key, value in values.items()]
    return _step(
        f"A token for the {whose}",
        "POST",
        "oauth/token",
        200,
        auth={"type": "basic", "basic": basic},
        body={"mode": "urlencoded", "urlencoded": [{"key": "grant_type", "value": "client_credentials"}]},
        keep=[f'{KEEP}("{whose}Token", answer.access_token);'],
    )


def _step(
    name: str,
    method: str,
    path: str,
    status: int,
    *,
    whose: str = "university",
    auth: Json | None = None,
    body: Json | None = None,
    keep: list[str] | None = None,
    headers: dict[str, str] | None = None,
    wait_ms: int = 0,
) -> Json:
    bearer = {"type": "bearer", "bearer": [{"key": "token", "value": f"{{{{{whose}Token}}}}", "type": "string"}]}
    request: Json = {
        "method": method,
        "header": [{"key": key, "value": value} for key, value in (headers or {}).items()],
        "url": {"raw": f"{{{{baseUrl}}}}/{path}", "host": ["{{baseUrl}}"], "path": path.split("/")},
        "auth": auth or bearer,
    }
    if body is not None:
        request["body"] = body
    script = [
        f'pm.test("{name}: {status}", () => pm.response.to.have.status({status}));',
        "const answer = pm.response.json();",
        *(keep or []),
    ]
    events = [_script("test", script)] + (
        [_script("prerequest", [f"setTimeout(() => {{}}, {wait_ms});"])] if wait_ms else []
    )
    return {"name": name, "request": request, "event": events}


def _script(when: str, lines: list[str]) -> Json:
    return {"listen": when, "script": {"type": "text/javascript", "exec": lines}}


def _json(raw: str) -> Json:
    return {"mode": "raw", "raw": raw, "options": {"raw": {"language": "json"}}}


def _text(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _verdict(verdict: str) -> str:
    return f'pm.test("the verdict is {verdict}", () => pm.expect(answer.verdict).to.eql("{verdict}"));'


VERIFY = _json('{"credential": {{credential}}}')
STORY: Json = {
    "name": "First story",
    "description": "Issue, verify, revoke, verify again. Run the folder from top to bottom.",
    "item": [
        _token("university", "clientId", "clientSecret"),
        _step(
            "Describe what can be earned",
            "POST",
            "achievements",
            201,
            body=_json(_text(EXAMPLES["createAchievement"])),
            keep=[f'{KEEP}("achievement", answer.id);', f'{KEEP}("achievementId", answer.id.split("/").pop());'],
        ),
        _step("Publish it", "POST", "achievements/{{achievementId}}/publish", 200),
        _step(
            "Issue it",
            "POST",
            "credentials",
            201,
            headers={"Idempotency-Key": "{{$guid}}"},
            body=_json('{"achievement": "{{achievement}}", "recipient": {"email": "ada@students.example"}}'),
            keep=[
                f'{KEEP}("credential", JSON.stringify(answer.credential));',
                f'{KEEP}("credentialId", answer.id.split("/").pop());',
            ],
        ),
        _token("employer", "employerClientId", "employerClientSecret"),
        _step("Verify it", "POST", "verifications", 200, whose="employer", body=VERIFY, keep=[_verdict("valid")]),
        _step(
            "Revoke it",
            "POST",
            "credentials/{{credentialId}}/revoke",
            200,
            body=_json(_text(EXAMPLES["revokeCredential"])),
        ),
        _step(
            "Verify it again, a second later",
            "POST",
            "verifications",
            200,
            whose="employer",
            body=VERIFY,
            keep=[_verdict("invalid")],
            wait_ms=1500,
        ),
    ],
}
