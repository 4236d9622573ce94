"""The same statements as in process, asked of the running fleet."""

import pytest

from tests.conformance.w3c.test_vc_api import *  # noqa: F403

pytestmark = [pytest.mark.asyncio, pytest.mark.fleet, pytest.mark.kafka]
