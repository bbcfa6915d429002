"""Every value does what it says, and nothing else is accepted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest

from pytest_todo_k8s.tools.helm import HelmError
from tests.chart.conftest import TAGS, defaults, merged
from tests.chart.readme import WHOLE
from tests.chart.rules import SCHEMAS, Manifest, of_kind, pods

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chart.conftest import Renderer

RESOURCES = {
    "requests": {"cpu": "11m", "memory": "21Mi", "ephemeral-storage": "31Mi"},
    "limits": {"cpu": "12m", "memory": "22Mi", "ephemeral-storage": "32Mi"},
}

# A value's dotted path, what it is set to, and a piece of the rendered release, as JSON, that then appears.
EFFECTS: list[tuple[str, Any, str]] = [
    ("namePrefix", "shop", '"name": "shop-backend-service"'),
    ("existingSecret", "my-secret", '"secretKeyRef": {"name": "my-secret", "key": "JWT_SECRET"}'),
    ("registry", "registry.test:5000/team", '"image": "registry.test:5000/team/todo-backend:of-backend"'),
    ("imagePullSecrets", ["login"], '"imagePullSecrets": [{"name": "login"}]'),
    ("imagePullPolicy", "IfNotPresent", '"imagePullPolicy": "IfNotPresent"'),
    ("backend.image.repository", "registry.test:5000/a/b", '"image": "registry.test:5000/a/b:of-backend"'),
    ("backend.image.tag", "1.2.3", '"image": "todo-backend:1.2.3"'),
    ("backend.replicas", 3, '"replicas": 3'),
    ("backend.autoscaling.enabled", True, '"kind": "HorizontalPodAutoscaler"'),
    ("backend.env", {"LOG_LEVEL": "debug"}, '{"name": "LOG_LEVEL", "value": "debug"}'),
    ("backend.service.port", 9090, '"value": "http://todo-backend-service:9090"'),
    ("backend.resources", RESOURCES, '"ephemeral-storage": "32Mi"'),
    ("frontend.image.repository", "other", '"image": "other:of-frontend"'),
    ("frontend.image.tag", "1.2.3", '"image": "todo-frontend:1.2.3"'),
    ("frontend.replicas", 5, '"replicas": 5'),
    ("frontend.autoscaling.enabled", True, '"minReplicas": 2, "maxReplicas": 4'),
    ("frontend.cookieSecure", True, '{"name": "COOKIE_SECURE", "value": "true"}'),
    ("frontend.env", {"LOG_LEVEL": "debug"}, '{"name": "LOG_LEVEL", "value": "debug"}'),
    ("frontend.service.type", "ClusterIP", '"type": "ClusterIP", "selector": {"app": "todo-frontend"'),
    ("frontend.service.port", 8000, '"port": 8000'),
    ("frontend.service.nodePort", 30080, '"nodePort": 30080'),
    ("frontend.resources", RESOURCES, '"ephemeral-storage": "32Mi"'),
    ("migrate.backoffLimit", 7, '"backoffLimit": 7'),
    ("migrate.activeDeadlineSeconds", 77, '"activeDeadlineSeconds": 77'),
    ("migrate.ttlSecondsAfterFinished", 777, '"ttlSecondsAfterFinished": 777'),
    ("migrate.resources", RESOURCES, '"ephemeral-storage": "32Mi"'),
    ("test.resources", RESOURCES, '"ephemeral-storage": "32Mi"'),
    (
        "postgres.enabled",
        False,
        '{"port": 53, "protocol": "TCP"}]}, {"ports": [{"port": 5432}]}]',
    ),
    ("postgres.image.repository", "other", '"image": "other:of-postgres"'),
    ("postgres.image.tag", "17.1", '"image": "todo-postgres:17.1"'),
    ("postgres.existingSecret", "my-secret", '"secretName": "my-secret"'),
    ("postgres.storage.size", "3Gi", '"storage": "3Gi"'),
    ("postgres.storage.className", "fast", '"storageClassName": "fast"'),
    ("postgres.storage.onUninstall", "Retain", '"helm.sh/resource-policy": "keep"'),
    ("postgres.resources", RESOURCES, '"ephemeral-storage": "32Mi"'),
    (
        "geminiEmulator.enabled",
        False,
        '{"name": "PORT", "value": "8080"}, {"name": "LOG_LEVEL", "value": "info"}, {"name": "DATABASE_URL"',
    ),
    ("geminiEmulator.image.repository", "other", '"image": "other:of-geminiEmulator"'),
    ("geminiEmulator.image.tag", "1.2.3", '"image": "todo-gemini-emulator:1.2.3"'),
    ("geminiEmulator.resources", RESOURCES, '"ephemeral-storage": "32Mi"'),
    ("preStopSleepSeconds", 9, '"sleep": {"seconds": 9}'),
    ("terminationGracePeriodSeconds", 99, '"terminationGracePeriodSeconds": 99'),
    ("networkPolicy.backendHttpsEgress", True, '{"ports": [{"port": 443}]}'),
]

# A value, and what the message must name: the place and what is wrong there.
REFUSED: list[tuple[str, Any, str]] = [
    ("backend.replica", 1, "at '/backend': additional properties 'replica' not allowed"),
    ("nonsense", {}, "additional properties 'nonsense' not allowed"),
    ("backend.replicas", "two", "at '/backend/replicas': got string, want integer"),
    ("backend.replicas", 0, "at '/backend/replicas': minimum: got 0, want 1"),
    ("frontend.cookieSecure", "no", "at '/frontend/cookieSecure': got string, want boolean"),
    ("frontend.service.nodePort", 70000, "at '/frontend/service/nodePort': maximum: got 70,000, want 65,535"),
    ("backend.image.tag", "a b", "at '/backend/image/tag': 'a b' does not match pattern"),
    ("backend.image.tag", 17, "at '/backend/image/tag': got number, want string"),
    ("backend.image.repository", "", "at '/backend/image/repository'"),
    ("registry", "https://x.test", "at '/registry': 'https://x.test' does not match pattern"),
    ("imagePullSecrets", "login", "at '/imagePullSecrets': got string, want array"),
    ("ingress.enabled", True, "at '/ingress/host': minLength: got 0, want 1"),
    ("ingress.host", "http://x", "at '/ingress/host': 'http://x' does not match pattern"),
    (
        "frontend.service.type",
        "LoadBalancer",
        "at '/frontend/service/type': value must be one of 'NodePort', 'ClusterIP'",
    ),
    ("backend.autoscaling.targetCPUPercent", 0, "at '/backend/autoscaling/targetCPUPercent': minimum: got 0, want 1"),
    ("existingSecret", "Upper_Case", "at '/existingSecret': 'Upper_Case' does not match pattern"),
    ("imagePullPolicy", "Sometimes", "at '/imagePullPolicy': value must be one of 'Never', 'IfNotPresent', 'Always'"),
    (
        "postgres.storage.onUninstall",
        "Keep",
        "at '/postgres/storage/onUninstall': value must be one of 'Retain', 'Delete'",
    ),
    ("backend.env", {"JWT_SECRET": "x"}, "at '/backend/env/JWT_SECRET'"),
    ("frontend.env", {"PORT": "1"}, "at '/frontend/env/PORT'"),
    ("backend.env", {"NUMBER": 1}, "at '/backend/env/NUMBER': got number, want string"),
    ("backend.resources.limits", None, "at '/backend/resources': missing property 'limits'"),
    ("backend.resources.limits", {"cpu": "much"}, "at '/backend/resources/limits/cpu': 'much' does not match pattern"),
]


def _tree(path: str, value: Any) -> dict[str, Any]:
    for key in reversed(path.split(".")):
        value = {key: value}
    result: dict[str, Any] = value
    return result


def _leaves(tree: dict[str, Any], path: str = "") -> Iterator[str]:
    """Dotted paths of all values; resources and variables count as one value each."""
    for key, value in tree.items():
        if isinstance(value, dict) and key not in WHOLE:
            yield from _leaves(value, f"{path}{key}.")
        else:
            yield path + key


@pytest.mark.parametrize(("path", "value", "effect"), EFFECTS, ids=[path for path, *_ in EFFECTS])
def test_a_value_changes_what_it_should(chart: Renderer, path: str, value: Any, effect: str) -> None:
    before = json.dumps(chart.render("values-dev.yaml"))
    after = json.dumps(chart.render("values-dev.yaml", values=_tree(path, value)))
    assert effect not in before
    assert effect in after


def test_without_network_policies_there_are_none(chart: Renderer) -> None:
    assert not of_kind(chart.render("values-dev.yaml", values=_tree("networkPolicy.enabled", False)), "NetworkPolicy")


def test_a_database_outside_is_reached_on_its_port(chart: Renderer) -> None:
    text = json.dumps(of_kind(chart.render(values=_tree("networkPolicy.databasePort", 6543)), "NetworkPolicy"))
    assert text.count('{"ports": [{"port": 6543}]}') == len(["backend", "migrate", "test"])


@pytest.mark.parametrize("part", ["backend", "frontend"])
def test_an_autoscaler_goes_by_its_values(chart: Renderer, part: str) -> None:
    autoscaling = {"enabled": True, "minReplicas": 1, "maxReplicas": 7, "targetCPUPercent": 55}
    manifests = chart.render("values-dev.yaml", values={part: {"autoscaling": autoscaling}})
    (scaler,) = of_kind(manifests, "HorizontalPodAutoscaler")
    assert scaler["spec"]["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"todo-{part}"}
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (1, 7)
    assert scaler["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 55
    (deployment,) = [m for m in of_kind(manifests, "Deployment") if m["metadata"]["name"] == f"todo-{part}"]
    assert "replicas" not in deployment["spec"]
    assert f"todo-{part}" not in {m["metadata"]["name"] for m in of_kind(manifests, "PodDisruptionBudget")}


def test_an_ingress_goes_by_its_values(chart: Renderer) -> None:
    values = {"enabled": True, "host": "a.test", "className": "c", "tlsSecret": "s", "annotations": {"x.test/y": "1"}}
    (ingress,) = of_kind(chart.render(values={"ingress": values}), "Ingress")
    assert ingress["metadata"]["annotations"] == {"x.test/y": "1"}
    assert ingress["spec"]["ingressClassName"] == "c"
    assert ingress["spec"]["tls"] == [{"secretName": "s", "hosts": ["a.test"]}]
    (rule,) = ingress["spec"]["rules"]
    assert rule["host"] == "a.test"
    assert rule["http"]["paths"][0]["backend"]["service"]["name"] == "todo-frontend-service"


def test_a_plain_ingress_has_neither_class_nor_certificate(chart: Renderer) -> None:
    (ingress,) = of_kind(chart.render(values={"ingress": {"enabled": True, "host": "a.test"}}), "Ingress")
    assert ingress["spec"].keys() == {"rules"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"preStopSleepSeconds": 45},
            "preStopSleepSeconds (45) must be less than terminationGracePeriodSeconds (45)",
        ),
        (
            {"backend": {"autoscaling": {"enabled": True, "minReplicas": 5}}},
            "backend.autoscaling.minReplicas (5) must not be more than backend.autoscaling.maxReplicas (4)",
        ),
        (
            {"frontend": {"service": {"type": "ClusterIP", "nodePort": 30080}}},
            "frontend.service.nodePort (30080) is only for frontend.service.type NodePort, not ClusterIP",
        ),
        (
            {"migrate": {"resources": {"requests": {"memory": "1Gi"}}}},
            "migrate.resources: the request of memory (1Gi) must not be more than its limit (256Mi)",
        ),
        (
            {"postgres": {"resources": {"requests": {"cpu": "1001m"}}}},
            "postgres.resources: the request of cpu (1001m) must not be more than its limit (1)",
        ),
    ],
)
def test_values_at_odds_are_refused_with_one_sentence(
    either_helm: Renderer, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(HelmError) as raised:
        either_helm.template("values-dev.yaml", values=merged(TAGS, values))
    assert message in str(raised.value)


def test_every_value_has_its_test() -> None:
    elsewhere = {"networkPolicy.enabled", "networkPolicy.databasePort"}
    elsewhere |= {f"ingress.{key}" for key in ("enabled", "className", "host", "tlsSecret", "annotations")}
    elsewhere |= {
        f"{part}.autoscaling.{key}"
        for part in ("backend", "frontend")
        for key in ("minReplicas", "maxReplicas", "targetCPUPercent")
    }
    assert set(_leaves(defaults())) == {path for path, *_ in EFFECTS} | elsewhere


@pytest.mark.parametrize(("path", "value", "message"), REFUSED, ids=[f"{path}={value}" for path, value, _ in REFUSED])
def test_a_wrong_value_is_refused_with_its_place(either_helm: Renderer, path: str, value: Any, message: str) -> None:
    with pytest.raises(HelmError) as raised:
        either_helm.template("values-dev.yaml", values=_tree(path, value))
    assert message in str(raised.value)
    assert str(raised.value).count("\n") == 0


@pytest.mark.parametrize("part", ["backend", "frontend", "postgres", "geminiEmulator"])
def test_an_empty_tag_stops_the_rendering_with_one_sentence(chart: Renderer, part: str) -> None:
    with pytest.raises(HelmError, match=rf"{part}\.image\.tag is empty: give the tag of the image to run"):
        chart.template("values-dev.yaml", values={**TAGS, part: {"image": {"tag": ""}}})


@pytest.mark.parametrize("name", ["GEMINI_BASE_URL", "GOOGLE_GEMINI_BASE_URL"])
def test_the_emulator_and_another_address_contradict_each_other(chart: Renderer, name: str) -> None:
    values = _tree(f"backend.env.{name}", "https://model.example")
    with pytest.raises(HelmError, match=rf"backend\.env\.{name} and geminiEmulator\.enabled contradict each other"):
        chart.render("values-dev.yaml", values=values)
    assert "https://model.example" in json.dumps(chart.render(values=values))


def test_release_and_namespace_are_free(chart: Renderer) -> None:
    manifests = chart.render("values-dev.yaml", release="blue", namespace="shop")
    assert {manifest["metadata"]["namespace"] for manifest in manifests} == {"shop"}
    assert {manifest["metadata"]["labels"]["app.kubernetes.io/instance"] for manifest in manifests} == {"blue"}
    assert "todo-app-dev" not in json.dumps(manifests)


@pytest.mark.parametrize("name", ["0", "1e3", "true", "null"])
def test_names_that_look_like_something_else_stay_names(chart: Renderer, name: str) -> None:
    values = {"existingSecret": name, "imagePullSecrets": [name], "postgres": {"existingSecret": name}}
    for manifest in chart.render("values-dev.yaml", values=values, release=name, namespace=name):
        kubernetes_validate.validate(manifest, SCHEMAS, strict=True)


def test_two_prefixes_share_no_object(chart: Renderer) -> None:
    def names(manifests: list[Manifest]) -> set[tuple[str, str]]:
        return {(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests}

    blue, green = (chart.render("values-dev.yaml", values={"namePrefix": prefix}) for prefix in ("blue", "green"))
    assert len(names(blue)) == len(blue)
    assert not names(blue) & names(green)
    assert not [pod for pod in pods(blue) if "todo" in pod.labels["app"]]
