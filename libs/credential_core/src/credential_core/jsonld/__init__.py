"""JSON-LD straight to quads over the frozen contexts, in safe mode: what cannot be kept is refused, never dropped."""

from credential_core.jsonld.expansion import Quad, to_quads

__all__ = ["Quad", "to_quads"]
