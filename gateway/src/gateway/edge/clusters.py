"""Envoy clusters: where each room is reached, and when the edge stops sending to it."""

from typing import Any

from gateway.edge.routes import Room
from gateway.edge.settings import EdgeSettings, Target

HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
ADMIN = "admin"


def clusters(target: Target, settings: EdgeSettings) -> list[dict[str, Any]]:
    """One cluster for each room, named after it; with a probe port also the edge's own admin interface."""
    rooms = [_room(target, room, settings.room_ports[room]) for room in Room]
    if settings.probe_port is None:
        return rooms
    return [*rooms, _admin(settings.admin_port)]


def _room(target: Target, room: Room, port: int) -> dict[str, Any]:
    local = target is Target.LOCAL
    discovery = {"type": "STATIC"} if local else {"type": "STRICT_DNS", "dns_lookup_family": "V4_PREFERRED"}
    return {
        "name": room.value,
        **discovery,
        "connect_timeout": "1s",
        "per_connection_buffer_limit_bytes": 1024 * 1024,
        "load_assignment": _endpoint(room.value, "127.0.0.1" if local else room.value, port),
        "health_checks": [_readiness()],
        "outlier_detection": _ejection(),
        "circuit_breakers": {"thresholds": [_breaker("DEFAULT", 1024), _breaker("HIGH", 1024)]},
        "typed_extension_protocol_options": {HTTP_OPTIONS: _protocol(target)},
    }


def _endpoint(cluster: str, address: str, port: int) -> dict[str, Any]:
    socket = {"socket_address": {"address": address, "port_value": port}}
    return {"cluster_name": cluster, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": socket}}]}]}


def _readiness() -> dict[str, Any]:
    """Asked each second, used or not: /healthz of the edge answers from what these checks last saw."""
    return {
        "timeout": "2s",
        "interval": "1s",
        "no_traffic_interval": "1s",
        "unhealthy_threshold": 2,
        "healthy_threshold": 1,
        "http_health_check": {"path": "/readyz"},
    }


def _ejection() -> dict[str, Any]:
    """Only what says "nobody is there" counts. A room's own 500 may be one bad request, so it ejects nothing."""
    return {
        "consecutive_gateway_failure": 10,
        "enforcing_consecutive_gateway_failure": 100,
        "enforcing_consecutive_5xx": 0,
        "enforcing_success_rate": 0,
        "interval": "5s",
        "base_ejection_time": "5s",
        "max_ejection_time": "30s",
        "max_ejection_percent": 50,
    }


def _breaker(priority: str, requests: int) -> dict[str, Any]:
    return {
        "priority": priority,
        "max_connections": requests,
        "max_pending_requests": requests,
        "max_requests": requests,
        "retry_budget": {"budget_percent": {"value": 20.0}, "min_retry_concurrency": 3},
    }


def _protocol(target: Target) -> dict[str, Any]:
    """HTTP/1.1. Idle connections end before the services' own keep-alive (65 s) would cut a request short."""
    common: dict[str, Any] = {"idle_timeout": "60s"}
    if target is Target.KUBERNETES:  # a Service spreads connections, not requests: renew them
        common["max_connection_duration"] = "60s"
    return {
        "@type": f"type.googleapis.com/{HTTP_OPTIONS}",
        "common_http_protocol_options": common,
        "explicit_http_config": {"http_protocol_options": {}},
    }


def _admin(port: int) -> dict[str, Any]:
    return {
        "name": ADMIN,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": _endpoint(ADMIN, "127.0.0.1", port),
    }
