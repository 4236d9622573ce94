"""The JSON-LD contexts that an operator adds."""

from pathlib import Path

from credential_core.jsonld.added import add_contexts


def know_contexts(manifest: Path | None) -> None:
    """Know those of a manifest, whose files lie beside it, in this process. ContextError, OSError."""
    if manifest is not None:
        add_contexts(manifest.read_bytes(), lambda name: (manifest.parent / Path(name).name).read_bytes())
