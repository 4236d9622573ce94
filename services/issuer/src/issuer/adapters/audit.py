"""The audit trail: structured log lines that say who did what, with which key, and how it ended."""

from service_kit.logs import AUDIT, get_logger

log = get_logger(AUDIT)


def audit(event: str, **fields: str | int) -> None:
    """See issuer.core.ports.Audit."""
    log.info(event, audit=True, **fields)
