"""The Minikube cluster: started, or mended when it is stopped or half made."""

from __future__ import annotations

import shutil
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_todo_k8s.bootstrap.binaries import KUBERNETES, KUBERNETES_VERSION
from pytest_todo_k8s.bootstrap.files import digest
from pytest_todo_k8s.bootstrap.kubernetes_api import Api
from pytest_todo_k8s.bootstrap.minikube import NODE_PORT, PROFILE, Minikube
from pytest_todo_k8s.bootstrap.programs import fit_docker
from pytest_todo_k8s.bootstrap.record import Record
from pytest_todo_k8s.bootstrap.step import Cost, Progress, State, broken, missing, present, unknown
from pytest_todo_k8s.errors import SetupError
from pytest_todo_k8s.tools.command import CommandError

if TYPE_CHECKING:
    from pytest_todo_k8s.bootstrap.site import Site

START_TIMEOUT_S: Final = 900.0
STOP_TIMEOUT_S: Final = 180.0
QUERY_TIMEOUT_S: Final = 20.0
NODE_PROGRAMS: Final = ("kubeadm", "kubectl", "kubelet")
"""What minikube copies into the node; it looks in its cache before it downloads them."""


@dataclass(frozen=True)
class ClusterStep:
    """Brings up the profile's node with a Kubernetes that answers."""

    site: Site
    minikube: Minikube
    name: ClassVar[str] = "cluster"
    cost: ClassVar[Cost] = Cost(seconds=65, cache_mb=700, engine_mb=2_000)

    @property
    def title(self) -> str:
        """What is started."""
        return f"start Minikube, profile {PROFILE}"

    @property
    def remedy(self) -> str:
        """Differs with where the images come from."""
        if self.minikube.built:
            return "look into its log; `todo-k8s setup --remove` and a new set-up start from nothing"
        return (
            "look into its log; where no image registry can be reached, take this minikube off PATH, and set-up builds "
            "one with all its images"
        )

    def state(self) -> State:
        """Compare what minikube, the engine and the API server say; minikube itself would write a log."""
        if not fit_docker(self.site):
            return unknown("the node is a container of the engine, which does not answer yet")
        container, profile = container_status(self.site), self.minikube.profile()
        if not container and not self.minikube.profile_file.exists():
            return missing(f"no profile {PROFILE}")
        if not container or not profile:
            return broken(
                "the profile is half made: " + ("it has no container" if not container else "minikube does not know it")
            )
        if container != "running":
            return broken(f"the node is {container}")
        return self._answering(str(self.minikube.kubernetes_version()))

    def _answering(self, version: str) -> State:
        kubectl = self.minikube.kubectl()
        if kubectl is None or not self.site.kubeconfig.exists():
            return broken("the node runs, but there is no kubectl or kubeconfig to reach it with")
        api = Api(self.site, kubectl)
        if problem := api.ready():
            return broken(f"the API server does not answer: {problem}")
        if not node_ready(api.get("/api/v1/nodes")):
            return broken("the node is not ready")
        return present(f"Kubernetes {version}, profile {PROFILE}")

    def run(self, progress: Progress) -> None:
        """Start it; a profile that can't be started is deleted and made anew, once."""
        container, profile = container_status(self.site), self.minikube.profile()
        if bool(container) != bool(profile) or (self.minikube.profile_file.exists() and not profile):
            progress.say("removing the half-made profile")
            delete(self.site, self.minikube, progress)
            container = ""
        if not container:
            _refuse_taken_port(self.name)
        if self.minikube.built:
            self._provide_node_programs()
        Record.change(self.site.cache, profile=True)
        try:
            self._start(progress)
        except CommandError as error:
            progress.say(f"that failed ({error}); deleting the profile and making it anew")
            delete(self.site, self.minikube, progress)
            self._start(progress)
        self._fetch_kubectl(progress)

    def _start(self, progress: Progress) -> None:
        self.minikube.run(self.minikube.start_arguments(), progress, timeout_s=START_TIMEOUT_S, tell=True)

    def _provide_node_programs(self) -> None:
        folder = self.minikube.home / "cache" / "linux" / "amd64" / KUBERNETES_VERSION
        folder.mkdir(parents=True, exist_ok=True)
        for name in NODE_PROGRAMS:
            program = KUBERNETES.program(self.site, name)
            copy = folder / name
            if not copy.exists() or digest((copy,)) != digest((program,)):
                aside = copy.with_suffix(".new")
                shutil.copy(program, aside)
                aside.replace(copy)

    def _fetch_kubectl(self, progress: Progress) -> None:
        """Let a found minikube fetch the kubectl of its cluster, where none on PATH fits."""
        if self.minikube.kubectl() is None:
            self.minikube.run(("kubectl", "--", "version", "--client"), progress, timeout_s=START_TIMEOUT_S)
        if self.minikube.kubectl() is None:
            raise SetupError(self.name, "there is no kubectl that fits the cluster", "install one and put it on PATH")


def container_status(site: Site, container: str = PROFILE) -> str:
    """Return the engine's word for a node's container ("running", "exited"...), empty when there is none."""
    docker = fit_docker(site)
    if docker is None:
        return ""
    question = (docker.path, "container", "inspect", "--format={{.State.Status}}", container)
    return site.runner.run(question, timeout_s=QUERY_TIMEOUT_S, check=False).stdout.strip()


def node_ready(nodes: dict[str, Any] | None) -> bool:
    """Tell whether there is a node and all of them say Ready."""
    items = (nodes or {}).get("items") or []
    conditions = [{each["type"]: each["status"] for each in item["status"]["conditions"]} for item in items]
    return bool(conditions) and all(each.get("Ready") == "True" for each in conditions)


def stop(site: Site, minikube: Minikube, progress: Progress) -> bool:
    """Stop the node, if it runs; tell whether it did."""
    if container_status(site) != "running":
        return False
    minikube.run(("stop",), progress, timeout_s=STOP_TIMEOUT_S)
    return True


def delete(site: Site, minikube: Minikube, progress: Progress) -> None:
    """Delete the profile; what minikube does not know of any more is removed by its name."""
    if minikube.path.is_file():
        minikube.run(("delete",), progress, timeout_s=STOP_TIMEOUT_S, check=False)
    docker = fit_docker(site)
    if docker:
        for words in (("container", "rm", "--force", "--volumes"), ("volume", "rm", "--force"), ("network", "rm")):
            site.runner.run((docker.path, *words, PROFILE), timeout_s=STOP_TIMEOUT_S, check=False)
    shutil.rmtree(minikube.profile_file.parent, ignore_errors=True)
    shutil.rmtree(minikube.home / "machines" / PROFILE, ignore_errors=True)


def _refuse_taken_port(step: str) -> None:
    """Say so before minikube fails half-way, when the published port is in use.

    Raises:
        SetupError: Something listens there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", NODE_PORT))
        except OSError:
            cause = f"port {NODE_PORT} of 127.0.0.1, where the cluster's frontend is to answer, is taken"
            hint = f"end what listens there; `docker ps --filter publish={NODE_PORT}` and `ss -ltnp` tell what it is"
            raise SetupError(step, cause, hint) from None
