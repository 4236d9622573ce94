"""The front page, which the edge shows at the bare origin to browsers (`gateway.edge.routes.FRONT_PAGE`)."""

from fastapi import APIRouter, Request, Response

from gateway.core.sign_up import SignUp
from gateway.http.pages import html
from gateway.http.public import KEPT, PAGE_HEADERS
from service_kit.app import router
from service_kit.representation import HTML, reply

PATH = "/docs/welcome"
# The page's one form searches the catalogue, at this origin.
HEADERS = PAGE_HEADERS | {
    "Content-Security-Policy": PAGE_HEADERS["Content-Security-Policy"].replace(
        "form-action 'none'", "form-action 'self'"
    )
}


def routes(sign_up: SignUp) -> APIRouter:
    """The page. It says where to get an account if people may do so on their own."""
    api = router(include_in_schema=False)

    @api.get(PATH)
    async def show_welcome(request: Request) -> Response:
        body = html("welcome.html", learners_join=sign_up.is_possible).encode()
        return reply(request, body, media_type=HTML, cache_control=KEPT, headers=HEADERS)

    return api
