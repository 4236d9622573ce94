"""All that strangers ask, by operation. One that is in no table here fails the tests."""

from __future__ import annotations

from tests.e2e.strangers.asks import Table
from tests.e2e.strangers.of_catalog import CATALOG
from tests.e2e.strangers.of_gateway import BY_CLIENTS, GATEWAY
from tests.e2e.strangers.of_issuer import ISSUERS, ISSUING, RECOGNITION, SIGNING
from tests.e2e.strangers.of_learners import LEARNERS
from tests.e2e.strangers.of_verifier import REGISTRY, VERIFYING

TABLE: Table = {
    **CATALOG,
    **ISSUERS,
    **ISSUING,
    **SIGNING,
    **RECOGNITION,
    **LEARNERS,
    **VERIFYING,
    **REGISTRY,
    **GATEWAY,
    **BY_CLIENTS,
}
