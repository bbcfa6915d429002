from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from pytest_todo_k8s.analysis.manifests import WORDINGS, propose

if TYPE_CHECKING:
    from pytest_todo_k8s.analysis.results import RuleResult


def as_worded() -> list[dict[str, Any]]:
    """Return the two Deployments and Services exactly as the tasks word them."""
    found: list[dict[str, Any]] = []
    for part, port, replicas, path in (("backend", 8080, 1, "/health"), ("frontend", 3000, 2, "/")):
        probe = {"httpGet": {"path": path, "port": "http"}}
        container = {
            "name": part,
            "image": f"todo-{part}:latest",
            "imagePullPolicy": "Never",
            "ports": [{"name": "http", "containerPort": port}],
            "env": [{"name": "NEXT_PUBLIC_API_URL", "value": "http://todo-backend-service:8080"}],
            "envFrom": [{"secretRef": {"name": "todo-app-secrets"}}],
            "readinessProbe": probe,
            "livenessProbe": probe,
            "resources": {
                "requests": {"cpu": "100m", "memory": "128Mi"},
                "limits": {"cpu": "500m", "memory": "512Mi"},
            },
        }
        labels = {"app": f"todo-{part}"}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
        found.append(
            {
                "kind": "Deployment",
                "metadata": {"name": f"todo-{part}"},
                "spec": {"replicas": replicas, "template": template},
            }
        )
        ports = [{"port": 8080 if part == "backend" else 80, "targetPort": "http"}]
        spec: dict[str, Any] = {"selector": labels, "ports": ports}
        found.append({"kind": "Service", "metadata": {"name": f"todo-{part}-service"}, "spec": spec})
    found[3]["spec"]["type"] = "NodePort"
    return found


def differences(manifests: list[dict[str, Any]]) -> list[RuleResult]:
    return [rule for proposed in propose(manifests) for rule in proposed.rules if not rule.ok]


def test_objects_as_worded_have_no_difference() -> None:
    assert differences(as_worded()) == []
    assert len({proposed.analysis().sha256 for proposed in propose(as_worded())}) == 4


def test_each_clause_is_looked_up() -> None:
    for number, proposed in enumerate(propose(as_worded())):
        changed = copy.deepcopy(as_worded())
        changed[number]["metadata"]["name"] = "other"
        assert differences(changed)[0].rule == proposed.wording.text


def test_differences_are_named_and_deliberate_ones_have_their_reason() -> None:
    manifests = as_worded()
    container = manifests[0]["spec"]["template"]["spec"]["containers"][0]
    container["image"] = "todo-backend:3f9c"
    container["readinessProbe"] = {"httpGet": {"path": "/ready", "port": 8080}}
    container["resources"]["limits"]["cpu"] = "250m"
    manifests[3]["spec"]["type"] = "ClusterIP"
    found = differences(manifests)
    assert [(rule.objection, rule.detail) for rule in found] == [
        (False, "it is todo-backend, todo-backend:3f9c"),
        (True, "it is 250m, 512Mi"),
        (False, "it is /ready, 8080"),
        (True, "it is ClusterIP, todo-frontend-service, todo-frontend, 80, 3000"),
    ]
    assert all(rule.accepted for rule in found if not rule.objection)


def test_a_service_that_finds_no_pods() -> None:
    manifests = as_worded()
    manifests[1]["spec"]["selector"] = {"app": "other"}
    assert "no deployment's pods" in differences(manifests)[0].detail


def test_every_clause_of_the_wording_is_understood() -> None:
    clauses = [rule for proposed in propose(as_worded()) for rule in proposed.rules]
    assert len(clauses) == sum(len(wording.text.split(", ")) for wording in WORDINGS)
    assert all(rule.ok is not None for rule in clauses)
