"""What was changed by hand in a release."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pytest_todo_k8s.cluster.drift import drift
from pytest_todo_k8s.cluster.kube import Kube, KubeError

SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {"ports": [{"port": 80}], "type": "ClusterIP"},
}
JOB: dict[str, Any] = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}, "spec": {}}


class Kinds:
    def collection(self, manifest: Any, namespace: str) -> str:
        return f"/{namespace}/{manifest['kind']}"


class Live(Kube):
    """One live object; a merge patch is laid over it as the API server does."""

    def __init__(self, live: dict[str, Any] | None, refusal: KubeError | None = None) -> None:
        self.live, self.refusal = live, refusal

    def get(self, path: str, **_query: object) -> dict[str, Any]:
        if self.live is None:
            raise KubeError(404, "NotFound", f"{path} not found")
        return copy.deepcopy(self.live)

    def merged(self, path: str, body: Any) -> dict[str, Any]:
        if self.refusal:
            raise self.refusal
        merged: dict[str, Any] = _merge(self.get(path), body)
        return merged


def _merge(live: Any, patch: Any) -> Any:
    if not isinstance(patch, dict) or not isinstance(live, dict):
        return patch
    return {**live, **{key: _merge(live.get(key), value) for key, value in patch.items()}}


def found(
    live: dict[str, Any] | None, manifest: dict[str, Any] = SERVICE, refusal: KubeError | None = None
) -> list[str]:
    kinds: Any = Kinds()
    return drift(Live(live, refusal), kinds, "ns", [manifest])


def changed(**spec: Any) -> dict[str, Any]:
    live = copy.deepcopy(SERVICE)
    live["spec"] |= {"clusterIP": "10.0.0.1", **spec}
    live["status"] = {"loadBalancer": {}}
    live["metadata"] |= {"uid": "x", "resourceVersion": "7"}
    return live


def test_what_controllers_fill_in_is_no_change() -> None:
    assert found(changed()) == []


def test_a_change_by_hand_is_told_with_both_sides() -> None:
    assert found(changed(type="NodePort")) == ["Service/web: spec.type is NodePort, the release says ClusterIP"]
    assert found(changed(ports=[{"port": 81}])) == ["Service/web: spec.ports[0].port is 81, the release says 80"]


def test_a_label_that_was_changed() -> None:
    live = changed()
    live["metadata"]["labels"] = {"app": "other"}
    assert found(live) == ["Service/web: metadata.labels.app is other, the release says web"]


def test_an_object_that_is_gone() -> None:
    assert found(None) == ["Service/web of the release is not there"]


def test_a_job_that_goes_by_itself_may_be_gone() -> None:
    assert found(None, JOB) == ["Job/once of the release is not there"]
    assert found(None, {**JOB, "spec": {"ttlSecondsAfterFinished": 60}}) == []


def test_a_change_that_can_not_be_taken_back() -> None:
    refusal = KubeError(422, "Invalid", "spec.clusterIP: field is immutable")
    assert found(changed(), refusal=refusal) == [
        "Service/web can't be what the release says any more: spec.clusterIP: field is immutable"
    ]


def test_an_api_out_of_reach_is_no_drift() -> None:
    with pytest.raises(KubeError):
        found(changed(), refusal=KubeError(0, "Timeout", "no answer"))
