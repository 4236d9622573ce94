"""The renderings, one test run for each."""

from __future__ import annotations

import pytest

from tests.deploy.manifests import KUSTOMIZATIONS, Manifests, kustomize


@pytest.fixture(params=KUSTOMIZATIONS)
def manifests(request: pytest.FixtureRequest) -> Manifests:
    return kustomize(request.param)
