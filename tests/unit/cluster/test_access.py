from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.cluster import access
from pytest_todo_k8s.cluster.access import CLUSTER_RULES, EXEC_RULE, NAMESPACE_RULES, Rule
from pytest_todo_k8s.cluster.kube import Kube, KubeError
from pytest_todo_k8s.errors import PhaseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

USER = "system:serviceaccount:ci:gate"
ANYWHERE = (*NAMESPACE_RULES, EXEC_RULE)
"""What the most demanding cluster wants: one whose nodes are out of reach."""
BOUND = ["rolebindings create", "clusterroles bind"]


def flat(rules: Iterable[Rule]) -> list[str]:
    return [f"{resource} {verb}" for rule in rules for resource in rule.resources for verb in rule.verbs]


class FakeKube(Kube):
    """Allows what it is told, and in a namespace with our binding whatever the namespace's role gives."""

    def __init__(self, allowed: Iterable[str], *, effective: bool = True) -> None:
        self.allowed = set(allowed)
        self.effective = effective
        self.reviews = 0
        self.made: list[tuple[str, Mapping[str, Any]]] = []

    def create(self, path: str, body: Mapping[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        assert not dry_run
        if body["kind"] == "SelfSubjectReview":
            return {"status": {"userInfo": {"username": USER}}}
        if body["kind"] != "SelfSubjectAccessReview":
            self.made.append((path, body))
            return {"metadata": {}}
        self.reviews += 1
        asked = body["spec"]["resourceAttributes"]
        part = f"/{asked['subresource']}" if asked["subresource"] else ""
        right = f"{asked['resource']}{part} {asked['verb']}"
        granted = asked["namespace"] == "ns" and self.made and self.effective and right in flat(ANYWHERE)
        return {"status": {"allowed": right in self.allowed or bool(granted)}}


def test_an_administrator_is_asked_once() -> None:
    kube = FakeKube(["* *"])
    access.check(kube, "ns", ANYWHERE)
    assert (kube.reviews, kube.made) == (1, [])


def test_the_role_that_is_printed_is_enough() -> None:
    kube = FakeKube([*flat(CLUSTER_RULES), *BOUND])
    access.check(kube, "ns", ANYWHERE)
    assert kube.made == []


@pytest.mark.parametrize("removed", [*flat(CLUSTER_RULES), *BOUND])
def test_each_right_that_is_removed_is_named_before_anything_is_written(removed: str) -> None:
    kube = FakeKube({*flat(CLUSTER_RULES), *BOUND} - {removed})
    with pytest.raises(PhaseError) as caught:
        access.check(kube, "ns", ANYWHERE)
    resource, verb = removed.split()
    assert f"cannot {verb} {resource}" in caught.value.cause
    assert "`todo-k8s role`" in caught.value.hint
    assert (caught.value.phase, kube.made) == ("preflight", [])


@pytest.mark.parametrize("removed", flat(ANYWHERE))
def test_each_right_in_the_namespace_that_is_removed_is_named(removed: str) -> None:
    kube = FakeKube({*flat(CLUSTER_RULES), *flat(ANYWHERE)} - {removed})
    with pytest.raises(PhaseError) as caught:
        access.check(kube, "ns", ANYWHERE)
    resource, verb = removed.split()
    assert f"cannot {verb} {'everything' if resource == '*' else resource} in ns" in caught.value.cause


@pytest.mark.parametrize("reaches_nodes", [True, False])
def test_containers_are_entered_only_where_nodes_are_out_of_reach(reaches_nodes: bool) -> None:
    cluster: Any = SimpleNamespace(reaches_nodes=reaches_nodes)
    assert ("pods/exec create" in flat(access.inside(cluster))) != reaches_nodes


def test_who_has_the_rights_in_the_namespace_needs_no_binding() -> None:
    kube = FakeKube([*flat(CLUSTER_RULES), *flat(ANYWHERE)])
    access.check(kube, "ns", ANYWHERE)
    access.grant(kube, "ns", ANYWHERE)
    assert kube.made == []


def test_a_run_binds_its_role_to_itself_in_its_own_namespace_only() -> None:
    kube = FakeKube([*flat(CLUSTER_RULES), *BOUND])
    access.grant(kube, "ns", ANYWHERE)
    ((path, binding),) = kube.made
    assert path == "/apis/rbac.authorization.k8s.io/v1/namespaces/ns/rolebindings"
    assert binding["subjects"] == [{"kind": "ServiceAccount", "namespace": "ci", "name": "gate"}]
    assert binding["roleRef"]["name"] == "todo-k8s-namespace"


def test_a_binding_without_effect_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "GRANT_S", 0.3)
    kube = FakeKube([*flat(CLUSTER_RULES), *BOUND], effective=False)
    with pytest.raises(PhaseError, match="cannot create pods/portforward in ns") as caught:
        access.grant(kube, "ns", ANYWHERE)
    assert caught.value.phase == "deploy"


def test_the_roles_say_what_is_asked_for() -> None:
    runner, inside, binding = access.roles(access.subject("jane"))
    assert {(tuple(rule["resources"]), tuple(rule["verbs"])) for rule in inside["rules"]} == {
        (rule.resources, rule.verbs) for rule in ANYWHERE
    }
    bind = next(rule for rule in runner["rules"] if "bind" in rule["verbs"])
    assert bind["resourceNames"] == [inside["metadata"]["name"]]
    assert binding["subjects"] == [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"}]
    assert len(access.roles()) == 2
    wide = [rule for rule in runner["rules"] if "*" in (*rule["resources"], *rule["verbs"])]
    assert wide == []


def test_a_refused_request_is_a_missing_right() -> None:
    error = access.refused(KubeError(403, "Forbidden", 'nodes is forbidden: User "x" cannot list resource "nodes"'))
    assert "cannot list" in error.cause
    assert "`todo-k8s role`" in error.hint
