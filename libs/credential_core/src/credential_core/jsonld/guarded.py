"""PyLD's expansion, watched from inside: at every node, names are held against what the frozen contexts mean by them.

PyLD itself says which context is active where, so that what is checked is what is expanded. Its work is counted: scoped
contexts are processed for each node that they apply to.
"""

from __future__ import annotations

from typing import Any, Final

from pyld.jsonld import JsonLdProcessor

from credential_core.errors import DocumentError, LimitError
from credential_core.jsonld.active_context import load_frozen
from credential_core.jsonld.meanings import meanings

_MAX_PROCESSED: Final = 2048  # contexts, counted each time that one is applied or looked into; some 0.1 ms each
_MAX_DEFINED: Final = 12_000  # terms; some 10 us each


class GuardedProcessor(JsonLdProcessor):  # type: ignore[misc] # PyLD has no types
    """For one document."""

    def __init__(self) -> None:
        super().__init__(on_property_dropped=_dropped)
        self._meanings = meanings()
        self._at_home = [False]
        self._processed = 0
        self._defined = 0

    def expanded(self, root: dict[str, Any]) -> list[dict[str, Any]]:
        """The expanded document. ContextError for a name in another sense, LimitError past a budget."""
        options = {
            "expandContext": {"@base": None},  # relative IRIs stay so, and are refused
            "documentLoader": load_frozen,
            "processingMode": "json-ld-1.1",
        }
        found: list[dict[str, Any]] = self.expand(root, options)
        return found

    def _expand_object(self, active_ctx: Any, name: Any, iri: Any, element: Any, *args: Any, **more: Any) -> Any:
        type_scoped = more.get("type_scoped_ctx", args[4] if len(args) > 4 else None) or active_ctx
        types = self._types(active_ctx, type_scoped, element)
        own = isinstance(iri, str) and not iri.startswith("@") and iri not in self._meanings.iris
        at_home = own and not any(known in self._meanings.iris for _, known in types)
        for said, known in [*types, *self._members(active_ctx, element)]:
            self._meanings.check(said, known, at_home=at_home)
        self._at_home.append(at_home)
        super()._expand_object(active_ctx, name, iri, element, *args, **more)
        self._at_home.pop()

    def _expand_value(self, active_ctx: Any, name: Any, value: Any, options: Any) -> Any:
        if isinstance(value, str) and self.get_context_value(active_ctx, name, "@type") == "@vocab":
            for said, known in self._resolved(active_ctx, [value]):
                self._meanings.check(said, known, at_home=self._at_home[-1])
        return super()._expand_value(active_ctx, name, value, options)

    def _members(self, active_ctx: Any, element: dict[str, Any]) -> list[tuple[str, str]]:
        found = self._resolved(active_ctx, [name for name in element if not name.startswith("@")])
        for name, iri in found:
            self._meanings.check_member(name)
            if ":" in name and name != iri:
                raise DocumentError("member_not_term", f"a member is named by a term or an IRI, not by {name[:200]!r}")
        return found

    def _types(self, active_ctx: Any, type_scoped: Any, element: dict[str, Any]) -> list[tuple[str, str]]:
        """The types of a node, or the datatype of a value."""
        said: list[str] = []
        for name, value in element.items():
            if self._expand_iri(active_ctx, name, vocab=True) == "@type":
                said += [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
        return self._resolved(type_scoped, said)

    def _resolved(self, active_ctx: Any, names: list[str]) -> list[tuple[str, str]]:
        """Names with what they mean, without those that mean nothing, which PyLD drops and we refuse."""
        found = ((name, self._expand_iri(active_ctx, name, vocab=True)) for name in names)
        return [(name, iri) for name, iri in found if isinstance(iri, str) and (":" in iri or iri.startswith("@"))]

    def _clone_active_context(self, active_ctx: Any) -> Any:
        self._processed += 1
        if self._processed > _MAX_PROCESSED:
            raise LimitError("too_many_contexts", f"a document may have {_MAX_PROCESSED} contexts processed")
        return super()._clone_active_context(active_ctx)

    def _create_term_definition(self, *args: Any, **more: Any) -> Any:
        self._defined += 1
        if self._defined > _MAX_DEFINED:
            raise LimitError("too_many_contexts", f"a document may have {_MAX_DEFINED} terms defined")
        return super()._create_term_definition(*args, **more)


def _dropped(name: Any) -> None:
    raise DocumentError("term_undefined", f"no context defines the member {str(name)[:200]!r}")
