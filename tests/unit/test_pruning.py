from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, cast

import pytest

from pytest_todo_k8s.cluster.node_images import LabelledImage
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.ownership import Owner, image_labels
from pytest_todo_k8s.pruning import prune
from pytest_todo_k8s.settings import ClusterChoice
from tests.unit.cluster.stubs import Stubs, cases
from tests.unit.phases.live import LiveCluster, LiveKube
from tests.unit.running import run_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_todo_k8s.tools.docker import Engine

LIVING = Owner.of_this_process(ClusterChoice("minikube", "x"))
DEAD = dataclasses.replace(LIVING, run_id="dead-1", pid=2**22 + 1)
KEPT = dataclasses.replace(DEAD, run_id="kept-1")
JOURNALLED = dataclasses.replace(DEAD, run_id="journalled-1")
ELSEWHERE = dataclasses.replace(LIVING, run_id="elsewhere-1", pid=2**22 + 1, host="elsewhere")


class FakeEngine:
    def __init__(self, *images: tuple[tuple[str, ...], dict[str, str]]) -> None:
        self._images = images

    def labelled(self, _label: str) -> list[Any]:
        return list(self._images)


Pruned = tuple[list[str], list[str], LiveCluster]


@pytest.fixture
def pruned(tmp_path: Path) -> Callable[..., Pruned]:
    def run(*images: tuple[tuple[str, ...], dict[str, str]], on_node: list[LabelledImage]) -> Pruned:
        stubs, cluster, kube = Stubs(tmp_path), LiveCluster(tmp_path), LiveKube()
        kube.lists["/api/v1/namespaces"] = [{"metadata": {"labels": image_labels(KEPT)}}]
        stubs.add("docker", cases(("'image rm used:1'", "echo 'in use by container 7' >&2; exit 1"), ("*", ":")))
        cluster.on_nodes = on_node
        context = run_context(
            tmp_path, cluster=cluster, kube=kube, toolchain=stubs.toolchain(), commands=stubs.commands()
        )
        runs = tmp_path / "runs"
        (runs / JOURNALLED.run_id).mkdir(parents=True)
        context.state_dir = runs / "own"
        lines = prune(context, cast("Engine", FakeEngine(*images)))
        return lines, stubs.calls("docker"), cluster

    return run


def test_only_images_of_dead_runs_go(pruned: Callable[..., Pruned]) -> None:
    dead, living = LabelledImage(("todo:d",), image_labels(DEAD)), LabelledImage(("todo:l",), image_labels(LIVING))
    lines, calls, cluster = pruned(
        (("todo:1", "todo:2"), image_labels(DEAD)),
        (("todo:3",), image_labels(LIVING)),
        (("todo:4",), image_labels(ELSEWHERE)),
        (("todo:6",), image_labels(KEPT)),
        (("todo:7",), image_labels(JOURNALLED)),
        (("todo:5",), {"todo-k8s.dev/run-id": "tells-nothing-else"}),
        on_node=[dead, living],
    )
    assert calls == ["image rm todo:1 todo:2"]
    assert cluster.on_nodes == [living]
    assert lines == [
        "removed todo:1, todo:2 of the dead run dead-1 from the engine",
        "removed todo:d of the dead run dead-1 from the node",
    ]


def test_an_image_in_use_stays_and_is_named(pruned: Callable[..., Pruned]) -> None:
    lines, _, _ = pruned((("used:1",), image_labels(DEAD)), on_node=[])
    assert lines[0].startswith("used:1 of the dead run dead-1 stays in the engine: ")
    assert lines[0].endswith("in use by container 7")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (PhaseError("load", "the node is gone"), "the node is gone"),
        (KeyError("config"), "its runtime's answer can't be understood (KeyError('config'))"),
    ],
)
def test_a_node_that_does_not_answer_stops_nothing(
    pruned: Callable[..., Pruned], monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    def fail(_self: LiveCluster) -> list[LabelledImage]:
        raise error

    monkeypatch.setattr(LiveCluster, "labelled_images", fail)
    assert pruned(on_node=[])[0] == [f"images of dead runs on the node stay: {told}"]
