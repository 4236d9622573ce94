"""Each room's settings class, found without naming it."""

from __future__ import annotations

import importlib
import inspect

from service_kit.settings import Settings


def settings_class(room: str) -> type[Settings]:
    """The one class of `<room>.settings` that a process is configured by."""
    module = importlib.import_module(f"{room}.settings")
    (only,) = [
        one
        for _, one in inspect.getmembers(module, inspect.isclass)
        if issubclass(one, Settings) and one.__module__ == module.__name__
    ]
    return only


def from_environment(room: str) -> Settings:
    """As the room's process would read them; raises ValidationError."""
    return settings_class(room)()  # type: ignore[call-arg]  # read from the environment
