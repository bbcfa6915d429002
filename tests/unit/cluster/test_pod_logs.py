from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.cluster import pod_logs
from pytest_todo_k8s.cluster.kube import Kube, KubeError
from pytest_todo_k8s.tools.redaction import Redactor, Secret
from tests.unit.cluster.release import pod, state

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

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
        self.asked: list[dict[str, object]] = []
        self.whole = True

    def text_part(self, path: str, *, limit_bytes: int, timeout_s: float, **query: object) -> tuple[str, bool]:
        assert 0 < limit_bytes <= pod_logs.LIMIT_BYTES
        assert 0 < timeout_s <= pod_logs.TIMEOUT_S
        if query["container"] == "prepare":
            raise KubeError(400, "BadRequest", "log is gone")
        self.asked.append(query)
        previous = query["previous"] == "true"
        return (f"ERROR: password hunter22 refused at {path}\n" if previous else '{"level": "info"}\n'), self.whole


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


def test_a_log_that_is_not_whole_is_no_clean_log(tmp_path: Path) -> None:
    kube = FakeKube()
    kube.whole = False
    *_, now = pod_logs.collect(kube, "ns", PODS, tmp_path, Redactor())
    assert (now.lines, now.hits[0].line) == (
        1,
        "this log can't be read: its end, beyond 18 characters: it is too long, or came too slowly",
    )
    assert all("tailLines" not in asked for asked in kube.asked)


def test_of_a_failure_only_the_ends_are_read(tmp_path: Path) -> None:
    kube = FakeKube()
    kube.whole = False
    *_, now = pod_logs.collect(kube, "ns", PODS, tmp_path, Redactor(), tail=True)
    assert now.hits == []
    assert {asked["tailLines"] for asked in kube.asked} == {pod_logs.TAIL_LINES}


def test_all_logs_together_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pod_logs, "TOTAL_S", 0.0)
    kube = FakeKube()
    found = pod_logs.collect(kube, "ns", PODS, tmp_path, Redactor())
    assert kube.asked == []
    assert {each.hits[0].line for each in found} == {"this log can't be read: all logs together took longer than 0 s"}


def test_a_log_that_is_removed_is_no_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = "unable to retrieve container logs for containerd://ac6129b2"
    monkeypatch.setattr(FakeKube, "text_part", lambda *_, **__: (lost, True))
    found = pod_logs.collect(FakeKube(), "ns", PODS, tmp_path, Redactor(), tail=True)
    assert {(each.lines, each.hits[0].line) for each in found} == {
        (0, "this log can't be read: the node does not have it any more")
    }
