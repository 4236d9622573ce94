"""Pages for people: plain HTML, every value escaped, headers that let nothing else in.

A script of our own is let in where passkeys are used, and where a program wants its answer by POST.
"""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from gateway.core.model import KnownClient
from gateway.core.redirects import origin
from gateway.core.roles import Role
from gateway.core.scopes import OPEN_BADGES
from service_kit.errors import ServiceError
from service_kit.internet_names import both_forms
from service_kit.problems import STATUS

STYLESHEET = (files("gateway.http") / "page.css").read_bytes()
STYLESHEET_PATH = "/login/page.css"
PASSKEY_SCRIPT = (files("gateway.http") / "passkey.js").read_bytes()
PASSKEY_SCRIPT_PATH = "/login/passkey.js"
ANSWER_SCRIPT = (files("gateway.http") / "answer.js").read_bytes()
ANSWER_SCRIPT_PATH = "/login/answer.js"

# What a scope lets a program do, in a person's words. One without a sentence is shown by its name.
MEANINGS = {
    "openid": "Know that it is you who signed in",
    "profile": "See your name",
    "email": "See your e-mail address",
    "offline_access": "Stay connected after you have left",
    "catalog:write": "Write courses and achievements",
    "issuers:manage": "Manage issuers and their keys",
    "credentials:issue": "Issue credentials",
    "credentials:issue-any": "Sign endorsements, and credentials that come ready written",
    "credentials:revoke": "Revoke, suspend and reinstate credentials",
    "credentials:read": "Read issued credentials, with what they say about learners",
    "verifications:create": "Verify credentials",
    "monitors:manage": "Follow credentials and be told when they change",
    "registry:accredit": "Accredit issuers",
    "organizations:manage": "Manage the organization and its members",
    "clients:manage": "Manage the organization's programs",
    "audit:read": "Read the audit trail",
    "backpack:manage": "See what is in your backpack, and delete it; with your address, also what was issued to it",
    "backpack:connect": "Connect your backpack to other badge platforms, and move credentials there and back",
    "consents:manage": "Let institutions see how far you are on their pathways, and end that",
}
MEANINGS |= dict(
    zip(
        OPEN_BADGES,
        (
            "Read the credentials in your backpack",
            "Put credentials into your backpack, or newer ones in their place",
            "Read the profile in your backpack",
            "Change the profile in your backpack",
        ),
        strict=True,
    )
)
ROLES = {
    Role.OWNER: "owner",
    Role.ISSUER: "issuer",
    Role.CATALOG_EDITOR: "catalog editor",
    Role.AUDITOR: "auditor",
    Role.VERIFIER: "verifier",
    Role.LEARNER: "learner",
}

_TEMPLATES = Environment(
    loader=PackageLoader("gateway.http"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["code"] = lambda text: Markup("").join(
    Markup("<code>{}</code>").format(part) if index % 2 else escape(part) for index, part in enumerate(text.split("`"))
)
_TEMPLATES.filters["address"] = both_forms
_TEMPLATES.globals |= {"stylesheet": STYLESHEET_PATH, "passkey_script": PASSKEY_SCRIPT_PATH}
_TEMPLATES.globals |= {"answer_script": ANSWER_SCRIPT_PATH}
_TEMPLATES.globals |= {"meanings": MEANINGS, "role_names": ROLES}


def page(template: str, status: int = 200, *, leads_to: str = "", script: bool = False, **values: Any) -> Response:
    """Render a page. `leads_to` is the one foreign origin that its form may end at, by redirection.

    `script` lets files of our own run.
    """
    return Response(
        _TEMPLATES.get_template(template).render(values),
        status,
        headers=_headers(leads_to, script=script),
        media_type="text/html; charset=utf-8",
    )


def html(template: str, **values: Any) -> str:
    """A page that anybody may read and keep."""
    return _TEMPLATES.get_template(template).render(values)


def onward_page(
    client: KnownClient, text: str, address: str, fields: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    """Where nobody vouches for the program, a person decides whether to go there."""
    to = origin(address)
    return page(
        "onward.html", status, leads_to=to, client=client, text=text, address=address, fields=fields, goes_to=to
    )


def error_page(error: ServiceError) -> Response:
    """A refusal, for a person to read."""
    return page("error.html", STATUS[error.category], detail=error.detail)


def redirect(location: str) -> Response:
    """303, so that a form's body, a password above all, is never sent on (RFC 9700 §4.12)."""
    return Response(status_code=303, headers=_headers("") | {"Location": location})


def stylesheet(_: Request) -> Response:
    """The pages' style."""
    return Response(STYLESHEET, headers={"Cache-Control": "public, max-age=3600"}, media_type="text/css; charset=utf-8")


def passkey_script(_: Request) -> Response:
    """What asks an authenticator."""
    return _script(PASSKEY_SCRIPT)


def answer_script(_: Request) -> Response:
    """What sends an answer on to a program that wants it by POST."""
    return _script(ANSWER_SCRIPT)


def _script(text: bytes) -> Response:
    headers = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(text, headers=headers, media_type="text/javascript; charset=utf-8")


def _headers(leads_to: str, *, script: bool = False) -> dict[str, str]:
    form_action = f"'self' {leads_to}".rstrip()
    sources = "style-src 'self'; script-src 'self'" if script else "style-src 'self'"
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; {sources}; base-uri 'none'; form-action {form_action}; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
