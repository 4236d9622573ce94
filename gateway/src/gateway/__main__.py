"""`python -m gateway serve|migrate|seed|create-operator|rotate-keys|openapi`, and `edge`, which needs no settings."""

import sys


def main(argv: list[str]) -> int:
    """Returns the exit code."""
    if argv[:1] == ["edge"]:
        from gateway import edge  # noqa: PLC0415 - the edge and the server need nothing of each other

        return edge.main(argv[1:])
    from gateway.main import SERVICE  # noqa: PLC0415
    from service_kit import runtime  # noqa: PLC0415

    return runtime.main(SERVICE, argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
