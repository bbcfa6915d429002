from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.cluster import pod_logs
from pytest_todo_k8s.cluster.kube import Kube, KubeError
from pytest_todo_k8s.tools.redaction import Redactor, Secret
from tests.unit.cluster.release import pod, state

if TYPE_CHECKING:
    from pathlib import Path

PODS = [
    pod(
        "a",
        "todo-backend",
        initContainerStatuses=[state("prepare", terminated={})],
        containerStatuses=[state("backend", 1, running={}), state("new", waiting={"reason": "ContainerCreating"})],
    ),
    {"metadata": {"name": "b"}},
]


class FakeKube(Kube):
    def __init__(self) -> None:
        """Know no cluster."""

    def text(self, path: str, *, limit_bytes: int = 0, timeout_s: float = 0, **query: object) -> str:
        assert 0 < limit_bytes <= pod_logs.LIMIT_BYTES
        assert 0 < timeout_s <= pod_logs.TIMEOUT_S
        if query["container"] == "prepare":
            raise KubeError(400, "BadRequest", "log is gone")
        previous = query["previous"] == "true"
        return f"ERROR: password hunter22 refused at {path}\n" if previous else '{"level": "info"}\n'


def test_sources_are_containers_that_started_and_their_runs_before() -> None:
    found = [(each.pod, each.container, each.kind) for each in pod_logs.sources(PODS)]
    assert found == [("a", "prepare", "init"), ("a", "backend", "previous"), ("a", "backend", "container")]


def test_logs_are_saved_and_scanned_without_secrets(tmp_path: Path) -> None:
    redactor = Redactor()
    redactor.add(Secret("hunter22"))
    folder = tmp_path / "logs" / "pods"
    init, before, now = pod_logs.collect(FakeKube(), "ns", PODS, folder, redactor)
    assert (init.lines, init.hits[0].line) == (0, "this log can't be read: log is gone")
    assert (before.kind, before.file) == ("previous", "logs/pods/a.backend.previous.log")
    assert "hunter22" not in before.hits[0].line
    assert "hunter22" not in (folder / "a.backend.previous.log").read_text(encoding="utf-8")
    assert (now.kind, now.lines, now.levels, now.hits) == ("container", 1, {"info": 1}, [])
    assert (folder / "a.backend.log").read_text(encoding="utf-8") == '{"level": "info"}\n'
