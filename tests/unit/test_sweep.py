from __future__ import annotations

import dataclasses
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.journal import FILE, Journal
from pytest_todo_k8s.ownership import Owner
from pytest_todo_k8s.settings import ClusterChoice
from pytest_todo_k8s.sweep import sweep
from pytest_todo_k8s.teardown import Means, Removal
from pytest_todo_k8s.tools import processes
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.toolchain import Toolchain

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = 2**22 + 1


class FakeKube:
    """No namespace at all."""

    def __init__(self) -> None:
        self.error: KubeError | None = None
        self.asked: list[str] = []

    def items(self, path: str, **_query: str) -> list[dict[str, Any]]:
        self.asked.append(path)
        if self.error:
            raise self.error
        return []

    def get(self, path: str) -> dict[str, Any]:
        self.asked.append(path)
        raise KubeError(404, "NotFound", path)


class World:
    def __init__(self, folder: Path) -> None:
        self.runs = folder / "runs"
        self.runs.mkdir()
        self.owner = Owner.of_this_process(ClusterChoice("minikube", "todo-k8s"))
        self.kube = FakeKube()
        kube: Any = self.kube
        cluster: Any = None
        self.means = Means(kube, cluster, CommandRunner(os.environ), Toolchain({}))

    def run(self, **change: Any) -> Journal:
        """Make the folder of another run; a dead one unless told otherwise."""
        owner = Owner.of_this_process(ClusterChoice("minikube", "todo-k8s"))
        owner = dataclasses.replace(owner, **{"pid": NOBODY, **change})
        folder = self.runs / owner.run_id
        folder.mkdir()
        return Journal(folder / FILE, owner)

    def sweep(self) -> Removal:
        return sweep(self.runs, self.owner, self.means)

    def left(self) -> list[str]:
        return [folder.name for folder in self.runs.iterdir()]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_nothing_to_sweep(world: World) -> None:
    assert world.sweep() == Removal()


def test_folder_of_a_dead_run_goes(world: World) -> None:
    dead = world.run()
    dead.creating("namespace", "x")
    assert world.sweep().removed == ["namespace x: not there", f"run {dead.owner.run_id}"]
    assert world.left() == []


def test_living_runs_and_this_one_stay(world: World) -> None:
    alive = world.run(pid=os.getpid())
    elsewhere = world.run(host="elsewhere")
    own = world.run(run_id=world.owner.run_id)
    assert world.sweep() == Removal()
    assert set(world.left()) == {alive.owner.run_id, elsewhere.owner.run_id, own.owner.run_id}


def test_dead_run_on_another_cluster_loses_its_processes_only(world: World) -> None:
    dead = world.run(cluster="minikube:other")
    child = CommandRunner({**os.environ, processes.RUN_VARIABLE: dead.owner.run_id}).start(["sleep", "60"])
    dead.creating("namespace", "x")
    assert world.sweep().removed == [f"process {child.pid}"]
    assert child.stop() == -15
    assert world.left() == [dead.owner.run_id]
    assert world.kube.asked == ["/api/v1/namespaces"]


def test_what_stays_keeps_its_journal(world: World) -> None:
    dead = world.run()
    dead.creating("image", "todo-backend:1")
    swept = world.sweep()
    assert swept.leftovers == [
        (
            "image todo-backend:1: docker is not on this machine: run `todo-k8s setup`, or put it on PATH; "
            "`docker image rm todo-backend:1`"
        )
    ]
    assert world.left() == [dead.owner.run_id]


def test_broken_journal_is_told_and_left(world: World) -> None:
    world.run().file.write_text("x")
    swept = world.sweep()
    assert len(swept.leftovers) == 1
    assert "remove its folder by hand" in swept.leftovers[0]
    assert len(world.left()) == 1


def test_folder_without_a_journal_is_not_ours_to_judge(world: World) -> None:
    (world.runs / "something").mkdir()
    assert world.sweep() == Removal()
    assert world.left() == ["something"]


def test_namespaces_that_cannot_be_listed_stop_the_run(world: World) -> None:
    world.kube.error = KubeError(403, "Forbidden", "namespaces is forbidden")
    with pytest.raises(PhaseError, match=r"namespaces is forbidden \(Forbidden\): let this context list namespaces"):
        world.sweep()


def test_a_run_that_its_own_reaper_finishes_meanwhile_is_no_obstacle(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.run()
    read = Journal.open

    def gone_before_it_is_read(file: Path) -> Journal:
        shutil.rmtree(file.parent)
        return read(file)

    monkeypatch.setattr(Journal, "open", gone_before_it_is_read)
    assert sweep(world.runs, world.owner, world.means) == Removal()
