from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.kept import Kept
from pytest_todo_k8s.measurements import ContainerUsage, Deploy, Manifests
from pytest_todo_k8s.measurements import Pod as PodEvidence
from pytest_todo_k8s.measuring.window import Window
from pytest_todo_k8s.phases import settle
from tests.unit.cluster.release import pod, state, up
from tests.unit.phases.live import NAMESPACE, LiveKube, context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.measurements import Settle

READY = "2026-01-01T00:00:07Z"
READ = ContainerUsage(pod="p", app="a", container="c", cpu_limit_cores=0.5, memory_limit_bytes=100)
PODS = [each["metadata"]["name"] for each in up()]


@pytest.fixture(autouse=True)
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """The containers are read without a node."""

    def observe(_place: object, _seconds: float, meanwhile: Callable[[], None]) -> Window:
        meanwhile()
        return Window([READ], "test")

    monkeypatch.setattr(settle, "observe", observe)


def deployed(folder: Path) -> tuple[RunContext, LiveKube]:
    """Return a run whose pods of `up` were Ready at 00:00:07."""
    run, kube, _ = context(folder)
    pods = [
        PodEvidence(name=name, app="x", ready_s=None if "migrate" in name else 1.0, conditions={"Ready": READY})
        for name in PODS
    ]
    run.evidence.deploy = Deploy(
        release="todo-chatbot",
        revision=1,
        chart="c",
        namespace_uid="u",
        start_s=0.0,
        helm_s=1.0,
        ready_s=2.0,
        pods=pods,
    )
    run.evidence.manifests = Manifests()
    kube.changes = []
    return run, kube


def settled(run: RunContext) -> Settle:
    settle.run(run)
    assert run.evidence.settle is not None
    return run.evidence.settle


def test_a_quiet_start(tmp_path: Path) -> None:
    run, kube = deployed(tmp_path)
    kube.lists[f"{NAMESPACE}/pods"] = [
        {**each, "status": {**each["status"], "containerStatuses": [state("c", running={})]}} for each in up()
    ]
    found = settled(run)
    assert (found.unready, found.events) == ([], [])
    assert [(log.pod, log.lines, log.hits) for log in found.logs] == [(name, 1, []) for name in PODS]
    assert found.restarts == dict.fromkeys(PODS, 0)
    assert run.evidence.manifests is not None
    assert run.evidence.manifests.foreign == []


def test_a_pod_that_leaves_ready_in_the_window_is_seen(tmp_path: Path) -> None:
    run, kube = deployed(tmp_path)
    kube.changes = [
        ("MODIFIED", pod(PODS[0], "todo-frontend", "Running")),
        ("MODIFIED", pod(PODS[0], "todo-frontend", "Running", ready=True)),
        ("DELETED", pod(PODS[2], "todo-postgres", "Running", ready=True)),
        ("MODIFIED", pod(PODS[3], "todo-migrate", "Succeeded")),
        ("ADDED", pod("todo-frontend-new", "todo-frontend")),
        ("IDLE", {}),
    ]
    assert settled(run).unready == [PODS[0], PODS[2]]


def test_a_pod_that_left_ready_before_the_window_is_seen_by_its_condition(tmp_path: Path) -> None:
    run, kube = deployed(tmp_path)
    pods = up()
    pods[1]["status"]["conditions"][0]["lastTransitionTime"] = "2026-01-01T00:00:19Z"
    kube.lists[f"{NAMESPACE}/pods"] = pods[:2] + pods[3:]
    assert settled(run).unready == [PODS[1], PODS[2]]


def test_idle_use_is_read_meanwhile(tmp_path: Path) -> None:
    run, _ = deployed(tmp_path)
    found = settled(run)
    assert (found.idle, found.idle_reason) == ([READ], None)


def test_a_reader_that_does_not_work_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def observe(*_: object) -> Window:
        raise PhaseError("measure", "the reader said: nothing")

    monkeypatch.setattr(settle, "observe", observe)
    run, kube = deployed(tmp_path)
    kube.changes = [("DELETED", pod(PODS[2], "todo-postgres", "Running", ready=True))]
    found = settled(run)
    assert (found.idle, found.idle_reason) == ([], "the reader said: nothing")
    assert PODS[2] in found.unready


def test_of_an_upgrade_only_the_new_pods_are_read(tmp_path: Path) -> None:
    run, kube = deployed(tmp_path)
    old_job = pod("todo-migrate-0-x", "todo-migrate", "Succeeded")
    running = [*up(), old_job]
    kube.lists[f"{NAMESPACE}/pods"] = [
        {**each, "status": {**each["status"], "containerStatuses": [state("c", running={})]}} for each in running
    ]
    kube.lists[f"{NAMESPACE}/events"] = [
        {"type": "Warning", "reason": "Unhealthy", "involvedObject": {"kind": kind, "name": name}}
        for kind, name in [("Pod", PODS[0]), ("Pod", "todo-backend-old"), ("Node", "minikube")]
    ]
    run.kept = Kept(run.journal, "u")
    found = settled(run)
    assert [log.pod for log in found.logs] == PODS
    assert [event.object for event in found.events] == [f"Pod/{PODS[0]}", "Node/minikube"]
    run.kept = None
    found = settled(run)
    assert [log.pod for log in found.logs] == [*PODS, "todo-migrate-0-x"]
    assert len(found.events) == 3


def test_restarts_are_counted(tmp_path: Path) -> None:
    run, kube = deployed(tmp_path)
    kube.lists[f"{NAMESPACE}/pods"][0]["status"]["containerStatuses"] = [state("frontend", 2, running={})]
    found = settled(run)
    assert found.restarts[PODS[0]] == 2
    assert [log.kind for log in found.logs] == ["previous", "container"]


def test_bad_lines_are_hits(tmp_path: Path) -> None:
    run, kube = deployed(tmp_path)
    kube.lists[f"{NAMESPACE}/pods"][0]["status"]["containerStatuses"] = [state("frontend", running={})]
    kube.log = "ERROR: no database\n"
    assert [hit.line for log in settled(run).logs for hit in log.hits] == ["ERROR: no database"]


def test_events_are_before_or_after_ready(tmp_path: Path) -> None:
    run, kube = deployed(tmp_path)
    warning = {"type": "Warning", "involvedObject": {"kind": "Pod", "name": "p"}}
    kube.lists[f"{NAMESPACE}/events"] = [
        {**warning, "reason": "Unhealthy", "message": "a\nb", "count": 8, "lastTimestamp": READY},
        {**warning, "reason": "BackOff", "lastTimestamp": "2026-01-01T00:00:08Z"},
        {
            **warning,
            "reason": "Killing",
            "eventTime": "2026-01-01T00:00:01.5Z",
            "series": {"count": 3, "lastObservedTime": "2026-01-01T00:00:09.123456Z"},
        },
        {**warning, "reason": "Odd", "eventTime": None},
        {**warning, "type": "Normal", "reason": "Scheduled", "lastTimestamp": READY},
    ]
    found = settled(run).events
    assert [(each.reason, each.count, each.after_ready) for each in found] == [
        ("Odd", 1, False),
        ("Unhealthy", 8, False),
        ("BackOff", 1, True),
        ("Killing", 3, True),
    ]
    assert (found[1].object, found[1].message) == ("Pod/p", "a b")


def test_without_a_deployment_it_says_so(tmp_path: Path) -> None:
    run, _ = deployed(tmp_path)
    assert run.evidence.deploy is not None
    run.evidence.deploy.ready_s = None
    with pytest.raises(PhaseError, match="nothing is deployed"):
        settle.run(run)
