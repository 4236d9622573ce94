"""`python -m gateway edge`: print an Envoy bootstrap, or write it to a file."""

import argparse
import os
import sys
from pathlib import Path

from gateway.edge.bootstrap import render
from gateway.edge.routes import Room
from gateway.edge.settings import (
    DEFAULT_LIMITS,
    LOCAL_PORTS,
    Certificate,
    EdgeSettings,
    Limits,
    Rate,
    Target,
    WatchedSecret,
)

SERVICE_PORT = {Target.COMPOSE: 8000, Target.KUBERNETES: 80}
PROBE_PORT = 9902
SECRET_FILE = "/etc/envoy/tls.yaml"  # noqa: S105 - a path


def main(argv: list[str]) -> int:
    """Render as the arguments say. Returns the exit code."""
    arguments = _parser().parse_args(argv)
    target = Target(arguments.target)
    try:
        text = render(target, _settings(target, arguments))
    except ValueError as error:
        sys.stderr.write(f"edge: {error}\n")
        return 2
    if arguments.output is None:
        sys.stdout.write(text)
    else:
        arguments.output.write_text(text, encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gateway edge", description=__doc__)
    add = parser.add_argument
    add("--target", choices=[target.value for target in Target], default=Target.LOCAL.value)
    add("--public-base-url", default=os.environ.get("LAUREL_PUBLIC_BASE_URL", "http://localhost:8080"))
    add("--audience", action="append", default=[], help="accepted in tokens; repeatable (the public base URL)")
    add("--certificate", help="PEM chain; with --private-key opens the TLS port")
    add("--private-key", help="PEM key of --certificate")
    add("--host", help="address to listen on (local: 127.0.0.1, else 0.0.0.0)")
    add("--port", type=int, default=8080, help="plain HTTP (8080)")
    add("--tls-port", type=int, default=8443, help="HTTPS (8443)")
    add("--admin-port", type=int, default=9901, help="on 127.0.0.1 (9901)")
    for room in Room:
        add(f"--{room.value}-port", type=int, help=f"where the {room.value} listens")
    add("--client-rate", type=Rate.parse, metavar="N:BURST", help="requests a second of one OAuth client")
    add("--address-rate", type=Rate.parse, metavar="N:BURST", help="requests a second of one address, no token")
    add("--sign-in-rate", type=Rate.parse, metavar="N:BURST", help="requests a second of one address to /oauth")
    add("--trusted-hops", type=int, default=0, help="proxies in front whose X-Forwarded-For is believed (0)")
    add("--output", type=Path, help="write here instead of printing")
    return parser


def _settings(target: Target, arguments: argparse.Namespace) -> EdgeSettings:
    local, kubernetes = target is Target.LOCAL, target is Target.KUBERNETES
    return EdgeSettings(
        public_base_url=arguments.public_base_url,
        audiences=tuple(arguments.audience),
        limits=_limits(target, arguments),
        tls=_tls(target, arguments),
        host=arguments.host or ("127.0.0.1" if local else "0.0.0.0"),  # noqa: S104 - a container's own network
        plain_port=arguments.port,
        tls_port=arguments.tls_port,
        admin_port=arguments.admin_port,
        probe_port=PROBE_PORT if kubernetes else None,
        room_ports={room: _room_port(target, arguments, room) for room in Room},
        trusted_hops=arguments.trusted_hops,
    )


def kubernetes_settings(public_base_url: str) -> EdgeSettings:
    """What the committed manifests are rendered with."""
    arguments = _parser().parse_args(["--target", Target.KUBERNETES.value, "--public-base-url", public_base_url])
    return _settings(Target.KUBERNETES, arguments)


def _room_port(target: Target, arguments: argparse.Namespace, room: Room) -> int:
    given: int | None = getattr(arguments, f"{room.value}_port")
    return given if given is not None else SERVICE_PORT.get(target, LOCAL_PORTS[room])


def _limits(target: Target, arguments: argparse.Namespace) -> Limits:
    usual = DEFAULT_LIMITS[target]
    return Limits(
        client=arguments.client_rate or usual.client,
        address=arguments.address_rate or usual.address,
        sign_in=arguments.sign_in_rate or usual.sign_in,
    )


def _tls(target: Target, arguments: argparse.Namespace) -> Certificate | WatchedSecret | None:
    if bool(arguments.certificate) != bool(arguments.private_key):
        raise ValueError("--certificate and --private-key go together")
    if arguments.certificate:
        return Certificate(chain=arguments.certificate, private_key=arguments.private_key)
    return WatchedSecret(path=SECRET_FILE) if target is Target.KUBERNETES else None
