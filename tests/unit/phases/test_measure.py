"""The measure phase with a small application, a recorded cgroup tree and a reader that really runs."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.cluster.provider import Endpoint
from pytest_todo_k8s.context import Deployment, RunContext
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.measurements import Latency
from pytest_todo_k8s.measuring import cgroups, series, window
from pytest_todo_k8s.measuring.exec_reader import Interpreter
from pytest_todo_k8s.measuring.series import Pace
from pytest_todo_k8s.phases import measure
from pytest_todo_k8s.settings import LoadShape
from pytest_todo_k8s.tools.redaction import Secret
from tests.unit.cluster.stubs import Stubs
from tests.unit.running import run_context
from tests.unit.todo_server import todo_server

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_todo_k8s.tools.command import BackgroundCommand

CONTAINER = "c" * 64
FILES = {
    "cpu.max": "50000 100000\n",
    "cpu.stat": "usage_usec 2000000\nnr_periods 7\nnr_throttled 2\n",
    "memory.current": "3000\n",
    "memory.max": "100000\n",
    "memory.stat": "inactive_file 1000\n",
}
POD = {
    "metadata": {"name": "todo-backend-1", "labels": {"app": "todo-backend"}},
    "spec": {"containers": [{"name": "backend", "resources": {"limits": {"cpu": "500m", "memory": "100k"}}}]},
    "status": {"containerStatuses": [{"name": "backend", "containerID": f"x://{CONTAINER}", "state": {"running": {}}}]},
}


class FakeKube:
    """Pods, and what metrics.k8s.io says of them."""

    def __init__(self, *, metrics: bool) -> None:
        self.metrics = metrics

    def items(self, path: str, **_query: str) -> list[dict[str, Any]]:
        if not path.startswith("/apis/metrics.k8s.io"):
            return [POD]
        if not self.metrics:
            raise KubeError(404, "NotFound", "the server could not find the requested resource")
        now = dt.datetime.now(dt.UTC).isoformat().replace("+00:00", "Z")
        usage = {"cpu": "10m", "memory": "2k"}
        return [
            {
                "metadata": POD["metadata"],
                "timestamp": now,
                "window": "15s",
                "containers": [{"name": "backend", "usage": usage}],
            }
        ]


class FakeCluster:
    """Runs what is meant for the node here."""

    reaches_nodes = True
    context = "dev"
    kubeconfig = Path("kubeconfig")

    def __init__(self, run: RunContext, argv: Sequence[str] | None) -> None:
        self.run = run
        self.argv = argv

    def start_on_node(self, argv: Sequence[str]) -> BackgroundCommand:
        return self.run.commands.start(self.argv or argv)


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups.on_node, "__defaults__", (str(tmp_path / "cgroup"),))
    monkeypatch.setattr(window, "SPARE_READINGS", 1)
    monkeypatch.setattr(measure, "PAGE_PACE", Pace(limit_s=3, interval_s=0.02, timeout_s=5.0))
    monkeypatch.setattr(series, "CALIBRATION_INTERVAL_S", 0.001)
    monkeypatch.setattr(measure, "backend_latency", lambda _context, _health, _pace: Latency(target="t", route="r"))


def run(
    tmp_path: Path, *, metrics: bool = True, argv: Sequence[str] | None = None, faults: str = "", **parts: Any
) -> RunContext:
    scope = tmp_path / "cgroup/kubepods" / f"cri-{CONTAINER}.scope"
    scope.mkdir(parents=True)
    for name, text in FILES.items():
        (scope / name).write_text(text)
    context = run_context(tmp_path, kube=FakeKube(metrics=metrics), **parts)
    context.settings = dataclasses.replace(context.settings, load=LoadShape(20, 0.5))
    cluster: Any = FakeCluster(context, argv)
    context.cluster = cluster
    with todo_server(faults) as server:
        context.deployment = Deployment(Endpoint(server.url, server.url), "", Secret("x"))
        measure.run(context)
    return context


def test_page_series_load_and_use(tmp_path: Path) -> None:
    found = run(tmp_path).evidence.measure
    assert found is not None
    assert found.page is not None
    assert (found.page.error, len(found.page.assets)) == (None, 3)
    assert found.frontend is not None
    assert len(found.frontend.samples) == 59
    assert found.load is not None
    assert (found.load.requests, found.load.errors) == (10, 0)
    (usage,) = found.usage
    assert (usage.cpu_limit_cores, usage.memory_limit_bytes) == (0.5, 100000)
    assert [(sample.cpu_s, sample.working_set_bytes) for sample in usage.samples] == [(2, 2000)] * 2
    assert usage.metrics_api is not None
    assert found.usage_source == "cgroup v2, read on the node every second"


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stubs:
    """Put the node out of reach; kubectl enters containers, which are this machine."""
    monkeypatch.setattr(FakeCluster, "reaches_nodes", False)
    scope = str(tmp_path / "cgroup/kubepods" / f"cri-{CONTAINER}.scope")
    monkeypatch.setattr(Interpreter.command, "__defaults__", (scope,))
    stubs = Stubs(tmp_path)
    stubs.add("kubectl", 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"')
    return stubs


def test_where_nodes_are_out_of_reach_containers_are_read_from_within(tmp_path: Path, inside: Stubs) -> None:
    found = run(tmp_path, toolchain=inside.toolchain()).evidence.measure
    assert found is not None
    (usage,) = found.usage
    assert (usage.cpu_limit_cores, usage.memory_limit_bytes) == (0.5, 100000)
    assert [(sample.cpu_s, sample.working_set_bytes) for sample in usage.samples] == [(2, 2000)] * 2
    assert usage.samples_reason is None
    assert found.usage_source == (
        "cgroup v2, read every second by a process in each container (sh in todo-backend/backend), whose own use is in "
        "the figures"
    )


def test_a_container_that_can_not_be_entered_is_unmeasured_and_the_load_is_sent(tmp_path: Path, inside: Stubs) -> None:
    inside.add("kubectl", "exit 1")
    found = run(tmp_path, toolchain=inside.toolchain()).evidence.measure
    assert found is not None
    assert found.load is not None
    assert found.load.requests == 10
    (usage,) = found.usage
    assert usage.samples == []
    assert str(usage.samples_reason).startswith("no reader works in it (sh: it said nothing; python3: ")
    assert usage.metrics_api is not None
    assert str(found.usage_source).startswith("cgroup files not found, read every second")


def test_only_what_is_asked_for_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = run_context(tmp_path)
    context.settings = dataclasses.replace(context.settings, only=("SC-005",))
    context.deployment = Deployment(Endpoint("http://192.0.2.1", "http://192.0.2.1"), "", Secret("x"))
    monkeypatch.setattr(measure, "backend_latency", lambda _context, _health, _pace: Latency(target="t", route="r"))
    measure.run(context)
    found = context.evidence.measure
    assert found is not None
    assert (found.page, found.frontend, found.load, found.usage) == (None, None, None, [])
    assert found.backend is not None


def test_without_metrics_the_reason_is_told(tmp_path: Path) -> None:
    found = run(tmp_path, metrics=False).evidence.measure
    assert found is not None
    reason = "metrics.k8s.io does not answer: the server could not find the requested resource"
    assert found.usage[0].metrics_reason == reason


def test_a_broken_page_is_evidence_not_an_error(tmp_path: Path) -> None:
    found = run(tmp_path, faults="page").evidence.measure
    assert found is not None
    assert found.page is not None
    assert found.page.error == "status 404"
    assert found.frontend is not None
    assert not any(sample.ok for sample in found.frontend.samples)


def test_a_reader_that_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(PhaseError, match="cgroups can't be read on the node; the reader said: no such container"):
        run(tmp_path, argv=["sh", "-c", "echo no such container; exit 1"])
