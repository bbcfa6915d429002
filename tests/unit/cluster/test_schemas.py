"""Manifests against the schemas of a Kubernetes version, offline."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_todo_k8s.cluster import schemas
from tests.unit.cluster.release import manifests

CONFIG: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}}


def one(manifest: dict[str, Any], kubernetes: str = "v1.34.4") -> tuple[bool, str]:
    [check] = schemas.check([manifest], kubernetes)
    assert check.name == f"offline schema: {manifest['kind']}/{manifest['metadata']['name']}"
    return check.ok, check.detail


def test_a_good_one_names_the_version() -> None:
    assert one(CONFIG) == (True, "Kubernetes 1.34")


def test_a_cluster_newer_than_the_schemas_is_judged_by_the_newest() -> None:
    assert one(CONFIG, "v1.99.0")[0] is True


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dat": {}}, "Additional properties are not allowed ('dat' was unexpected)"),
        ({"data": {"a": 5}}, "data.a: 5 is not"),
    ],
)
def test_unknown_fields_and_wrong_types_are_refused(change: dict[str, Any], said: str) -> None:
    ok, detail = one({**CONFIG, **change})
    assert not ok
    assert said in detail


def test_a_kind_without_a_schema_is_left_to_the_server() -> None:
    custom = {"apiVersion": "example.org/v1", "kind": "Gadget", "metadata": {"name": "g"}}
    assert one(custom) == (True, "no schema of that kind: left to the server")


def test_the_sample_release_is_valid() -> None:
    assert all(check.ok for check in schemas.check(manifests(), "v1.34.4"))
