"""The HTTP filters every request passes, in order, and the per-route settings they read."""

from functools import cache
from typing import Any

from gateway.edge.problems import header
from gateway.edge.routes import HEALTH, READ, Access, Room, Route
from gateway.edge.settings import EdgeSettings, Limits, Rate

FILTERS = "type.googleapis.com/envoy.extensions.filters.http"
JWT = "envoy.filters.http.jwt_authn"
CORS = "envoy.filters.http.cors"
RATE_LIMIT = "envoy.filters.http.local_ratelimit"
# Where the JWT filter leaves the claims of a good token for the rate limit and the access log.
CLAIMS = "claims"
NO_CLIENT = "-"
ALLOWED_ORIGIN = "access-control-allow-origin"
NEVER = {"default_value": {"numerator": 0, "denominator": "HUNDRED"}}
ALWAYS = {"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
ALL_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
REQUEST_HEADERS = (
    "Accept, Accept-Language, Authorization, Content-Type, DPoP, Idempotency-Key, If-Match, If-None-Match, "
    "Last-Event-ID, X-Request-Id"
)
EXPOSED_HEADERS = (
    "Accept, Accept-Encoding, Accept-Patch, Accept-Post, Allow, Content-Disposition, DPoP-Nonce, ETag, Link, Location, "
    "RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-RateLimit-Limit, X-RateLimit-Remaining, "
    "X-RateLimit-Reset, X-Request-Id"
)
# An answer that was given before anything was counted (a refused token) has none of Envoy's own three headers.
COUNTED = "'x-ratelimit-remaining' in response.headers"


def http_filters(settings: EdgeSettings, *, secure: bool) -> list[dict[str, Any]]:
    """Health first, so that it needs nothing else; tokens before rates, which are counted by the token's client."""
    return [
        _filter("response_headers", "header_mutation.v3.HeaderMutation", _response_headers(settings, secure=secure)),
        _filter("envoy.filters.http.health_check", "health_check.v3.HealthCheck", _health()),
        _filter(CORS, "cors.v3.Cors", {}),
        _filter(JWT, "jwt_authn.v3.JwtAuthentication", _tokens(settings)),
        _filter(RATE_LIMIT, "local_ratelimit.v3.LocalRateLimit", _caller_rates(settings.limits)),
        _filter("envoy.filters.http.router", "router.v3.Router", {"suppress_envoy_headers": True}),
    ]


def _filter(name: str, message: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "typed_config": {"@type": f"{FILTERS}.{message}", **config}}


def _response_headers(settings: EdgeSettings, *, secure: bool) -> dict[str, Any]:
    """Runs last on the way out, so it has the last word on what the CORS filter and Envoy itself add."""
    hide = ["server", "x-envoy-upstream-healthchecked-cluster", "x-envoy-upstream-service-time"]
    add = {"x-content-type-options": "nosniff", **_rate_headers(settings.limits)}
    if secure:
        add["strict-transport-security"] = "max-age=31536000"
    # Not the one origin that asked, which a shared cache would hand to the next.
    any_origin = {**header(ALLOWED_ORIGIN, "*"), "append_action": "OVERWRITE_IF_EXISTS"}
    mutations: list[dict[str, Any]] = [{"remove": name} for name in hide]
    mutations += [{"append": header(name, value)} for name, value in add.items()]
    return {"mutations": {"response_mutations": [*mutations, {"append": any_origin}]}}


def _rate_headers(limits: Limits) -> dict[str, str]:
    """draft-ietf-httpapi-ratelimit-headers-11, from Envoy's headers of an older draft. A value without text is none.

    A full bucket's `q` requests are there again after `w` seconds, which is said where it holds for every bucket.
    """
    windows = {rate.burst / rate.per_second for rate in (limits.client, limits.address, limits.sign_in)}
    window = f";w={windows.pop():.0f}" if len(windows) == 1 and min(windows).is_integer() else ""
    left = f"{_if_counted(';r=')}%RESP(X-RATELIMIT-REMAINING)%{_if_counted(';t=')}%RESP(X-RATELIMIT-RESET)%"
    quota = f"{_if_counted(';q=')}%RESP(X-RATELIMIT-LIMIT)%{_if_counted(window)}"
    name = _if_counted('"caller"')
    return {"ratelimit": name + left, "ratelimit-policy": name + quota}


def _if_counted(text: str) -> str:
    return f"%CEL({COUNTED} ? '{text}' : '')%" if text else ""


def _health() -> dict[str, Any]:
    """200 while every room is ready, 503 otherwise, answered from the clusters' health checks."""
    return {
        "pass_through_mode": False,
        "headers": [
            {"name": ":path", "string_match": {"exact": HEALTH}},
            {"name": ":method", "string_match": {"safe_regex": {"regex": "|".join(READ)}}},
        ],
        "cluster_min_healthy_percentages": {room.value: {"value": 100.0} for room in Room},
    }


def _tokens(settings: EdgeSettings) -> dict[str, Any]:
    """A bad token stops here; a missing one goes on: the room knows whether it needs one, and says so itself."""
    jwks = f"http://{Room.GATEWAY.value}/oauth/jwks"
    provider = {
        "issuer": settings.public_base_url,
        "audiences": list(settings.accepted_audiences),
        "require_expiration": True,
        "clock_skew_seconds": 30,
        "forward": True,
        "from_headers": [{"name": "Authorization", "value_prefix": f"{scheme} "} for scheme in ("Bearer", "DPoP")],
        "payload_in_metadata": CLAIMS,
        "jwt_cache_config": {"jwt_cache_size": 1000},
        "remote_jwks": {
            "http_uri": {"uri": jwks, "cluster": Room.GATEWAY.value, "timeout": "2s"},
            "cache_duration": "300s",
            # Nobody is let in before the keys are there, or the gateway was found to be away.
            "async_fetch": {"fast_listener": False, "failed_refetch_duration": "1s"},
        },
    }
    wanted = {"requires_any": {"requirements": [{"provider_name": "laurel"}, {"allow_missing": {}}]}}
    return {"providers": {"laurel": provider}, "rules": [{"match": {"prefix": "/"}, "requires": wanted}]}


def _caller_rates(limits: Limits) -> dict[str, Any]:
    """Counted by the token's client; without one, by address."""
    claim = {"key": JWT, "path": [{"key": CLAIMS}, {"key": "client_id"}]}
    by_client = {"metadata": {"descriptor_key": "client", "metadata_key": claim, "skip_if_absent": True}}
    nobody = {"metadata": {"descriptor_key": "caller", "metadata_key": claim, "default_value": NO_CLIENT}}
    counted = [{"actions": [by_client]}, {"actions": [nobody, {"remote_address": {}}]}]
    buckets = [
        {"entries": [{"key": "client"}], "token_bucket": _bucket(limits.client)},
        {
            "entries": [{"key": "caller", "value": NO_CLIENT}, {"key": "remote_address"}],
            "token_bucket": _bucket(limits.address),
        },
    ]
    return _rates("callers", limits, counted, buckets)


def sign_in_rates(limits: Limits) -> dict[str, Any]:
    """For routes where clients and people prove who they are: by address, whatever they show."""
    buckets = [{"entries": [{"key": "remote_address"}], "token_bucket": _bucket(limits.sign_in)}]
    rates = _rates("sign_in", limits, [{"actions": [{"remote_address": {}}]}], buckets)
    return {"@type": f"{FILTERS}.local_ratelimit.v3.LocalRateLimit", **rates}


def _rates(name: str, limits: Limits, counted: list[Any], buckets: list[Any]) -> dict[str, Any]:
    """One bucket for each caller, made when it is first seen (a bucket's entry without a value matches any)."""
    return {
        "stat_prefix": name,
        "max_dynamic_descriptors": limits.callers,
        "rate_limits": counted,
        "descriptors": buckets,
        # The filter demands a common bucket; everything is counted by caller, so nothing draws on it.
        "token_bucket": _bucket(limits.client),
        "always_consume_default_token_bucket": False,
        "filter_enabled": ALWAYS,
        "filter_enforced": ALWAYS,
        "enable_x_ratelimit_headers": "DRAFT_VERSION_03",
        # Buckets fill every second, so a second is always enough.
        "response_headers_to_add": [header("retry-after", "1")],
    }


def _bucket(rate: Rate) -> dict[str, Any]:
    return {"max_tokens": rate.burst, "tokens_per_fill": rate.per_second, "fill_interval": "1s"}


@cache
def cors_policy(access: Access) -> dict[str, Any]:
    """For any origin: there are no cookies to abuse, a page has only the token it was given."""
    policy = {"@type": f"{FILTERS}.cors.v3.CorsPolicy"}
    if access is Access.PAGE:
        return {**policy, "filter_enabled": NEVER}
    reads = access is Access.PUBLIC
    return {
        **policy,
        "allow_origin_string_match": [{"safe_regex": {"regex": ".+"}}],
        "allow_methods": ", ".join(READ) if reads else ALL_METHODS,
        "allow_headers": REQUEST_HEADERS,
        "expose_headers": EXPOSED_HEADERS,
        "max_age": "86400" if reads else "600",
    }


def per_route(route: Route, sign_in: dict[str, Any]) -> dict[str, Any]:
    """What a row changes about the filters above. `sign_in` is `sign_in_rates`, made once for all rows."""
    config: dict[str, Any] = {}
    if route.access is not Access.TOKEN:
        config[CORS] = cors_policy(route.access)
    if route.access in {Access.CLIENT, Access.PAGE}:
        config[JWT] = {"@type": f"{FILTERS}.jwt_authn.v3.PerRouteConfig", "disabled": True}
        config[RATE_LIMIT] = sign_in
    return config
