"""The chart keeps every golden rule, and every rule can be broken."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from tests.chart.rules import RULES, Manifest, Rule

if TYPE_CHECKING:
    from tests.chart.conftest import Chart

Breach = Callable[[list[Manifest]], Any]


def _backend(manifests: list[Manifest]) -> Manifest:
    return next(m for m in manifests if m["kind"] == "Deployment" and m["metadata"]["name"] == "todo-backend")


def _pod(manifests: list[Manifest]) -> Manifest:
    spec: Manifest = _backend(manifests)["spec"]["template"]["spec"]
    return spec


def _container(manifests: list[Manifest]) -> Manifest:
    container: Manifest = _pod(manifests)["containers"][0]
    return container


def _first(manifests: list[Manifest], kind: str) -> Manifest:
    return next(m for m in manifests if m["kind"] == kind)


# One or more ways to break each rule, by its name.
BREACHES: dict[str, list[Breach]] = {
    "user": [
        lambda ms: _pod(ms)["securityContext"].update(runAsUser=0),
        lambda ms: _pod(ms)["securityContext"].pop("runAsNonRoot"),
        lambda ms: _container(ms)["securityContext"].update(runAsUser=0),
    ],
    "service_account": [
        lambda ms: _pod(ms).pop("serviceAccountName"),
        lambda ms: _pod(ms).update(serviceAccountName="todo-frontend"),
        lambda ms: _pod(ms).pop("automountServiceAccountToken"),
        lambda ms: _first(ms, "ServiceAccount").pop("automountServiceAccountToken"),
    ],
    "privilege": [
        lambda ms: _container(ms)["securityContext"].update(privileged=True),
        lambda ms: _container(ms)["securityContext"].pop("allowPrivilegeEscalation"),
        lambda ms: _container(ms)["securityContext"]["capabilities"].update(add=["NET_ADMIN"]),
    ],
    "seccomp": [lambda ms: _pod(ms)["securityContext"].pop("seccompProfile")],
    "host": [
        lambda ms: _pod(ms).update(hostNetwork=True),
        lambda ms: _pod(ms)["volumes"].append({"name": "x", "hostPath": {"path": "/"}}),
        lambda ms: _container(ms)["ports"][0].update(hostPort=8080),
    ],
    "file_system": [
        lambda ms: _container(ms)["securityContext"].pop("readOnlyRootFilesystem"),
        lambda ms: _pod(ms)["volumes"].append({"name": "x", "emptyDir": {}}),
    ],
    "resources": [
        lambda ms: _container(ms)["resources"]["limits"].pop("memory"),
        lambda ms: _container(ms).pop("resources"),
    ],
    "probes": [
        lambda ms: _container(ms).pop("startupProbe"),
        lambda ms: _container(ms)["livenessProbe"].update(initialDelaySeconds=30),
        lambda ms: _container(ms).update(readinessProbe=_container(ms)["livenessProbe"]),
    ],
    "secrets": [
        lambda ms: ms.append({"kind": "Secret", "metadata": {"name": "x", "namespace": "n"}}),
        lambda ms: _container(ms).update(envFrom=[{"secretRef": {"name": "todo-app-secrets"}}]),
        lambda ms: _container(ms)["env"][-1]["valueFrom"]["secretKeyRef"].update(optional=True),
        lambda ms: _container(ms)["env"].append({"name": "JWT_SECRET", "value": "x"}),
    ],
    "images": [
        lambda ms: _container(ms).update(image="todo-backend:latest"),
        lambda ms: _container(ms).update(image="registry:5000/todo-backend"),
    ],
    "namespace": [
        lambda ms: _backend(ms)["metadata"].pop("namespace"),
        lambda ms: _backend(ms)["metadata"].update(namespace="default"),
    ],
    "replicas": [
        lambda ms: _backend(ms)["spec"].update(replicas=2),
        lambda ms: [_backend(ms)["spec"].update(replicas=2), _pod(ms).pop("topologySpreadConstraints")],
    ],
    "rollout": [
        lambda ms: _backend(ms)["spec"].pop("strategy"),
        lambda ms: _container(ms).pop("lifecycle"),
        lambda ms: _pod(ms).update(terminationGracePeriodSeconds=5),
    ],
    "network": [
        lambda ms: ms.remove(_first(ms, "NetworkPolicy")),
        lambda ms: _first(ms, "NetworkPolicy")["spec"].update(policyTypes=["Ingress"]),
        lambda ms: _first(ms, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"].update(app="gone"),
    ],
    "services": [
        lambda ms: _first(ms, "Service")["spec"]["selector"].update(app="gone"),
        lambda ms: _first(ms, "Service")["spec"]["ports"][0].update(targetPort="gone"),
    ],
}


@pytest.mark.parametrize("files", [[], ["values-dev.yaml"]], ids=["values", "values-dev"])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_chart_keeps_the_rule(chart: Chart, rule: Rule, files: list[str]) -> None:
    assert list(rule(chart.render(*files))) == []


@pytest.mark.parametrize(
    ("rule", "breach"),
    [
        pytest.param(rule, breach, id=f"{rule.__name__}-{i}")
        for rule in RULES
        for i, breach in enumerate(BREACHES[rule.__name__])
    ],
)
def test_the_rule_can_be_broken(development: list[Manifest], rule: Rule, breach: Breach) -> None:
    broken = copy.deepcopy(development)
    breach(broken)
    assert list(rule(broken))


def test_every_rule_has_its_breaches() -> None:
    assert {rule.__name__ for rule in RULES} == BREACHES.keys()
