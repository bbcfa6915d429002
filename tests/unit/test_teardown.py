from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s import teardown
from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.journal import Entry
from pytest_todo_k8s.ownership import namespace_manifest
from pytest_todo_k8s.teardown import Means, Removal, Teardown
from pytest_todo_k8s.tools import processes
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.toolchain import Toolchain
from tests.unit.running import run_context

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.context import RunContext

IMAGE = Entry("image", "todo-backend:1", {})
DOCKER = """#!/bin/sh
echo "$*" >> "$ENGINE/log"
case "$1 $2" in
"image inspect") cat "$ENGINE/image" || { echo "Error: No such image: $5" >&2; exit 1; } ;;
"image rm") [ -e "$ENGINE/refuses" ] || rm "$ENGINE/image" ;;
esac
"""


class FakeKube:
    """One namespace and its volumes; deletion is at once unless told otherwise."""

    def __init__(self) -> None:
        self.live: dict[str, Any] | None = None
        self.volumes: list[dict[str, Any]] = []
        self.volumes_error: KubeError | None = None
        self.pods: list[dict[str, Any]] = []
        self.get_errors: list[KubeError] = []
        self.delete_error: KubeError | None = None
        self.stays = False
        self.deleted: list[tuple[str, str | None]] = []
        self.graces: list[int | None] = []

    def get(self, path: str) -> dict[str, Any]:
        if self.get_errors:
            raise self.get_errors.pop(0)
        if self.live is None:
            raise KubeError(404, "NotFound", f"{path} not found")
        return self.live

    def delete(self, path: str, uid: str | None = None, grace_s: int | None = None) -> None:
        self.deleted.append((path, uid))
        self.graces.append(grace_s)
        if self.delete_error:
            raise self.delete_error
        if not self.stays:
            self.live = None

    def items(self, path: str) -> list[dict[str, Any]]:
        if path.endswith("/pods"):
            return self.pods
        if self.volumes_error:
            raise self.volumes_error
        return self.volumes


class FakeCluster:
    def __init__(self) -> None:
        self.unloaded: list[str] = []

    def unload(self, reference: str) -> None:
        self.unloaded.append(reference)


class World:
    """A run's things and the means to take them down."""

    def __init__(self, folder: Path) -> None:
        self.context: RunContext = run_context(folder)
        self.run_id = self.context.journal.owner.run_id
        self.kube, self.cluster = FakeKube(), FakeCluster()
        self.engine = folder / "engine"
        self.engine.mkdir()
        docker = folder / "docker"
        docker.write_text(DOCKER)
        docker.chmod(0o755)
        kube: Any = self.kube
        cluster: Any = self.cluster
        commands = CommandRunner({**os.environ, "ENGINE": str(self.engine)})
        self.means = Means(kube, cluster, commands, Toolchain({"docker": docker}))
        self.gone: list[Entry] = []

    def namespace(self, uid: str = "u-1") -> Entry:
        manifest = namespace_manifest(self.context, kubernetes_minor="v1.34")
        manifest["metadata"]["uid"] = uid
        self.kube.live = manifest
        return Entry("namespace", "test-namespace", {"uid": "u-1"})

    def take_down(self, *entries: Entry, reachable: bool = True) -> Removal:
        means = self.means if reachable else None
        return Teardown(self.run_id, entries, means, on_gone=self.gone.append).run()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(teardown, "NAMESPACE_LIMIT_S", 0.2)
    monkeypatch.setattr(teardown, "_POLL_S", 0.01)
    return World(tmp_path)


def test_namespace_goes_by_its_uid(world: World) -> None:
    entry = world.namespace()
    removal = world.take_down(entry)
    assert world.kube.deleted == [("/api/v1/namespaces/test-namespace", "u-1")]
    assert removal.leftovers == []
    assert removal.gone_after_s is not None
    assert removal.removed[0].startswith("namespace test-namespace (UID u-1): gone after")
    assert world.gone == [entry]


def test_pods_of_the_namespace_get_a_second_to_end(world: World) -> None:
    entry = world.namespace()
    world.kube.pods = [{"metadata": {"name": "todo-backend-1", "uid": "p-1"}}]
    world.take_down(entry)
    path = "/api/v1/namespaces/test-namespace"
    assert world.kube.deleted == [(path, "u-1"), (f"{path}/pods/todo-backend-1", "p-1")]
    assert world.kube.graces == [None, 1]


def test_namespace_without_a_known_uid_goes_by_its_run(world: World) -> None:
    world.namespace(uid="u-9")
    world.take_down(Entry("namespace", "test-namespace", {}))
    assert world.kube.deleted == [("/api/v1/namespaces/test-namespace", "u-9")]


def test_namespace_that_was_never_made(world: World) -> None:
    removal = world.take_down(Entry("namespace", "test-namespace", {}))
    assert (removal.leftovers, world.kube.deleted) == ([], [])
    assert len(world.gone) == 1


@pytest.mark.parametrize("change", ["uid", "run", "label"])
def test_namespace_of_others_is_not_touched(world: World, change: str) -> None:
    entry = world.namespace(uid="other" if change == "uid" else "u-1")
    assert world.kube.live
    labels = world.kube.live["metadata"]["labels"]
    if change == "run":
        labels["todo-k8s.dev/run-id"] = "another"
    if change == "label":
        del labels["app.kubernetes.io/managed-by"]
    removal = world.take_down(entry)
    assert (removal.leftovers, world.kube.deleted) == ([], [])
    assert world.gone == [entry]


@pytest.mark.parametrize("status", [404, 409])
def test_namespace_that_changes_between_look_and_request(world: World, status: int) -> None:
    entry = world.namespace()
    world.kube.delete_error = KubeError(status, "Conflict", "changed")
    world.kube.get_errors = []
    removal = world.take_down(entry)
    assert len(removal.leftovers) == 1, "it is still there, and it is looked at until the deadline"
    world.kube.live = None
    assert world.take_down(entry).leftovers == []


def test_hanging_namespace_is_told_with_what_blocks_it(world: World) -> None:
    entry = world.namespace()
    world.kube.stays = True
    assert world.kube.live
    condition = {"type": "NamespaceContentRemaining", "status": "True", "message": "pods. has 1 resource instances"}
    world.kube.live["status"] = {"conditions": [condition, {"type": "Other", "status": "False"}]}
    world.kube.live["spec"] = {"finalizers": ["example.com/block"]}
    removal = world.take_down(entry)
    assert removal.gone_after_s is None
    assert world.gone == []
    assert removal.leftovers == [
        (
            "namespace test-namespace: not gone after 0 s: "
            "NamespaceContentRemaining: pods. has 1 resource instances; finalizer example.com/block"
        )
    ]


def test_volumes_belong_to_the_namespace(world: World) -> None:
    entry = world.namespace()
    world.kube.volumes = [
        {"metadata": {"name": "pvc-1"}, "spec": {"claimRef": {"namespace": "test-namespace"}}},
        {"metadata": {"name": "pvc-2"}, "spec": {"claimRef": {"namespace": "other"}}},
        {"metadata": {"name": "pvc-3"}, "spec": {}},
    ]
    assert world.take_down(entry).leftovers == [
        "namespace test-namespace: not gone after 0 s: volumes pvc-1 are still there"
    ]


def test_without_the_right_to_see_volumes_the_namespace_is_the_proof(world: World) -> None:
    entry = world.namespace()
    world.kube.volumes_error = KubeError(403, "Forbidden", "no")
    assert world.take_down(entry).leftovers == []


def test_passing_error_does_not_end_the_wait(world: World) -> None:
    entry = world.namespace()
    world.kube.volumes_error = None
    teardown_errors = [KubeError(0, "ConnectionReset", "reset"), KubeError(503, "", "busy")]
    original = world.kube.delete

    def delete(path: str, uid: str | None = None, grace_s: int | None = None) -> None:
        original(path, uid, grace_s)
        world.kube.get_errors = teardown_errors

    world.kube.delete = delete  # type: ignore[method-assign]  # the connection breaks from here on
    assert world.take_down(entry).leftovers == []


def test_server_out_of_reach_leaves_the_entry_open(world: World) -> None:
    entry = world.namespace()
    world.kube.get_errors = [KubeError(0, "Refused", "no answer")]
    removal = world.take_down(entry)
    assert world.gone == []
    assert removal.leftovers == [
        "namespace test-namespace: Kubernetes API: no answer (Refused); `kubectl delete namespace test-namespace`"
    ]


def test_cluster_that_is_not_ours_to_reach(world: World) -> None:
    removal = world.take_down(world.namespace(), IMAGE, reachable=False)
    assert (removal.removed, removal.leftovers, world.gone) == ([], [], [])


def test_image_of_the_run_goes_from_node_and_engine(world: World) -> None:
    (world.engine / "image").write_text(world.run_id)
    removal = world.take_down(IMAGE)
    assert world.cluster.unloaded == ["todo-backend:1"]
    assert not (world.engine / "image").exists()
    assert removal.removed == ["image todo-backend:1"]


def test_image_that_was_never_built(world: World) -> None:
    assert world.take_down(IMAGE).leftovers == []
    assert world.cluster.unloaded == ["todo-backend:1"]
    assert world.gone == [IMAGE]


@pytest.mark.parametrize("owner", ["another-run", ""])
def test_image_of_others_stays(world: World, owner: str) -> None:
    (world.engine / "image").write_text(owner)
    assert world.take_down(IMAGE).leftovers == []
    assert world.cluster.unloaded == []
    assert (world.engine / "image").exists()
    assert world.gone == [IMAGE]


def test_image_that_stays_is_told(world: World) -> None:
    (world.engine / "image").write_text(world.run_id)
    (world.engine / "refuses").touch()
    removal = world.take_down(IMAGE)
    assert removal.leftovers == ["image todo-backend:1: still in the engine; `docker image rm todo-backend:1`"]
    assert world.gone == []


@pytest.mark.parametrize(("patience_s", "tried"), [(0.0, 1), (60.0, 2)], ids=["time-out", "error"])
def test_node_that_is_silent_is_not_asked_for_each_image(
    world: World, monkeypatch: pytest.MonkeyPatch, patience_s: float, tried: int
) -> None:
    monkeypatch.setattr(teardown, "_SILENT_S", patience_s)
    asked: list[str] = []

    def fails(reference: str) -> None:
        asked.append(reference)
        raise PhaseError("teardown", "no answer")

    monkeypatch.setattr(world.cluster, "unload", fails)
    removal = world.take_down(IMAGE, Entry("image", "todo-frontend:1", {}))
    assert len(asked) == tried
    assert removal.leftovers[0] == "image todo-backend:1: no answer; `docker image rm todo-backend:1`"
    assert ("not tried" in removal.leftovers[1]) is (tried == 1)
    assert world.gone == []


def test_missing_engine_is_told(world: World) -> None:
    world.means.toolchain.paths["docker"].unlink()
    removal = world.take_down(IMAGE)
    assert world.gone == []
    assert len(removal.leftovers) == 1
    assert removal.leftovers[0].startswith("image todo-backend:1: ")
    assert "No such file or directory; `docker image rm todo-backend:1`" in removal.leftovers[0]


def test_processes_are_ended_by_start_time_and_by_mark(world: World) -> None:
    marked = CommandRunner({**os.environ, processes.RUN_VARIABLE: world.run_id}).start(["sleep", "60"])
    noted = CommandRunner(os.environ).start(["sleep", "60"])
    process = processes.find(noted.pid)
    assert process
    entry = Entry("process", "forward", {"pid": process.pid, "start": process.start})
    unknown = Entry("process", "never started", {})
    reused = Entry("process", "pid used again", {"pid": os.getpid(), "start": "0@x"})
    removal = world.take_down(entry, unknown, reused)
    assert world.gone == [entry, unknown, reused]
    assert {marked.stop(), noted.stop()} == {-15}
    assert f"process {marked.pid}" in removal.removed
    assert f"process {noted.pid} (forward)" in removal.removed
