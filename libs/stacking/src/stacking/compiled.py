"""Pathway versions made ready for evaluation, and remembered: published versions never change."""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any

from stacking.documents import read
from stacking.rules import Rules, compile_rules

MOST = 128


class CompiledPathways:
    """Those met lately, by the digest of what they say. Never stale; may be asked from several threads."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[tuple[str, int, str], Rules] = OrderedDict()
        self._lock = Lock()

    def __call__(self, document: Mapping[str, Any], *, identifier: str, version: int, digest: str) -> Rules:
        """Raises NotAPathway or NotATree for a document that is none."""
        name = (identifier, version, digest)
        with self._lock:
            rules = self._known.get(name)
            if rules is None:
                rules = compile_rules(read(document, identifier=identifier, version=version))
                self._known[name] = rules
                if len(self._known) > self._most:
                    self._known.popitem(last=False)
            self._known.move_to_end(name)
        return rules
