from __future__ import annotations

import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.cluster.kube import Kube, KubeError
from pytest_todo_k8s.cluster.rollout import Rollout
from pytest_todo_k8s.cluster.startup import Startup
from pytest_todo_k8s.cluster.workloads import workloads
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.tools.helm import HelmError
from tests.unit.cluster.release import Manifest, manifests, pod, state, up

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

IDLE: tuple[str, Manifest] = ("IDLE", {})


class FakeKube(Kube):
    """A watch that is played from a list; an error in it is raised by the list of events instead."""

    def __init__(self, changes: Sequence[tuple[str, Manifest]], events: Sequence[Any] = ()) -> None:
        self.changes = changes
        self.events = list(events)

    def watch(self, path: str, deadline_s: float, **_query: object) -> Iterator[Any]:
        assert path == "/api/v1/namespaces/ns/pods"
        assert deadline_s > time.monotonic()
        yield from self.changes

    def items(self, path: str, **_query: object) -> list[Manifest]:
        if not path.endswith("/events") or not self.events:
            return []
        found = self.events.pop(0)
        if isinstance(found, Exception):
            raise found
        return [found]

    def text(self, path: str, **_query: Any) -> str:
        raise KubeError(400, "BadRequest", f"no log at {path}")


def startup(changes: Sequence[tuple[str, Manifest]], events: Sequence[Any] = ()) -> Startup:
    return Startup(FakeKube(changes, events), "ns", Rollout(workloads(manifests()), "app"), time.monotonic())


def helm(error: Exception | None = None, *, done: bool = True) -> Future[float]:
    future: Future[float] = Future()
    if error:
        future.set_exception(error)
    elif done:
        future.set_result(1.0)
    return future


def quiet(_text: str) -> None:
    """Take a line."""


def test_ends_with_the_last_pod() -> None:
    wait = startup([("ADDED", each) for each in up()])
    assert 0.0 <= wait.wait(helm(), quiet) < 5.0
    assert len(wait.rollout.pods) == 4


def test_an_error_of_helm_ends_the_wait() -> None:
    with pytest.raises(HelmError, match="refused"):
        startup([IDLE, IDLE]).wait(helm(HelmError("refused")), quiet)


def test_pods_that_are_up_although_helm_failed_are_no_success() -> None:
    with pytest.raises(HelmError):
        startup([("ADDED", each) for each in up()]).wait(helm(HelmError("late")), quiet)


def test_a_final_trouble_ends_the_wait_at_once() -> None:
    waiting = state("frontend", waiting={"reason": "ErrImageNeverPull", "message": "not present"})
    broken = pod("todo-frontend-5c9-aaaaa", "todo-frontend", containerStatuses=[waiting])
    start = startup([("ADDED", broken), IDLE, *[("ADDED", each) for each in up()]])
    with pytest.raises(PhaseError, match="not present") as caught:
        start.wait(helm(done=False), quiet)
    assert caught.value.phase == "deploy"
    assert [(each.about, each.code) for each in start.found] == [
        ("todo-frontend-5c9-aaaaa/frontend", "ErrImageNeverPull")
    ]
    assert 0.0 <= start.found[0].after_s < 5.0


def test_a_trouble_that_passes_is_waited_for() -> None:
    waiting = state("frontend", waiting={"reason": "CreateContainerError", "message": "a moment"})
    slow = pod("todo-frontend-5c9-aaaaa", "todo-frontend", containerStatuses=[waiting])
    gone = ("DELETED", slow)
    wait = startup([("ADDED", slow), IDLE, IDLE, gone, *[("ADDED", each) for each in up()]])
    assert wait.wait(helm(), quiet) >= 0.0


def test_patience_ends() -> None:
    waiting = state("frontend", waiting={"reason": "CreateContainerError", "message": "for ever"})
    stuck = pod("todo-frontend-5c9-aaaaa", "todo-frontend", containerStatuses=[waiting])
    wait = startup([("ADDED", stuck), IDLE])
    wait._since["todo-frontend-5c9-aaaaa/frontend", "CreateContainerError"] = time.monotonic() - 60
    with pytest.raises(PhaseError, match="for ever"):
        wait.wait(helm(), quiet)


def test_an_api_out_of_reach_for_a_moment_is_borne_but_a_refusal_is_not() -> None:
    pods = [("ADDED", each) for each in up()]
    assert startup([IDLE, *pods], [KubeError(0, "Timeout", "no answer")]).wait(helm(), quiet) >= 0.0
    with pytest.raises(KubeError, match="forbidden"):
        startup([IDLE, *pods], [KubeError(403, "Forbidden", "forbidden")]).wait(helm(), quiet)


def test_the_deadline_names_what_is_missing_and_why() -> None:
    event = {"type": "Warning", "reason": "Unhealthy", "message": "probe failed: 404", "involvedObject": {"name": "b"}}
    late = pod("b", "todo-postgres", "Running")
    others = [each for each in up() if each["metadata"]["labels"]["app"] != "todo-postgres"]
    wait = startup([("ADDED", each) for each in [*others, late]], [event, event])
    with pytest.raises(PhaseError) as caught:
        wait.wait(helm(), quiet)
    assert caught.value.cause == (
        "not up after 180 s: todo-postgres (0 of 1): pod b is not Ready: it is Running, probe failed: 404 (NotReady)"
    )


def test_the_deadline_without_any_pod() -> None:
    with pytest.raises(PhaseError, match=r"not up after 180 s: todo-frontend \(0 of 2\)"):
        startup([]).wait(helm(), quiet)


def test_the_user_is_told_what_is_waited_for() -> None:
    told: list[str] = []
    wait = startup([IDLE, IDLE, *[("ADDED", each) for each in up()]])
    wait.started_s -= 11.0
    wait.wait(helm(), told.append)
    assert told == ["deploy    waiting for todo-frontend (0 of 2), todo-postgres (0 of 1), todo-migrate-1 (0 of 1)"]
