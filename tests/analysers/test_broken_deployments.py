"""The analysers on a real cluster: a healthy deployment, then five broken ones, each named, each healed again.

Run with `tox -e acceptance -- tests/analysers`: the deployment is the gate's own, everything is gone afterwards.
"""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s import cli
from pytest_todo_k8s.analysis.health import as_text, examine
from pytest_todo_k8s.cluster.kube import Kube
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.redaction import Redactor
from pytest_todo_k8s.tools.toolchain import Toolchain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_todo_k8s.analysis.results import HealthReport
    from pytest_todo_k8s.fixtures import TodoCluster

DEADLINE_S = 150.0


class Place:
    """The deployment, as somebody who may change it."""

    def __init__(self, cluster: TodoCluster, logs: Path) -> None:
        toolchain = Toolchain.load(os.environ)
        self.cluster, self.logs = cluster, logs
        self.commands = CommandRunner(toolchain.child_environment(os.environ))
        self.kubectl = [str(toolchain.path("kubectl")), "--kubeconfig", str(cluster.kubeconfig)]
        self.kubectl += ["--context", cluster.context, "--namespace", cluster.namespace]

    def ask(self, *words: str) -> str:
        return self.commands.run([*self.kubectl, *words], timeout_s=180).stdout

    def health(self) -> HealthReport:
        kube = Kube(self.cluster.kubeconfig, self.cluster.context)
        return examine(kube, self.cluster.namespace, self.logs, Redactor())

    def healthy(self) -> HealthReport:
        """Wait until all is well."""
        deadline = time.monotonic() + DEADLINE_S
        while not (report := self.health()).healthy:
            assert time.monotonic() < deadline, as_text(report)
            time.sleep(2)
        return report


@pytest.fixture(autouse=True)
def default_sigterm() -> Iterator[None]:
    """The command installs a handler of its own."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def place(todo_cluster: TodoCluster, tmp_path: Path) -> Place:
    found = Place(todo_cluster, tmp_path / "logs")
    found.healthy()
    return found


@pytest.fixture
def broken(request: pytest.FixtureRequest, place: Place) -> Iterator[tuple[Place, str]]:
    """A deployment with one thing wrong, healed afterwards."""
    deployment, patch, reason = request.param
    place.ask("patch", "deployment", deployment, "--type=strategic", f"--patch={json.dumps(patch)}")
    yield place, reason
    place.ask("rollout", "undo", f"deployment/{deployment}")
    place.ask("rollout", "status", f"deployment/{deployment}", "--timeout=120s")


def container(name: str, **parts: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": [{"name": name, **parts}]}}}}


def missing_key() -> dict[str, Any]:
    reference = {"secretKeyRef": {"name": "todo-app-secrets", "key": "NO_SUCH_KEY"}}
    return container("backend", env=[{"name": "JWT_SECRET", "valueFrom": reference}])


BROKEN = {
    "wrong tag": ("todo-backend", container("backend", image="todo-backend:no-such-tag"), "ErrImageNeverPull"),
    "missing key": ("todo-backend", missing_key(), "CreateContainerConfigError"),
    "crash loop": (
        "todo-backend",
        container("backend", command=["python", "-m", "no_such_module"]),
        "CrashLoopBackOff",
    ),
    "memory limit too low": (
        "todo-frontend",
        container("frontend", resources={"requests": {"memory": "24Mi"}, "limits": {"memory": "24Mi"}}),
        "OOMKilled",
    ),
    "readiness path wrong": (
        "todo-frontend",
        container("frontend", readinessProbe={"httpGet": {"path": "/no-such-path", "port": "http"}}),
        "ProbeRefused",
    ),
}


def test_a_healthy_deployment_is_healthy(place: Place) -> None:
    report = place.healthy()
    assert report.findings == []
    assert {"Deployment/todo-backend", "Deployment/todo-frontend"} <= {each.name for each in report.workloads}
    assert all(pod.start_to_ready_s is not None for pod in report.pods if pod.phase == "Running")


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys(), indirect=True)
def test_the_cause_is_named(broken: tuple[Place, str]) -> None:
    place, reason = broken
    deadline = time.monotonic() + DEADLINE_S
    report = place.health()
    while reason not in {finding.reason for finding in report.findings}:
        assert time.monotonic() < deadline, as_text(report)
        time.sleep(2)
        report = place.health()
    finding = next(each for each in report.findings if each.reason == reason)
    assert not report.healthy
    assert finding.next_step
    print(f"{finding.cause} -> {finding.next_step}")  # noqa: T201  shown with -s, and where a row fails


def test_recommended_resources_are_applied_by_hash_and_hold(
    place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Measured idle and under load, proposed, approved, rolled out by Helm; then still healthy."""
    words = ["--namespace", place.cluster.namespace, "--out", str(tmp_path / "out")]
    assert cli.main(["assist", "resources", "--load", "--json", *words]) == 0
    result = json.loads(capsys.readouterr().out)
    windows = {(use["window"], use["container"]) for use in result["analysis"]["utilisation"]}
    assert {("idle", "backend"), ("load", "backend"), ("idle", "frontend"), ("load", "frontend")} <= windows
    assert all(use["seconds"] >= 60 for use in result["analysis"]["utilisation"])
    (proposal,) = result["proposals"]
    assert proposal["review"] == {"allowed": True, "violations": []}
    assert cli.main(["assist", "resources", "--apply", proposal["sha256"], *words]) == 0
    assert "helm upgrade took" in capsys.readouterr().out
    place.ask("rollout", "status", "deployment/todo-backend", "--timeout=120s")
    wanted = next(
        figure["proposed"]
        for figure in result["analysis"]["recommendations"]
        if (figure["part"], figure["kind"], figure["resource"]) == ("backend", "limits", "cpu")
    )
    found = json.loads(place.ask("get", "deployment", "todo-backend", "--output=json"))
    assert found["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["cpu"] == wanted
    assert place.healthy().healthy
