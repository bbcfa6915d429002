from __future__ import annotations

import dataclasses
import json
from collections import namedtuple
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.errors import ConfigError, PhaseError, TodoK8sError
from pytest_todo_k8s.phases import preflight
from tests.unit.cluster.api_server import ApiServer, api_server
from tests.unit.cluster.stubs import Stubs, cases, prints
from tests.unit.phases.live import LiveCluster, LiveKube
from tests.unit.running import run_context

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_todo_k8s.context import RunContext

KUBECTL = json.dumps({"clientVersion": {"gitVersion": "v1.34.4"}, "kustomizeVersion": "v5.7.1"})
Usage = namedtuple("Usage", ["total", "used", "free"])  # noqa: PYI024  the form that shutil gives


class World:
    """A machine with everything on it: stub tools, an engine's API, a project."""

    def __init__(self, folder: Path, api: ApiServer) -> None:
        self.folder, self.stubs = folder, Stubs(folder)
        self.cluster, self.kube = LiveCluster(folder), LiveKube()
        for name in ("backend", "frontend", "postgres", "gemini-emulator"):
            self.file(f"Dockerfiles/{name}.Dockerfile")
        for name in ("app/backend/x", "app/frontend/x", "Dockerfiles/postgres/x", "app/gemini_emulator/x"):
            self.file(name)
        self.file("charts/todo-chatbot-chart/Chart.yaml")
        for prefix in ("", "/v1.41"):
            api.on(f"GET {prefix}/version", {"Version": "20.10.24", "ApiVersion": "1.41"})
        api.on("GET /v1.41/info", {"Driver": "overlay2", "DockerRootDir": str(folder)})
        self.stubs.add("minikube", cases(("'version --short'", "echo v1.38.1")))
        self.stubs.add("kubectl", cases(("'version --client --output=json'", prints(KUBECTL))))
        self.stubs.add("helm", cases(("'version --short'", "echo v3.22.0+g12ab")))
        self.stubs.add(
            "docker",
            cases(
                ("'context inspect '*", f"echo {api.url.replace('http', 'tcp')}"),
                ("'buildx version'", "exit 1"),
                ("'version --format '*", "echo 20.10.24"),
            ),
        )

    def file(self, name: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def run(self) -> RunContext:
        run = run_context(
            self.folder,
            toolchain=self.stubs.toolchain(),
            commands=self.stubs.commands(),
            cluster=self.cluster,
            kube=self.kube,
        )
        environment = {"PATH": f"{self.stubs.folder}:/usr/bin:/bin"}
        return dataclasses.replace(run, settings=dataclasses.replace(run.settings, environment=environment))

    def refusal(self) -> TodoK8sError:
        """Let preflight refuse, and check that nothing was made."""
        run = self.run()
        with pytest.raises((PhaseError, ConfigError, TodoK8sError)) as caught:
            preflight.run(run)
        assert caught.value.hint
        assert run.journal.open_entries() == []
        return caught.value


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with api_server() as api:
        yield World(tmp_path, api)


def test_a_fit_machine(world: World) -> None:
    run = world.run()
    preflight.run(run)
    machine = run.evidence.machine
    assert machine is not None
    assert machine.tools == {"minikube": "v1.38.1", "kubectl": "v1.34.4", "helm": "v3.22.0", "docker": "20.10.24"}
    assert world.cluster.ensured
    assert (run.evidence.run.commit, run.evidence.run.dirty) == (None, None)


def test_the_commit_is_noted(world: World) -> None:
    world.stubs.add("git", cases(("'-C '*' rev-parse HEAD'", "echo abc123"), ("'-C '*' status '*", "echo ' M a'")))
    run = world.run()
    preflight.run(run)
    assert (run.evidence.run.commit, run.evidence.run.dirty) == ("abc123", True)


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("charts/todo-chatbot-chart/Chart.yaml", "there is no Helm chart in"),
        ("Dockerfiles/frontend.Dockerfile", "frontend.Dockerfile is missing"),
    ],
)
def test_a_folder_that_is_not_the_project(world: World, missing: str, told: str) -> None:
    (world.folder / missing).unlink()
    assert told in world.refusal().cause


@pytest.mark.parametrize(
    ("tool", "answer", "told"),
    [
        ("minikube", "echo v1.20.0", "minikube is version 1.20.0, at least 1.32 is needed"),
        ("helm", "echo v3.9.0+gabc", "helm is version 3.9.0, at least 3.14 is needed"),
        ("helm", "echo hello", "helm tells no version"),
        ("kubectl", "echo 'no such library' >&2; exit 127", "kubectl does not work: .*no such library"),
    ],
)
def test_a_tool_that_is_not_fit(world: World, tool: str, answer: str, told: str) -> None:
    world.stubs.add(tool, answer)
    error = world.refusal()
    assert "todo-k8s setup" in error.hint
    with pytest.raises(TodoK8sError, match=told):
        raise error


def test_a_tool_that_is_not_there(world: World) -> None:
    world.stubs._names.remove("helm")
    assert world.refusal().cause == "helm is not on this machine"


def test_an_engine_that_is_off(tmp_path: Path) -> None:
    with api_server() as api:
        world = World(tmp_path, api)
    assert "the container engine does not answer" in world.refusal().cause


def test_a_disk_that_is_full(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage(1, 1, 1_200_000_000))
    error = world.refusal()
    assert error.cause == f"{world.folder} has 1.2 GB free, a run needs 4 GB"


def test_a_cluster_that_is_refused_is_refused_here(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise PhaseError("preflight", "that is not it", "name another")

    monkeypatch.setattr(world.cluster, "ensure", refuse)
    assert world.refusal().cause == "that is not it"


def test_a_user_without_a_right_is_told_which(world: World) -> None:
    world.kube.denied = {"* *", "persistentvolumes list"}
    assert world.refusal().cause == "this user cannot list persistentvolumes"
    assert world.kube.stored == []
