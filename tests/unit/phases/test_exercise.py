"""The exercise phase: the way, the row, the new pod, the row again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.cluster.provider import Endpoint
from pytest_todo_k8s.context import Deployment
from pytest_todo_k8s.flows.rows import RowsUnreadableError
from pytest_todo_k8s.measuring import steady
from pytest_todo_k8s.phases import exercise
from pytest_todo_k8s.tools.redaction import Secret
from tests.unit.cluster.stubs import Stubs, cases
from tests.unit.phases.live import machine
from tests.unit.running import run_context
from tests.unit.todo_server import todo_server

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.measurements import Exercise
    from tests.unit.todo_server import TodoServer

WAY = 11


def pod(uid: str, *, ready: bool = True, waiting: str | None = None) -> dict[str, Any]:
    state = {"waiting": {"reason": waiting}} if waiting else {"running": {}}
    return {
        "metadata": {"name": f"todo-backend-{uid}", "uid": uid},
        "status": {
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [{"state": state}],
        },
    }


class FakeKube:
    """Lists of backend pods, one after the other; the last one stays."""

    def __init__(self, *lists: list[dict[str, Any]]) -> None:
        self.lists = list(lists)
        self.deleted: list[tuple[str, str]] = []

    def items(self, _path: str, **_query: str) -> list[dict[str, Any]]:
        return self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]

    def text_part(self, path: str, **_query: object) -> tuple[str, bool]:
        assert path == "/api/v1/namespaces/test-namespace/pods/todo-test/log"
        return "sign up: done\nhelm test failed: log in: 500\n", True

    def delete(self, path: str, uid: str) -> None:
        if uid == "refused":
            raise KubeError(403, "Forbidden", "not allowed")
        self.deleted.append((path, uid))


TESTED = "echo 'Phase:          Succeeded'"
RESTARTED = ([pod("1")], [pod("1"), pod("2", ready=False)], [pod("1"), pod("2")], [pod("2")])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exercise, "_POLL_S", 0.001)
    monkeypatch.setattr(steady, "_POLL_S", 0.001)


def run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kube: FakeKube,
    rows: list[tuple[bool, str] | None],
    *faults: str,
    unready: int = 3,
    chart_test: str = TESTED,
    backend: TodoServer | None = None,
    told: list[str] | None = None,
) -> Exercise:
    answers = iter(rows)

    def find_tasks(_url: Secret, wanted: dict[str, bool], _email: str, _redactor: object) -> tuple[bool, str]:
        assert sorted(wanted.values()) == [False, True]
        if (answer := next(answers)) is None:
            raise RowsUnreadableError("psycopg is not installed")
        return answer

    monkeypatch.setattr(exercise, "find_tasks", find_tasks)
    stubs = Stubs(tmp_path)
    stubs.add("helm", cases(("'test todo-chatbot '*' --timeout 120s'", chart_test)))
    cluster = SimpleNamespace(kubeconfig=tmp_path / "kubeconfig", context="dev")
    context = run_context(tmp_path, kube=kube, cluster=cluster, toolchain=stubs.toolchain(), commands=stubs.commands())
    context.evidence.machine = machine()
    context.progress = (told if told is not None else []).append
    with todo_server(*faults) as server:
        server.unready = unready
        context.deployment = Deployment(
            Endpoint("http://10.0.0.1", server.url), (backend or server).url, Secret("postgresql://x")
        )
        exercise.run(context)
    assert context.evidence.exercise is not None
    return context.evidence.exercise


def test_the_row_outlives_the_backend_s_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kube = FakeKube(*RESTARTED)
    done = run(tmp_path, monkeypatch, kube, [(True, "task 1"), (True, "task 1")])
    assert [step.name for step in done.steps[WAY:]] == [
        "replace the backend's pod",
        "list after the restart",
        "helm test",
    ]
    assert all(step.ok for step in done.steps)
    assert kube.deleted == [("/api/v1/namespaces/test-namespace/pods/todo-backend-1", "1")]
    assert done.row_found is True
    assert done.row_detail == "after the user's way: task 1; after the backend's pod was replaced: task 1"


def test_it_leaves_a_way_to_the_new_backend_that_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with todo_server() as backend:
        backend.unready = 4
        done = run(tmp_path, monkeypatch, FakeKube(*RESTARTED), [(True, "task 1")] * 2, backend=backend)
        assert backend.unready == -steady.IN_A_ROW, "as many good answers one after the other"
    assert all(step.ok for step in done.steps)


def test_a_way_to_the_new_backend_that_does_not_come_back_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steady, "LIMIT_S", 0.1)
    told: list[str] = []
    with todo_server() as backend:
        backend.unready = 10_000
        done = run(tmp_path, monkeypatch, FakeKube(*RESTARTED), [(True, "task 1")] * 2, backend=backend, told=told)
        assert f"exercise: the backend can't be reached at {backend.url} after its pod was replaced: status 503" in told
    assert all(step.ok for step in done.steps), "it is the gate's own way, not the user's"


def test_a_chart_whose_own_test_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = "echo 'Error: pod todo-test failed' >&2; exit 1"
    failed = {
        "metadata": {"name": "todo-test", "annotations": {"helm.sh/hook": "test"}},
        "status": {"containerStatuses": [{"name": "test", "state": {"terminated": {"exitCode": 1}}}]},
    }
    kube = FakeKube(*RESTARTED, [pod("2"), failed])
    done = run(tmp_path, monkeypatch, kube, [(True, "task 1")] * 2, chart_test=failing)
    assert (done.steps[-1].name, done.steps[-1].ok) == ("helm test", False)
    assert "pod todo-test failed" in done.steps[-1].detail
    assert "helm test failed: log in: 500" in done.steps[-1].detail
    assert "log in: 500" in (tmp_path / "logs" / "helm-test" / "todo-test.test.log").read_text(encoding="utf-8")


def test_a_chart_without_a_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(
        tmp_path, monkeypatch, FakeKube(*RESTARTED), [(True, "task 1")] * 2, chart_test="echo 'TEST SUITE: None'"
    )
    assert (done.steps[-1].ok, done.steps[-1].detail) == (False, "helm test: the chart brings no test")


def test_a_row_that_is_lost_with_the_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(tmp_path, monkeypatch, FakeKube(*RESTARTED), [(True, "task 1"), (False, "0 rows")])
    assert done.row_found is False


def test_a_row_that_is_not_there_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kube = FakeKube(*RESTARTED)
    done = run(tmp_path, monkeypatch, kube, [(False, "0 rows")])
    assert (done.row_found, len(done.steps), kube.deleted) == (False, WAY, [])


def test_a_database_that_cannot_be_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(tmp_path, monkeypatch, FakeKube(*RESTARTED), [None])
    assert (done.row_found, done.row_detail) == (None, "after the user's way: psycopg is not installed")


def test_a_broken_step_ends_it_without_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = run(tmp_path, monkeypatch, FakeKube(*RESTARTED), [], "list")
    assert (done.steps[-1].name, done.steps[-1].ok, done.row_found) == ("list", False, None)


@pytest.mark.parametrize(
    ("lists", "detail"),
    [
        ([[pod("refused")]], "not allowed"),
        ([[pod("1")], [pod("2", ready=False, waiting="CrashLoopBackOff")]], "can't start: CrashLoopBackOff"),
        ([[pod("1")], [pod("1")]], "no new backend pod was ready alone within 0 s: todo-backend-1 ready"),
        ([[pod("1")], []], "no new backend pod was ready alone within 0 s: no pod"),
    ],
)
def test_no_new_pod(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lists: list[list[dict[str, Any]]], detail: str
) -> None:
    monkeypatch.setattr(exercise, "RESTART_DEADLINE_S", 0.05)
    done = run(tmp_path, monkeypatch, FakeKube(*lists), [(True, "task 1")])
    assert (done.steps[-1].name, done.steps[-1].ok) == ("replace the backend's pod", False)
    assert detail in done.steps[-1].detail


def test_a_frontend_that_does_not_find_the_new_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exercise, "RESTART_DEADLINE_S", 0.3)
    done = run(tmp_path, monkeypatch, FakeKube(*RESTARTED), [(True, "task 1")], unready=10_000)
    assert done.steps[-1].detail == "the frontend did not find the new backend: /api/ready says 503"
