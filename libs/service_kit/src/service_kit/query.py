"""Query parameters that a route does not know are refused: a misspelt filter must not be answered with everything."""

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query

from service_kit.errors import FieldError, Invalid

MAX_NAME = 200
MAX_NAMED = 10
PAGE = "text/html"


def known_parameters(dependant: Dependant) -> frozenset[str]:
    """The names of every query parameter that a route or one of its dependencies declares."""
    return frozenset(field.alias for field in get_flat_params(dependant) if isinstance(field.field_info, Query))


def refuse_unknown_parameters(request: Request, known: frozenset[str]) -> None:
    """Raises Invalid that names the first few unknown parameters, never their values.

    A browser that follows a link to a page is let through: social networks and mail programs add parameters of their
    own to the links that people share.
    """
    if not request.scope["query_string"]:
        return
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if not unknown or (request.method == "GET" and PAGE in request.headers.get("accept", "")):
        return
    named = [name[:MAX_NAME] for name in unknown[:MAX_NAMED]]
    errors = tuple(FieldError(name, "is not a query parameter of this address") for name in named)
    raise Invalid(f"unknown query parameter: {', '.join(named)}", errors=errors)
