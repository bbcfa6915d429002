"""Every value does what it says, and nothing else is accepted."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.tools.helm import HelmError
from tests.chart.conftest import FOLDER, TAGS, defaults
from tests.chart.rules import Manifest, of_kind, pods

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
    ("imagePullPolicy", "IfNotPresent", '"imagePullPolicy": "IfNotPresent"'),
    ("backend.image.repository", "registry.test:5000/a/b", '"image": "registry.test:5000/a/b:of-backend"'),
    ("backend.image.tag", "1.2.3", '"image": "todo-backend:1.2.3"'),
    ("backend.replicas", 3, '"replicas": 3'),
    ("backend.env", {"LOG_LEVEL": "debug"}, '{"name": "LOG_LEVEL", "value": "debug"}'),
    ("backend.service.port", 9090, '"value": "http://todo-backend-service:9090"'),
    ("backend.resources", RESOURCES, '"ephemeral-storage": "32Mi"'),
    ("frontend.image.repository", "other", '"image": "other:of-frontend"'),
    ("frontend.image.tag", "1.2.3", '"image": "todo-frontend:1.2.3"'),
    ("frontend.replicas", 5, '"replicas": 5'),
    ("frontend.cookieSecure", True, '{"name": "COOKIE_SECURE", "value": "true"}'),
    ("frontend.env", {"LOG_LEVEL": "debug"}, '{"name": "LOG_LEVEL", "value": "debug"}'),
    ("frontend.service.port", 8000, '"port": 8000'),
    ("frontend.service.nodePort", 30080, '"nodePort": 30080'),
    ("frontend.resources", RESOURCES, '"ephemeral-storage": "32Mi"'),
    ("migrate.backoffLimit", 7, '"backoffLimit": 7'),
    ("migrate.activeDeadlineSeconds", 77, '"activeDeadlineSeconds": 77'),
    ("migrate.ttlSecondsAfterFinished", 777, '"ttlSecondsAfterFinished": 777'),
    ("migrate.resources", RESOURCES, '"ephemeral-storage": "32Mi"'),
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
        if isinstance(value, dict) and key not in ("resources", "env"):
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
    assert text.count('{"ports": [{"port": 6543}]}') == len(["backend", "migrate"])


def test_every_value_has_its_test() -> None:
    elsewhere = {"networkPolicy.enabled", "networkPolicy.databasePort"}
    assert set(_leaves(defaults())) == {path for path, *_ in EFFECTS} | elsewhere


@pytest.mark.parametrize(("path", "value", "message"), REFUSED, ids=[f"{path}={value}" for path, value, _ in REFUSED])
def test_a_wrong_value_is_refused_with_its_place(chart: Renderer, path: str, value: Any, message: str) -> None:
    with pytest.raises(HelmError) as raised:
        chart.template("values-dev.yaml", values=_tree(path, value))
    assert message in str(raised.value)


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


def test_two_prefixes_share_no_object(chart: Renderer) -> None:
    def names(manifests: list[Manifest]) -> set[tuple[str, str]]:
        return {(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests}

    blue, green = (chart.render("values-dev.yaml", values={"namePrefix": prefix}) for prefix in ("blue", "green"))
    assert len(names(blue)) == len(blue)
    assert not names(blue) & names(green)
    assert not [pod for pod in pods(blue) if "todo" in pod.labels["app"]]


def test_the_readme_lists_every_value_with_its_default() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| `([A-Za-z.]+)` \| `(.*?)` \|", text, re.MULTILINE))
    values = defaults()

    def default(path: str) -> str:
        value: Any = values
        for key in path.split("."):
            value = value[key]
        return json.dumps(value)

    leaves = [path for path in _leaves(values) if not path.endswith("resources")]
    assert {path: default(path) for path in leaves} == documented
