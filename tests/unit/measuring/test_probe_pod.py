"""The pod around the probe: its manifests, its waiting, its end."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.application import TODO_CHATBOT, Question
from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.measuring import probe_pod
from pytest_todo_k8s.measuring.series import Pace

if TYPE_CHECKING:
    from pytest_todo_k8s.context import RunContext

HEALTH = Question(path="/health", answer={"status": "healthy"})
PACE = Pace(limit_s=1, interval_s=0.1, timeout_s=2)


def line(kind: str, duration_s: float = 0.01, error: str | None = None) -> str:
    return json.dumps({"kind": kind, "duration_s": duration_s, "error": error})


WHOLE = "\n".join(
    [line("warmup"), *[line("sample")] * 59, line("calibration", 0.001), line("ready"), line("end", 12.0)]
)


class FakeKube:
    """The API, as far as the probe needs it."""

    def __init__(self, *statuses: dict[str, Any], log: str = WHOLE) -> None:
        self.statuses = list(statuses)
        self.log = log
        self.created: list[str] = []
        self.deleted: list[str] = []

    def create(self, path: str, body: dict[str, Any]) -> None:
        self.created.append(f"{path}/{body['metadata']['name']}")

    def delete(self, path: str, grace_s: int | None = None) -> None:
        self.deleted.append(path)
        if grace_s is None:
            raise KubeError(404, "NotFound", "gone")

    def get(self, _path: str) -> dict[str, Any]:
        return {"status": self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]}

    def text(self, _path: str, **_query: object) -> str:
        return self.log


class FakeCluster:
    """Knows which images were brought and taken off."""

    def __init__(self, *, skipped: bool) -> None:
        self.skipped = skipped
        self.calls: list[tuple[str, str]] = []

    def load(self, reference: str, image_id: str) -> SimpleNamespace:
        self.calls.append((f"load {image_id}", reference))
        return SimpleNamespace(skipped=self.skipped)

    def reference(self, reference: str) -> str:
        return f"there/{reference}"

    def unload(self, reference: str) -> None:
        self.calls.append(("unload", reference))


def context(kube: FakeKube, *, base: str | None = None, skipped: bool = False) -> RunContext:
    run: Any = SimpleNamespace(
        kube=kube,
        cluster=FakeCluster(skipped=skipped),
        settings=SimpleNamespace(namespace="ns", application=TODO_CHATBOT),
        journal=SimpleNamespace(owner=SimpleNamespace(run_id="run-1")),
        toolchain=SimpleNamespace(bases={"PYTHON_RUNTIME": base} if base else {}, path=lambda tool: tool),
        commands=SimpleNamespace(run=lambda _argv, timeout_s: SimpleNamespace(stdout=f"sha256:{timeout_s}\n")),
    )
    checked: RunContext = run
    return checked


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_pod, "_POLL_S", 0.001)


def test_the_series_is_read_and_all_is_taken_down() -> None:
    kube = FakeKube({"phase": "Pending"}, {"phase": "Running"}, {"phase": "Succeeded"})
    series = probe_pod.backend_latency(context(kube), HEALTH, PACE)
    assert (len(series.samples), series.target) == (59, "http://todo-backend-service:8080/health")
    assert (series.beside["asked_per_s"], series.beside["reached_per_s"]) == (10.0, 59 / 12)
    base = "/api/v1/namespaces/ns"
    assert kube.created == [f"{base}/configmaps/todo-probe", f"{base}/pods/todo-probe"]
    assert kube.deleted == kube.created[::-1]


@pytest.mark.parametrize(("skipped", "calls"), [(False, ["load sha256:30", "unload"]), (True, ["load sha256:30"])])
def test_the_base_image_is_taken_off_if_it_was_brought(*, skipped: bool, calls: list[str]) -> None:
    run: Any = context(FakeKube({"phase": "Succeeded"}), base="todo-k8s/python-runtime:3.13", skipped=skipped)
    probe_pod.backend_latency(run, HEALTH, PACE)
    assert run.cluster.calls == [(call, "todo-k8s/python-runtime:3.13") for call in calls]


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (
            {"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"reason": "Error"}}}]},
            "the probe pod todo-probe can't measure the backend: Failed terminated Error; it last said: boom",
        ),
        (
            {"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull"}}}]},
            "Pending waiting ErrImagePull",
        ),
    ],
)
def test_a_pod_that_cannot_measure(status: dict[str, Any], cause: str) -> None:
    kube = FakeKube(status, log="boom")
    with pytest.raises(PhaseError, match=cause):
        probe_pod.backend_latency(context(kube), HEALTH, PACE)
    assert len(kube.deleted) == 2


def test_a_pod_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe_pod, "DEADLINE_S", 0.01)
    with pytest.raises(PhaseError, match=r"was not done within 0\.01 s: Running"):
        probe_pod.backend_latency(context(FakeKube({"phase": "Running"})), HEALTH, PACE)


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        ("Traceback (most recent call last):", "can't be understood"),
        (line("sample"), "not whole: 1 lines without an end"),
        (line("other"), "can't be understood"),
    ],
)
def test_a_log_that_is_no_series(log: str, cause: str) -> None:
    with pytest.raises(PhaseError, match=cause):
        probe_pod.latency(log, "target", PACE)


def test_the_pod_meets_the_restricted_profile_and_the_chart_s_policy() -> None:
    objects = probe_pod.manifests("ns", "run-1", "image", {"host": "todo-backend-service"})
    pod, config = objects["pods"], objects["configmaps"]
    assert pod["metadata"]["labels"]["app"] == "todo-probe"
    assert pod["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "todo-k8s"
    spec = pod["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {item["key"] for item in spec["volumes"][0]["configMap"]["items"]} == set(config["data"])
    assert sum(map(len, config["data"].values())) < 1_000_000


def test_what_is_not_asked_beside_it_is_not_shown() -> None:
    lines = [line("warmup"), *[line("sample")] * 59, line("end", 12.0)]
    assert "ready_s" not in probe_pod.latency("\n".join(lines), "target", PACE).beside
