"""Each cause of a deployment that does not come up, provoked on the real cluster, and how soon it is told."""

from __future__ import annotations

import os
import time
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from pytest_todo_k8s.cluster import pod_logs
from pytest_todo_k8s.cluster.causes import CAUSES
from pytest_todo_k8s.cluster.kube import Kube, KubeError
from pytest_todo_k8s.cluster.minikube import MinikubeCluster
from pytest_todo_k8s.cluster.rollout import Rollout
from pytest_todo_k8s.cluster.startup import Startup
from pytest_todo_k8s.cluster.workloads import workloads
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.ownership import Owner, namespace_manifest
from pytest_todo_k8s.settings import ClusterChoice, Settings
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.docker import Engine
from pytest_todo_k8s.tools.redaction import Redactor
from pytest_todo_k8s.tools.toolchain import Toolchain
from tests.resilience.broken_workloads import BROKEN, COLLECTIONS, Broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.measurements import ContainerLog

QUICK_S = 15.0
"""Seconds from the creation to the sentence, for what Kubernetes itself tells of quickly."""
GONE_S = 120.0


class Place:
    """The cluster, an image on its node, and a namespace for each broken workload."""

    def __init__(self, folder: Path) -> None:
        environment = dict(os.environ)
        toolchain = Toolchain.load(environment)
        commands = CommandRunner(toolchain.child_environment(environment))
        choice = ClusterChoice("minikube", toolchain.profile)
        self.owner = Owner.of_this_process(choice)
        settings = Settings(
            root=folder,
            cluster=choice,
            namespace="",
            out=folder,
            database_url=None,
            model_key=None,
            environment=environment,
        )
        cluster = MinikubeCluster(settings, toolchain, commands, folder)
        cluster.ensure()
        self.kube = Kube(cluster.kubeconfig, cluster.context)
        self.minor = ".".join(cluster.facts().kubernetes.split(".")[:2])
        self.image = toolchain.bases.get("PYTHON_RUNTIME", "python:3.13-slim-trixie")
        cluster.load(self.image, Engine(toolchain, commands, environment).configuration_id(self.image))
        self.namespaces: list[str] = []

    def namespace(self, name: str) -> str:
        """Make a namespace that a later run sweeps should this process die."""
        parts = SimpleNamespace(
            journal=SimpleNamespace(owner=self.owner), settings=SimpleNamespace(namespace=f"todo-causes-{name}")
        )
        manifest = namespace_manifest(cast("RunContext", parts), kubernetes_minor=self.minor)
        self.kube.create("/api/v1/namespaces", manifest)
        self.namespaces.append(f"todo-causes-{name}")
        self._await_account(self.namespaces[-1])
        return self.namespaces[-1]

    def delete(self, namespace: str) -> None:
        self.kube.delete(f"/api/v1/namespaces/{namespace}")
        for pod in self.kube.items(f"/api/v1/namespaces/{namespace}/pods"):
            path = f"/api/v1/namespaces/{namespace}/pods/{pod['metadata']['name']}"
            try:
                self.kube.delete(path, grace_s=1)
            except KubeError as error:
                if not error.missing:
                    raise

    def await_end(self) -> None:
        deadline = time.monotonic() + GONE_S
        while set(self.namespaces) & {each["metadata"]["name"] for each in self.kube.items("/api/v1/namespaces")}:
            assert time.monotonic() < deadline, "namespaces of the test are still there"
            time.sleep(0.5)

    def _await_account(self, namespace: str) -> None:
        """Wait for the default service account, so that its absence isn't what is measured."""
        deadline = time.monotonic() + 20.0
        while time.monotonic() < deadline and not self.kube.items(f"/api/v1/namespaces/{namespace}/serviceaccounts"):
            time.sleep(0.1)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("causes"))
    yield place
    place.await_end()


@pytest.mark.parametrize("broken", BROKEN, ids=lambda each: each.name)
def test_cause_is_told(broken: Broken, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    namespace = place.namespace(broken.name)
    try:
        for each in broken.extra:
            place.kube.create(COLLECTIONS[each["kind"]].format(namespace), each)
        manifest = broken.manifest(place.image)
        done: Future[float] = Future()
        done.set_result(0.0)
        startup = Startup(place.kube, namespace, Rollout(workloads([manifest]), "app"), time.monotonic())
        place.kube.create(COLLECTIONS[broken.kind].format(namespace), manifest)
        with pytest.raises(PhaseError) as caught:
            startup.wait(done, lambda _: None)
        took_s = time.monotonic() - startup.started_s
    finally:
        place.delete(namespace)
    with capsys.disabled():
        print(f"\n{broken.name:16} {took_s:5.1f} s  {caught.value}")  # noqa: T201  the figures are the point of a run
    code = startup.found[0].code
    assert code in broken.codes
    assert caught.value.hint == CAUSES[code].remedy
    assert broken.said in caught.value.cause
    if broken.quick:
        assert took_s < QUICK_S


def tells(logs: list[ContainerLog], kind: str) -> bool:
    """Whether a log of that kind has its one line; the node keeps only the last two runs of a container."""
    return any(each.kind == kind and each.lines == 1 and not each.hits for each in logs)


def test_logs_of_a_crash_are_kept_for_init_and_previous_containers(place: Place, tmp_path: Path) -> None:
    crash = next(each for each in BROKEN if each.name == "init-crash")
    namespace = place.namespace("logs")
    try:
        manifest = crash.manifest(place.image)
        place.kube.create(COLLECTIONS["Deployment"].format(namespace), manifest)
        deadline = time.monotonic() + 60.0
        found: list[ContainerLog] = []
        # An ended init container waits for its next start within a second; from then on it is a previous one.
        while time.monotonic() < deadline and not (tells(found, "previous") and tells(found, "init")):
            time.sleep(0.2)
            pods = place.kube.items(f"/api/v1/namespaces/{namespace}/pods")
            found += pod_logs.collect(place.kube, namespace, pods, tmp_path, Redactor(), tail=True)
        assert tells(found, "previous")
        assert tells(found, "init")
        assert "no database at db:5432" in (tmp_path / Path(str(found[0].file)).name).read_text(encoding="utf-8")
    finally:
        place.delete(namespace)
