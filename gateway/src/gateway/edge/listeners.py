"""Envoy listeners: the connection manager in front of the filters, and the route table as Envoy routes."""

import json
from typing import Any, assert_never

from gateway.edge.clusters import ADMIN
from gateway.edge.filters import (
    ALLOWED_ORIGIN,
    CLAIMS,
    CORS,
    JWT,
    cors_policy,
    http_filters,
    per_route,
    sign_in_rates,
)
from gateway.edge.problems import header, local_replies
from gateway.edge.routes import FRONT_PAGE, HEALTH, READ, ROUTES, Access, Path, Pattern, Room, Route, Under
from gateway.edge.settings import Certificate, EdgeSettings, Target, WatchedSecret

MANAGER = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
SDS_NAME = "edge"
# An answer may take as long as its route allows; the stream is given up a little later.
IDLE_AFTER_TIMEOUT_S = 15
SHORT_ANSWER_S = 15
# What RFC 9325 §4.2 recommends and nothing else, as the FAPI 2.0 Security Profile asks (§5.2.2). Those of TLS 1.3 stay.
CIPHERS_OF_TLS_1_2 = tuple(
    f"ECDHE-{key}-{cipher}" for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384") for key in ("ECDSA", "RSA")
)
# Those with a meaning of their own somewhere: a room says itself which it does not take (RFC 9110, RFC 5789).
KNOWN_METHODS = "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|QUERY"


def listeners(target: Target, settings: EdgeSettings) -> list[dict[str, Any]]:
    """Plain HTTP, HTTPS where there is a certificate, and the probe port where one is asked for."""
    connections, host = _connections(settings), _virtual_host(settings)
    plain_host = {**host, "require_tls": "ALL"} if target is Target.KUBERNETES else host
    plain = {**connections, **_traffic("plain", plain_host, settings, secure=False)}
    found = [_listener("plain", settings.plain_port, plain, settings)]
    if settings.tls is not None:
        manager = {**connections, **_traffic("tls", host, settings, secure=True)}
        secure = _listener("tls", settings.tls_port, manager, settings)
        secure["filter_chains"][0] |= {
            "transport_socket": _tls(settings.tls),
            "transport_socket_connect_timeout": "10s",
        }
        found.append(secure)
    if settings.probe_port is not None:
        # Callers that fill the edge are no reason to end it, as the cluster does with who is not heard.
        probes = _listener("probes", settings.probe_port, _probes(), settings)
        found.append(probes | {"ignore_global_conn_limit": True})
    return found


def _listener(name: str, port: int, manager: dict[str, Any], settings: EdgeSettings) -> dict[str, Any]:
    typed = {"@type": f"type.googleapis.com/{MANAGER}", **manager}
    return {
        "name": name,
        "address": {"socket_address": {"address": settings.host, "port_value": port}},
        "per_connection_buffer_limit_bytes": 64 * 1024,
        "filter_chains": [{"filters": [{"name": "http", "typed_config": typed}]}],
    }


def _virtual_host(settings: EdgeSettings) -> dict[str, Any]:
    sign_in = sign_in_rates(settings.limits)
    return {
        "name": "laurel",
        "domains": ["*"],
        "typed_per_filter_config": {CORS: cors_policy(Access.TOKEN)},
        "retry_policy": _retry_reads(),
        "routes": [
            _unknown_method(),
            _front_page(sign_in),
            _index(settings.public_base_url),
            _only_read("/"),
            _only_read(HEALTH),
            *(_route(route, sign_in) for route in ROUTES),
        ],
    }


def _traffic(name: str, host: dict[str, Any], settings: EdgeSettings, *, secure: bool) -> dict[str, Any]:
    return {
        "stat_prefix": name,
        "http_filters": http_filters(settings, secure=secure),
        "route_config": {"name": name, "virtual_hosts": [host], "validate_clusters": True},
    }


def _connections(settings: EdgeSettings) -> dict[str, Any]:
    """Common to both listeners. Escaped and double slashes stay: a record's id may be a whole address.

    There is no `internal_address_config`: left out, no caller may set `x-envoy-*` headers; empty, all may.
    """
    return {
        "codec_type": "AUTO",
        "use_remote_address": True,
        "xff_num_trusted_hops": settings.trusted_hops,
        "always_set_request_id_in_response": True,
        "server_header_transformation": "PASS_THROUGH",
        "normalize_path": True,
        "merge_slashes": False,
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
        "max_request_headers_kb": 32,
        "request_headers_timeout": "10s",
        "request_timeout": "120s",
        "stream_idle_timeout": f"{SHORT_ANSWER_S + IDLE_AFTER_TIMEOUT_S}s",
        "drain_timeout": "5s",
        "common_http_protocol_options": {
            "idle_timeout": "60s",
            "max_headers_count": 100,
            "headers_with_underscores_action": "REJECT_REQUEST",
        },
        "http2_protocol_options": {
            "max_concurrent_streams": 100,
            "initial_stream_window_size": 256 * 1024,
            "initial_connection_window_size": 1024 * 1024,
        },
        "local_reply_config": local_replies(settings.public_base_url),
        "access_log": [_access_log()],
    }


def _retry_reads() -> dict[str, Any]:
    """Once more, for reads only, when the room never began to answer."""
    return {
        "retry_on": "connect-failure,refused-stream,reset-before-request,reset",
        "num_retries": 1,
        "retriable_request_headers": [{"name": ":method", "string_match": {"safe_regex": {"regex": "GET|HEAD"}}}],
    }


def _access_log() -> dict[str, Any]:
    """One JSON line for each request. Never a query or a header that may carry a secret."""
    fields = {
        "event": "edge_request",
        "time": "%START_TIME%",
        "method": "%REQ(:METHOD)%",
        "path": "%PATH(NQ:ORIG_OR_PATH)%",
        "protocol": "%PROTOCOL%",
        "status": "%RESPONSE_CODE%",
        "flags": "%RESPONSE_FLAGS%",
        "reason": "%RESPONSE_CODE_DETAILS%",
        "duration_ms": "%DURATION%",
        "room_ms": "%RESPONSE_DURATION%",
        "received_bytes": "%BYTES_RECEIVED%",
        "sent_bytes": "%BYTES_SENT%",
        "room": "%UPSTREAM_CLUSTER%",
        "client_id": f"%DYNAMIC_METADATA({JWT}:{CLAIMS}:client_id)%",
        "address": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
        "user_agent": "%REQ(USER-AGENT):256%",
        "request_id": "%REQ(X-REQUEST-ID)%",
        "traceparent": "%REQ(TRACEPARENT):64%",
    }
    return {
        "name": "envoy.access_loggers.stdout",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
            "log_format": {"json_format": fields},
        },
    }


def _unknown_method() -> dict[str, Any]:
    """501 (RFC 9110 §9.1): a room's server would not even read such a request."""
    known = {"name": ":method", "string_match": {"safe_regex": {"regex": KNOWN_METHODS}}, "invert_match": True}
    return {"match": {"prefix": "/", "headers": [known]}, "direct_response": {"status": 501}}


def _only_read(path: str) -> dict[str, Any]:
    """What is left for an address that the edge itself answers."""
    allow = header("allow", ", ".join((*READ, "OPTIONS")))
    return {"match": {"path": path}, "direct_response": {"status": 405}, "response_headers_to_add": [allow]}


def _reading() -> dict[str, Any]:
    return {"name": ":method", "string_match": {"safe_regex": {"regex": "|".join(READ)}}}


def _front_page(sign_in: dict[str, Any]) -> dict[str, Any]:
    """The bare origin in a browser."""
    rendered = _route(FRONT_PAGE, sign_in)
    browser = {"name": "accept", "string_match": {"contains": "text/html"}}
    rendered["match"] = {**rendered["match"], "headers": [browser]}
    return rendered


def _index(public_base_url: str) -> dict[str, Any]:
    """The bare origin for a program: where to go on."""
    links = {
        "name": "Laurel",
        "achievements": f"{public_base_url}/achievements",
        "pathways": f"{public_base_url}/pathways",
        "changes": f"{public_base_url}/changes",
        "health": f"{public_base_url}/healthz",
        "authorization_server": f"{public_base_url}/.well-known/oauth-authorization-server",
        "documentation": f"{public_base_url}/docs",
        "problems": f"{public_base_url}/problems",
        "openapi": {"all": f"{public_base_url}/openapi.json"}
        | {room.value: f"{public_base_url}/openapi/{room.value}.json" for room in Room},
    }
    return {
        "match": {"path": "/", "headers": [_reading()]},
        "direct_response": {"status": 200, "body": {"inline_string": json.dumps(links)}},
        "response_headers_to_add": [header("content-type", "application/json"), header("vary", "Accept")],
    }


def _route(route: Route, sign_in: dict[str, Any]) -> dict[str, Any]:
    match: dict[str, Any] = _path(route)
    if route.methods:
        methods = {"safe_regex": {"regex": "|".join(route.methods)}}
        match["headers"] = [{"name": ":method", "string_match": methods}]
    action: dict[str, Any] = {"cluster": route.room.value, "timeout": f"{route.timeout_s}s"}
    if route.timeout_s > SHORT_ANSWER_S:
        action["idle_timeout"] = f"{route.timeout_s + IDLE_AFTER_TIMEOUT_S}s"
    if route.rewrite is not None:
        action["prefix_rewrite"] = route.rewrite
    rendered: dict[str, Any] = {"match": match, "route": action}
    if filters := per_route(route, sign_in):
        rendered["typed_per_filter_config"] = filters
    if route.access is Access.PUBLIC:  # also for who sends no Origin: a shared cache keeps one answer for all
        rendered["response_headers_to_add"] = [header(ALLOWED_ORIGIN, "*")]
    return rendered


def _path(route: Route) -> dict[str, Any]:
    match route.match:
        case Path(value):
            return {"path": value}
        case Under(value):
            return {"path_separated_prefix": value}
        case Pattern(value):
            return {"safe_regex": {"regex": value}}
        case _:
            assert_never(route.match)


def _tls(tls: Certificate | WatchedSecret) -> dict[str, Any]:
    common: dict[str, Any] = {
        "alpn_protocols": ["h2", "http/1.1"],
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_2", "cipher_suites": list(CIPHERS_OF_TLS_1_2)},
    }
    match tls:
        case Certificate():
            files = {
                "certificate_chain": {"filename": tls.chain},
                "private_key": {"filename": tls.private_key},
            }
            common["tls_certificates"] = [files]
        case WatchedSecret():
            source = {"path_config_source": {"path": tls.path}, "resource_api_version": "V3"}
            common["tls_certificate_sds_secret_configs"] = [{"name": SDS_NAME, "sds_config": source}]
        case _:
            assert_never(tls)
    context = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
    return {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {"@type": context, "common_tls_context": common},
    }


def _probes() -> dict[str, Any]:
    """Two pages of the admin interface for the cluster's own network: readiness, and metrics for Prometheus."""
    pages = [{"match": {"path": path}, "route": {"cluster": ADMIN}} for path in ("/ready", "/stats/prometheus")]
    router = {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}
    return {
        "stat_prefix": "probes",
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": router}],
        "route_config": {"name": "probes", "virtual_hosts": [{"name": "probes", "domains": ["*"], "routes": pages}]},
    }
