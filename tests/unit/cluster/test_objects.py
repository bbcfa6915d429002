from __future__ import annotations

from typing import Any

import pytest

from pytest_todo_k8s.cluster.kube import Kube, KubeError
from pytest_todo_k8s.cluster.objects import Kinds, foreign, title
from pytest_todo_k8s.cluster.workloads import workloads
from tests.unit.cluster.release import manifests

DISCOVERY: dict[str, dict[str, Any]] = {
    "/api/v1": {
        "resources": [
            {"name": "pods", "kind": "Pod", "namespaced": True, "verbs": ["list"]},
            {"name": "pods/log", "kind": "Pod", "namespaced": True, "verbs": ["get"]},
            {"name": "events", "kind": "Event", "namespaced": True, "verbs": ["list"]},
            {"name": "namespaces", "kind": "Namespace", "namespaced": False, "verbs": ["list"]},
            {"name": "bindings", "kind": "Binding", "namespaced": True, "verbs": ["create"]},
        ]
    },
    "/apis": {
        "groups": [
            {"preferredVersion": {"groupVersion": "apps/v1"}},
            {"preferredVersion": {"groupVersion": "gone.example/v1"}},
        ]
    },
    "/apis/apps/v1": {
        "resources": [{"name": "deployments", "kind": "Deployment", "namespaced": True, "verbs": ["list"]}]
    },
}


class FakeKube(Kube):
    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, path: str, **_query: object) -> dict[str, Any]:
        self.asked.append(path)
        if path not in DISCOVERY:
            raise KubeError(404, "NotFound", f"{path} not found")
        return DISCOVERY[path]

    def items(self, path: str, **_query: object) -> list[dict[str, Any]]:
        return [{"metadata": {"name": path}}]


def test_collections_come_from_discovery_and_are_asked_once() -> None:
    kube = FakeKube()
    kinds = Kinds(kube)
    pod = {"apiVersion": "v1", "kind": "Pod"}
    assert kinds.collection(pod, "x") == kinds.collection(pod, "x") == "/api/v1/namespaces/x/pods"
    assert kinds.collection({"apiVersion": "v1", "kind": "Namespace"}, "x") == "/api/v1/namespaces"
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment"}
    assert kinds.collection(deployment, "x") == "/apis/apps/v1/namespaces/x/deployments"
    assert kube.asked == ["/api/v1", "/apis/apps/v1"]


@pytest.mark.parametrize(
    "manifest", [{"apiVersion": "v1", "kind": "Pot"}, {"apiVersion": "apps/v9", "kind": "Deployment"}]
)
def test_a_kind_that_nobody_knows(manifest: dict[str, Any]) -> None:
    with pytest.raises(KubeError, match=f"knows no {manifest['kind']} in {manifest['apiVersion']}"):
        Kinds(FakeKube()).collection(manifest, "x")


def test_live_objects_are_of_all_kinds_that_tell_something_of_their_own() -> None:
    live = [(each["kind"], each["metadata"]["name"]) for each in Kinds(FakeKube()).live("x")]
    assert live == [("Pod", "/api/v1/namespaces/x/pods"), ("Deployment", "/apis/apps/v1/namespaces/x/deployments")]


def item(kind: str, name: str, **metadata: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name, **metadata}}


def test_only_what_nobody_explains_is_foreign() -> None:
    live = [
        item("Deployment", "todo-frontend"),
        item("ReplicaSet", "todo-frontend-5c9", ownerReferences=[{"controller": True}]),
        item("PersistentVolumeClaim", "data-todo-postgres-0"),
        item("ServiceAccount", "default"),
        item("ConfigMap", "kube-root-ca.crt"),
        item("Secret", "todo-app-secrets", labels={"app.kubernetes.io/managed-by": "todo-k8s"}),
        item("Secret", "sh.helm.release.v1.todo-chatbot.v1") | {"type": "helm.sh/release.v1"},
        item("ConfigMap", "by-hand", labels=None),
        item("PersistentVolumeClaim", "data-todo-postgres-1"),
        item("Pod", "debug", ownerReferences=[{"controller": False}]),
    ]
    expected = ["ConfigMap/by-hand", "PersistentVolumeClaim/data-todo-postgres-1", "Pod/debug"]
    assert foreign(live, manifests()) == expected


def test_title() -> None:
    assert title({"kind": "Pod", "metadata": {"name": "a"}}) == "Pod/a"
    assert title({}) == "None/None"


def test_workloads_know_their_pods() -> None:
    found = workloads(manifests())
    assert [(each.kind, each.name, each.pods, each.finishes) for each in found] == [
        ("Deployment", "todo-frontend", 2, False),
        ("StatefulSet", "todo-postgres", 1, False),
        ("Job", "todo-migrate-1", 1, True),
    ]
    assert found[0].owns({"metadata": {"labels": {"app": "todo-frontend", "x": "y"}}})
    assert not found[0].owns({"metadata": {}})
