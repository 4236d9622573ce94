"""Background work that failed in a way nobody thought of: it is logged and counted, and goes on with the rest."""

from pathlib import Path
from traceback import extract_tb

from service_kit.logs import get_logger
from service_kit.metrics import WORK_FAILED

log = get_logger(__name__)

FRAMES = 12


def stacks_failed(pathway: str, error: Exception) -> None:
    """See issuer.core.stacks.settle.Failed.

    Says whose rules they are and where it failed, but not what the error says: that may quote a learner's row.
    """
    WORK_FAILED.labels("stacks").inc()
    frames = [f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in extract_tb(error.__traceback__)]
    log.error("stack_failed", pathway=pathway, error=type(error).__name__, frames=frames[-FRAMES:])
