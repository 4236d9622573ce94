"""The requests to an operation are made when its test runs, and not by everybody who looks for tests."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import pytest
from schemathesis.pytest import _test_builder

Test = Callable[..., Any]


def pytest_configure() -> None:
    """Schemathesis offers no place for it but its own function."""
    vars(_test_builder)["build_operation_test"] = _later(_test_builder.build_operation_test)


def _later(build: Callable[..., Test]) -> Callable[..., Test]:
    def named(*, test_func: Test, **how: Any) -> Test:
        wanted = list(inspect.signature(test_func).parameters.values())[1:]  # the first is the request

        @wraps(test_func)
        def unmade() -> None:
            raise AssertionError("its requests were not made")

        vars(unmade)["__signature__"] = inspect.Signature(wanted)
        vars(unmade)["make"] = partial(build, test_func=test_func, **how)
        return unmade

    return named


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Now they are."""
    if isinstance(item, pytest.Function) and (make := getattr(item.obj, "make", None)):
        item.obj = make()
