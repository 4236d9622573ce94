"""The issuer's application."""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, FastAPI

from issuer.http.batches.batches import FILES, MAX_BODY, batch_routes
from issuer.http.credentials.credentials import credential_routes
from issuer.http.issuers.issuers import issuer_routes
from issuer.http.issuers.keys import key_routes
from issuer.http.open_badges.api import CREDENTIALS, MAX_CREDENTIAL, MAX_PROFILE, PROFILE
from issuer.http.open_badges.status import status_info
from issuer.http.services import Services
from issuer.http.stacks.stacks import stack_routes
from issuer.http.vc_api.routes import vc_api_routes
from service_kit.app import Check, create_app
from service_kit.auth import TokenVerifier
from service_kit.settings import Settings


def issuer_app(
    services: Services,
    settings: Settings,
    *,
    tokens: TokenVerifier | None,
    ready: Mapping[str, Check] | None = None,
    more: Sequence[APIRouter] = (),
) -> FastAPI:
    """The application with all its routes. `more` are those of capabilities that are wired apart."""
    routers = [  # what is asked most often comes first
        credential_routes(services),
        issuer_routes(services),
        key_routes(services),
        batch_routes(services),
        stack_routes(services),
        vc_api_routes(services),
        *more,
    ]
    return create_app(
        "issuer",
        settings,
        routers=routers,
        tokens=tokens,
        ready=ready,
        body_limits={**dict.fromkeys(FILES, MAX_BODY), CREDENTIALS: MAX_CREDENTIAL, PROFILE: MAX_PROFILE},
        refusals={"/ims/": status_info},
        elsewhere={"/issuers/{slug}": ["GET"]},  # the registry shows what the public may see of an issuer
    )
