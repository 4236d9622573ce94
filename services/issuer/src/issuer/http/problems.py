"""How errors are documented in the API description."""

from service_kit.described import problems

__all__ = ["problems"]
