"""Which JSON Schemas a credential names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from credential_core.model.violation import listed
from credential_core.verify.status_entries import types_of

MAX_SCHEMAS: Final = 8
EDTECH: Final = "1EdTechJsonSchemaValidator2019"
W3C: Final = "JsonSchema"
BUILT_IN: Final = re.compile(
    r"https://purl\.imsglobal\.org/spec/(ob/v3p0|clr/v2p0)/schema/json(-ld)?/[a-z0-9_]{1,80}_schema\.json\Z"
)


def schema_urls(document: Mapping[str, Any]) -> list[str]:
    """The JSON Schemas a credential names, without those that this library's own model stands for."""
    found = []
    for entry in listed(document.get("credentialSchema"))[:MAX_SCHEMAS]:
        url = entry.get("id") if isinstance(entry, Mapping) else None
        if isinstance(url, str) and not BUILT_IN.match(url) and {EDTECH, W3C} & set(types_of(entry)):
            found.append(url)
    return found
