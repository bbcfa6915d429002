"""The chart keeps every golden rule, and every rule can be broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.cluster import pod_rules
from tests.chart.conftest import FILES
from tests.chart.rules import RULES, Manifest

if TYPE_CHECKING:
    from tests.chart.conftest import Renderer

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


def _secret_volume(manifests: list[Manifest]) -> Manifest:
    volumes = _first(manifests, "StatefulSet")["spec"]["template"]["spec"]["volumes"]
    secret: Manifest = next(volume["secret"] for volume in volumes if "secret" in volume)
    return secret


def _scaler(name: str) -> Manifest:
    metadata = {"name": name, "namespace": "n"}
    return {
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata,
        "spec": {"scaleTargetRef": {"name": name}, "minReplicas": 1},
    }


def _ingress(service: str, port: str = "http") -> Manifest:
    backend = {"service": {"name": service, "port": {"name": port}}}
    rules = [{"http": {"paths": [{"backend": backend}]}}]
    return {"kind": "Ingress", "metadata": {"name": "x", "namespace": "n"}, "spec": {"rules": rules}}


SECRET_VARIABLES = ("DATABASE_URL", "JWT_SECRET", "GEMINI_API_KEY", "BETTER_AUTH_SECRET")

# Ways to break the gate's golden rules and the further ones, by what they concern.
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
        lambda ms: _secret_volume(ms).pop("items"),
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
    "scaling": [
        lambda ms: ms.append(_scaler("todo-gone")),
        lambda ms: ms.append(_scaler("todo-backend")),
    ],
    "ways_in": [
        lambda ms: ms.append(_ingress("gone")),
        lambda ms: ms.append(_ingress("todo-frontend-service", "gone")),
    ],
    "services": [
        lambda ms: _first(ms, "Service")["spec"]["selector"].update(app="gone"),
        lambda ms: _first(ms, "Service")["spec"]["ports"][0].update(targetPort="gone"),
    ],
}


def _findings(manifests: list[Manifest]) -> list[str]:
    golden = [check for check in pod_rules.check(manifests, SECRET_VARIABLES) if not check.ok]
    return [f"{check.name}: {check.detail}" for check in golden] + [text for rule in RULES for text in rule(manifests)]


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_the_chart_keeps_every_rule(chart: Renderer, files: tuple[str, ...]) -> None:
    assert _findings(chart.render(*files)) == []


@pytest.mark.parametrize(
    "breach",
    [pytest.param(breach, id=f"{name}-{i}") for name, some in BREACHES.items() for i, breach in enumerate(some)],
)
def test_a_rule_finds_the_breach(development: list[Manifest], breach: Breach) -> None:
    breach(development)
    assert _findings(development)


def test_every_further_rule_has_its_breaches() -> None:
    assert {rule.__name__ for rule in RULES} <= BREACHES.keys()
