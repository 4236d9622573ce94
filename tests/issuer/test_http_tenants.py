"""Every route: no token 401, wrong scope 403, another university's token 404, and nothing changes."""

import pytest

from issuer.http.open_badges.discovery import DISCOVERY
from issuer.main import create_openapi_app
from service_kit.ids import new_id
from service_kit.testing import TokenMint
from tests.issuer.world import ALL_SCOPES, LEARNER, OTHER_ORG, World

pytestmark = [pytest.mark.db, pytest.mark.asyncio]

BODIES: dict[str, object] = {
    "PATCH /issuers/{slug}": {"name": "Renamed"},
    "PUT /issuers/{slug}/policy": {"achievements": "any"},
    "POST /issuers": {"name": "Another", "slug": "another"},
    "POST /issuers/{slug}/keys": {"algorithm": "P-256"},
    **{f"POST /issuers/{{slug}}/keys/{{key_id}}/{action}": None for action in ("activate", "retire", "revoke")},
    "POST /credentials/{credential_id}/revoke": {"reason": "a test"},
    "POST /credentials/{credential_id}/suspend": {"reason": "a test"},
    "POST /credentials/{credential_id}/reinstate": {"reason": "a test"},
    "POST /credentials/{credential_id}/correct": {"reason": "a test", "narrative": "Another."},
    "POST /batches": [{"recipient": {"email": LEARNER}}],
    **{
        f"POST /batches/{action}": [{"credential": new_id(), "reason": "a test"}]
        for action in ("revoke", "suspend", "reinstate", "correct")
    },
    **{f"POST /batches/{{batch_id}}/{action}": None for action in ("pause", "resume", "cancel", "retry")},
    **{f"POST /stacks/{{stack_id}}/{action}": {"reason": "a test"} for action in ("approve", "refuse")},
    "POST /stacks/{stack_id}/record": None,
    "POST /issuers/{slug}/endorsements": {"subject": "did:web:nobody.example"},
    "POST /endorsements": {"credential": {}},
    **{f"POST /endorsements/{{endorsement_id}}/{action}": None for action in ("accept", "decline", "revoke")},
    "POST /vc/credentials/issue": {"credential": {}},
    "POST /vc/{form}/credentials/issue": {"credential": {}},
    "POST /vc/credentials/status": {"credentialId": "urn:a", "credentialStatus": {"type": "BitstringStatusListEntry"}},
    "POST /vc/credentials/derive": {"verifiableCredential": {}},
    "POST /ims/ob/v3p0/credentials": {},
    "PUT /ims/ob/v3p0/profile": {},
    "DELETE /learners/me/backpack": None,
    "POST /learners/me/hosts": {"discoveryUrl": "https://host.example/ims/ob/v3p0/discovery"},
    "POST /learners/me/hosts/{host_id}/confirm": {"code": "x"},
    "POST /learners/me/hosts/{host_id}/push": {"credential": "x"},
    "POST /learners/me/hosts/{host_id}/pull": {},
    "DELETE /learners/me/hosts/{host_id}": None,
    "POST /learners/me/consents": {"pathway": new_id(), "purpose": "advice"},
    "POST /learners/me/consents/{consent_id}/withdraw": None,
    "DELETE /learners/me/consents/{consent_id}": None,
    "DELETE /learners/me/backpack/{kept_id}": None,
    "POST /learners/me/backpack/{kept_id}/verify": None,
    "POST /learners/me/credentials/{credential_id}/record": None,
    "POST /recognitions/agreements": {
        "name": "An agreement",
        "recognisingIssuer": "did:web:a.example",
        "sourceIssuer": "did:web:b.example",
        "programme": "urn:programme",
        "rules": [{"achievement": "urn:theirs", "target": "urn:ours", "credits": 5}],
    },
    "POST /recognitions/agreements/{agreement_id}/sign": {"digest": "u"},
    **{
        f"POST /recognitions/agreements/{{agreement_id}}/{act}": {"reason": "a test"}
        for act in ("decline", "withdraw", "end")
    },
    **{
        f"POST {side}/{{recognition_id}}/{act}": {"reason": "a test"}
        for side, acts in {
            "/recognitions": ("grant", "refuse", "keep"),
            "/learners/me/recognitions": ("appeal", "withdraw"),
        }.items()
        for act in acts
    },
    **{
        f"POST {side}/{{recognition_id}}/evidence": {"evidence": [{"narrative": "a test"}]}
        for side in ("/recognitions", "/learners/me/recognitions")
    },
    **{f"POST {side}/{{recognition_id}}/decision": None for side in ("/recognitions", "/learners/me/recognitions")},
    "POST /recognitions/{recognition_id}/source": {"credential": {}},
    "POST /recognitions": {"programme": "urn:programme", "credential": {}, "recipient": {"email": LEARNER}},
    "DELETE /learners/me/recognitions/{recognition_id}": None,
    "POST /learners/me/recognitions": {"programme": "urn:programme", "credential": {}, "email": LEARNER},
    "POST /credentials": {"achievement": new_id(), "recipient": {"email": LEARNER}},
}


DESCRIBED = create_openapi_app().openapi()["paths"]


def protected_routes() -> list[str]:
    return sorted(
        f"{method.upper()} {path}"
        for path, operations in DESCRIBED.items()
        for method in operations
        if path != DISCOVERY and not path.startswith("/recognition-agreements")
    )


NOBODYS = {
    "POST /vc/{form}/credentials/issue": "a way to sign; whose issuer signs is tried in test_http_vc_api",
    "GET /learners/me/pathways/{pathway_id}": "published; whose progress it shows is tried in test_http_strangers",
}
"""What names in the path stand for nothing of anybody's, and what it is."""


def owned_routes() -> list[str]:
    """Those that name an organization's thing."""
    learners = learners_routes()
    return [route for route in protected_routes() if "{" in route and route not in (*NOBODYS, *learners)]


def learners_routes() -> list[str]:
    """Those that name a person's own thing: tried in test_http_strangers, as another person."""
    return [
        route for route in protected_routes() if "{" in route and " /learners/me/" in route and route not in NOBODYS
    ]


async def test_every_route_is_known_here() -> None:
    writes = {route for route in protected_routes() if not route.startswith("GET")}
    assert writes == set(BODIES)
    assert set(protected_routes()) >= set(NOBODYS)


async def call(  # type: ignore[no-untyped-def]
    world: World, route: str, headers: dict[str, str], slug: str = "none", credential: str = "none", key: str = "none"
):
    method, path = route.split(" ")
    names = {
        "slug": slug,
        "credential_id": credential,
        "batch_id": credential,
        "key_id": key,
        "kept_id": credential,
        "stack_id": credential,
        "host_id": "none",
        "pathway_id": credential,
        "consent_id": credential,
        "agreement_id": credential,
        "recognition_id": credential,
        "endorsement_id": credential,
    }
    path = path.format(form="eddsa-rdfc-2022", **names)
    return await world.client.request(method, path, json=BODIES.get(route), headers=headers)


@pytest.mark.parametrize("route", protected_routes())
async def test_without_a_token_it_is_401(world: World, route: str) -> None:
    answer = await call(world, route, {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


EITHER = {"GET /batches/template.csv"} | {route for route in BODIES if route.startswith("POST /batches/{batch_id}/")}
"""Open to whoever may issue, and to whoever may revoke: what a batch does decides, once it is found."""


@pytest.mark.parametrize("route", protected_routes())
async def test_with_a_wrong_scope_it_is_403(world: World, mint: TokenMint, route: str) -> None:
    method, path = route.split(" ")
    assert DESCRIBED[path][method.lower()]["security"]
    refused = 0
    either = {"credentials:issue", "credentials:revoke"} if route in EITHER else set()
    for scope in sorted(set(ALL_SCOPES) - either) + [*either][:1]:
        others = [other for other in ALL_SCOPES if other != scope and not (scope in either and other in either)]
        answer = await call(world, route, mint.headers(OTHER_ORG, *others))
        if answer.status_code == 403 and "insufficient_scope" in answer.headers.get("www-authenticate", ""):
            refused += 1
            named = either if scope in either else {scope}
            assert any(f'scope="{one}"' in answer.headers["www-authenticate"] for one in named)
    assert refused == 1


@pytest.mark.parametrize("route", owned_routes())
async def test_another_universitys_token_finds_nothing_and_changes_nothing(world: World, route: str) -> None:
    issuer = await world.issuer()
    issued = await world.issue(await world.achievement())
    before = await state(world)
    stranger = world.headers(OTHER_ORG)
    ((key,),) = await world.rows("SELECT id FROM issuer_keys")
    answer = await call(world, route, stranger, issuer["slug"], issued["id"].rsplit("/", 1)[-1], str(key))
    nothing = await call(world, route, stranger, "nobody", new_id())
    assert (answer.status_code, nothing.status_code) == (404, 404)
    assert answer.json()["detail"] == nothing.json()["detail"]
    assert await state(world) == before


async def state(world: World) -> list[object]:
    tables = ("issuers", "issuer_keys", "credentials", "status_changes", "status_lists", "outbox", "idempotency_keys")
    return [await world.rows(f'SELECT * FROM "{table}" ORDER BY 1') for table in tables]  # noqa: S608 - fixed names
