"""Background work that failed in a way nobody thought of: it is logged and counted, and goes on with the rest."""

from service_kit.logs import get_logger
from service_kit.metrics import WORK_FAILED

log = get_logger(__name__)


def stacks_failed(pathway: str, error: Exception) -> None:
    """See issuer.core.settle_stacks.Failed. Says whose rules they are, and not who the learner is."""
    WORK_FAILED.labels("stacks").inc()
    log.error("stack_failed", pathway=pathway, exc_info=error)
