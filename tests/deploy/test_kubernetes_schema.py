"""Every rendered object is what its API accepts, in three minor versions of Kubernetes."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest

from tests.deploy.manifests import Manifests, Object

VERSIONS = ("1.35.0", "1.36.0", "1.37.0")
SCHEMAS = Path(__file__).parent / "schemas"
CUSTOM = {"KafkaTopic", "Certificate"}


def _schema(kind: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{kind.lower()}.json").read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_valid_strictly(manifests: Manifests, version: str) -> None:
    for one in manifests.objects:
        if one["kind"] not in CUSTOM:
            kubernetes_validate.validate(one, version, strict=True)


def test_every_custom_object_is_valid_strictly(manifests: Manifests) -> None:
    assert manifests.of("KafkaTopic")
    for one in manifests.of(*CUSTOM):
        jsonschema.Draft202012Validator(_schema(one["kind"])).validate(one)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_misspelt_field_is_found(manifests: Manifests, version: str) -> None:
    spoilt: Object = copy.deepcopy(manifests.of("Deployment")[0])
    spoilt["spec"]["replicaz"] = 1

    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(spoilt, version, strict=True)


def test_a_misspelt_topic_setting_is_found(manifests: Manifests) -> None:
    spoilt: Object = copy.deepcopy(manifests.of("KafkaTopic")[0])
    spoilt["spec"]["config"]["retention"] = 1

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(_schema("KafkaTopic")).validate(spoilt)


def test_no_object_is_named_twice(manifests: Manifests) -> None:
    names = [(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) for one in manifests.objects]

    assert len(names) == len(set(names))


def test_everything_says_its_namespace(manifests: Manifests) -> None:
    found = {one["metadata"].get("namespace") for one in manifests.objects if one["kind"] != "Namespace"}

    assert found == {"laurel", "laurel-data"}
