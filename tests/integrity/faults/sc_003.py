"""Deployments that do not come up, or do not stay up."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from tests.integrity.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integrity.world import Trial

AGAIN_S = 60.0
KILL = """
for file in $(find /sys/fs/cgroup -path "*$1*" -name cgroup.procs); do kill -9 $(cat "$file"); exit; done
"""


@contextlib.contextmanager
def unknown_tag(trial: Trial) -> Iterator[None]:
    trial.own_namespace()
    build = trial.context.evidence.build
    assert build is not None
    for image in build.images:
        if image.name == "frontend":
            image.reference += "-gone"
    yield


@contextlib.contextmanager
def refused_setting(trial: Trial) -> Iterator[None]:
    trial.own_namespace()
    file = trial.folder / "values.yaml"
    file.write_text("backend: {env: {LOG_LEVEL: loudest}}\n", encoding="utf-8")
    trial.set(values=(file,))
    yield


@contextlib.contextmanager
def nowhere(trial: Trial) -> Iterator[None]:
    trial.own_namespace()
    file = trial.copy() / "charts/todo-chatbot-chart/templates/backend-deployment.yaml"
    text = file.read_text(encoding="utf-8")
    place = "      containers:\n        - name: backend\n"
    assert place in text
    file.write_text(text.replace(place, f"      nodeSelector: {{disk: none}}\n{place}"), encoding="utf-8")
    yield


@contextlib.contextmanager
def killed(trial: Trial) -> Iterator[None]:
    kube, namespace = trial.context.kube, trial.context.settings.namespace
    trial.node("sh", "-c", KILL, "kill", trial.container("frontend"))
    until = time.monotonic() + AGAIN_S
    while time.monotonic() < until:
        pods = kube.items(f"/api/v1/namespaces/{namespace}/pods", labelSelector="app=todo-frontend")
        if any(each["restartCount"] for pod in pods for each in pod["status"]["containerStatuses"]):
            break
        time.sleep(1)
    yield


LATE = {"SC-007": "the log of a container before its restart is a finding of its own"}
FAULTS = (
    Fault(
        "SC-003", "an image tag that the node does not have", r"ErrImageNeverPull|not present", ("deploy",), unknown_tag
    ),
    Fault("SC-003", "a backend that ends at once (crash loop)", r"LOG_LEVEL", ("deploy",), refused_setting),
    Fault("SC-003", "a pod that fits on no node", r"node", ("deploy",), nowhere),
    Fault("SC-003", "a frontend that is killed after it was ready", r"restarted 1 times", ("settle",), killed, LATE),
)
