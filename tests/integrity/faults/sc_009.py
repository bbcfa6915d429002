"""Manifests that are wrong, and objects that are not of the chart."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from tests.integrity import pods
from tests.integrity.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integrity.world import Trial

CHART = "charts/todo-chatbot-chart"


@contextlib.contextmanager
def unknown_field(trial: Trial) -> Iterator[None]:
    trial.own_namespace()
    file = trial.copy() / CHART / "templates/backend-service.yaml"
    text = file.read_text(encoding="utf-8")
    assert "  type: ClusterIP\n" in text
    file.write_text(text.replace("  type: ClusterIP\n", "  type: ClusterIP\n  sorts: true\n"), encoding="utf-8")
    yield


@contextlib.contextmanager
def any_values(trial: Trial) -> Iterator[None]:
    trial.own_namespace()
    file = trial.copy() / CHART / "values.schema.json"
    file.write_text("{}\n", encoding="utf-8")
    yield


@contextlib.contextmanager
def by_hand(trial: Trial) -> Iterator[None]:
    with pods.made(trial, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "by-hand"}}):
        yield


@contextlib.contextmanager
def changed(trial: Trial) -> Iterator[None]:
    def surge(pods: int) -> None:
        change = {"spec": {"strategy": {"rollingUpdate": {"maxSurge": pods}}}}
        trial.kubectl("patch", "deployment", "todo-backend", "--type=merge", "-p", json.dumps(change))

    surge(2)
    try:
        yield
    finally:
        surge(1)


FAULTS = (
    Fault("SC-009", "a field that Kubernetes does not know", r"sorts", ("deploy",), unknown_field),
    Fault("SC-009", "a values schema that accepts anything", r"it was accepted", ("deploy",), any_values),
    Fault("SC-009", "an object applied by hand", r"ConfigMap/by-hand is in no template", ("settle",), by_hand),
    Fault(
        "SC-009", "an object of the release changed by hand", r"maxSurge is 2, the release says 1", ("settle",), changed
    ),
)
