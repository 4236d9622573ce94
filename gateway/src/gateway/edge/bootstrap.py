"""The whole Envoy bootstrap, and its YAML."""

from typing import Any

import yaml

from gateway.edge.clusters import clusters
from gateway.edge.listeners import listeners
from gateway.edge.settings import EdgeSettings, Target

MONITORS = "type.googleapis.com/envoy.extensions.resource_monitors"
HEAP_BYTES = 512 * 1024 * 1024
RUNTIME = {"re2": {"max_program_size": {"error_level": 5000}}}
"""How large an expression may be; all are ours, and RE2 takes time that grows with the text alone. Of the whole API's
paths some need more than the 100 that Envoy allows by itself."""
PREAMBLE = "# Rendered from the route table by `python -m gateway edge --target {target}`; edit that, not this.\n"


def render(target: Target, settings: EdgeSettings) -> str:
    """The bootstrap as YAML. The same arguments give the same bytes."""
    return PREAMBLE.format(target=target.value) + yaml.dump(
        bootstrap(target, settings), sort_keys=False, width=120, allow_unicode=True
    )


def bootstrap(target: Target, settings: EdgeSettings) -> dict[str, Any]:
    return {
        "node": {"id": "laurel-edge", "cluster": "laurel-edge"},
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": settings.admin_port}}},
        "layered_runtime": {"layers": [{"name": "edge", "static_layer": RUNTIME}]},
        "overload_manager": _overload(settings.limits.connections),
        "static_resources": {
            "listeners": listeners(target, settings),
            "clusters": clusters(target, settings),
        },
    }


def _overload(connections: int) -> dict[str, Any]:
    """Refuse connections over the limit; near the end of the memory give some back, then refuse requests."""
    return {
        "refresh_interval": "0.25s",
        "resource_monitors": [
            _monitor(
                "global_downstream_max_connections",
                "downstream_connections.v3.DownstreamConnectionsConfig",
                {"max_active_downstream_connections": connections},
            ),
            _monitor("fixed_heap", "fixed_heap.v3.FixedHeapConfig", {"max_heap_size_bytes": HEAP_BYTES}),
        ],
        "actions": [
            _when_heap_is("envoy.overload_actions.shrink_heap", 0.90),
            _when_heap_is("envoy.overload_actions.disable_http_keepalive", 0.92),
            _when_heap_is("envoy.overload_actions.stop_accepting_requests", 0.95),
        ],
    }


def _monitor(name: str, message: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"name": f"envoy.resource_monitors.{name}", "typed_config": {"@type": f"{MONITORS}.{message}", **config}}


def _when_heap_is(action: str, share: float) -> dict[str, Any]:
    trigger = {"name": "envoy.resource_monitors.fixed_heap", "threshold": {"value": share}}
    return {"name": action, "triggers": [trigger]}
