"""The independent implementation that our credentials are checked against."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.node import Node


@pytest.fixture(scope="session")
def node() -> Callable[[str, dict[str, Any]], Any]:
    """Run one of the scripts here: JSON in, JSON out."""
    return Node(Path(__file__).resolve().parent).run
