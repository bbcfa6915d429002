"""`todo-k8s setup --with=kind`: a kind cluster beside Minikube, from the same parts."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from pytest_todo_k8s.bootstrap import cluster, image_store, node_image
from pytest_todo_k8s.bootstrap.binaries import KUBERNETES, KUBERNETES_VERSION, Module
from pytest_todo_k8s.bootstrap.files import digest, discard, fresh
from pytest_todo_k8s.bootstrap.images import COMPONENTS, METRICS_SERVER_IMAGE, PAUSE, PROXY
from pytest_todo_k8s.bootstrap.minikube import PROFILE
from pytest_todo_k8s.bootstrap.programs import fit_docker
from pytest_todo_k8s.bootstrap.record import Record
from pytest_todo_k8s.bootstrap.site import DATA
from pytest_todo_k8s.bootstrap.step import Cost, Progress, State, broken, missing, present, unknown

if TYPE_CHECKING:
    from pytest_todo_k8s.bootstrap.site import Site

NAME: Final = "todo-k8s"
"""Name of the cluster; also what a run uses where none is named."""
NODE: Final = f"{NAME}-control-plane"
REFERENCE: Final = "todo-k8s/kind-node:1"
KIND_VERSION: Final = "v0.33.0"
KIND: Final = Module("kind", KIND_VERSION, ("kind",), packages=("sigs.k8s.io/kind",), seconds=10)
PROGRAMS: Final = ("kubeadm", "kubelet", "kubectl")
IMAGES: Final = (*(each.reference for each in COMPONENTS if each.reference != METRICS_SERVER_IMAGE), PAUSE, PROXY)
SAVE_TIMEOUT_S: Final = 120.0
START_TIMEOUT_S: Final = 300.0
QUERY_TIMEOUT_S: Final = 20.0


def recipe() -> str:
    """Return the digest of all that decides what is in the node image."""
    return digest((node_image.recipe(), KUBERNETES.recipe, DATA / "kind", *IMAGES))


@dataclass(frozen=True)
class KindImageStep:
    """Builds kind's node image where the engine lacks it."""

    site: Site
    name: ClassVar[str] = "kind-node"
    title: ClassVar[str] = f"build the node image {REFERENCE}"
    cost: ClassVar[Cost] = Cost(seconds=30, cache_mb=700, engine_mb=900)
    remedy: ClassVar[str] = "look into its log; the images of the cluster's parts must be in the engine"

    def state(self) -> State:
        """Ask the engine."""
        return image_store.state(self.site, REFERENCE, recipe())

    def run(self, progress: Progress) -> None:
        """Build it from the files in `data/kind`, the programs and the images."""
        context = fresh(self.site.partial / "kind-node")
        shutil.copytree(DATA / "kind", context, dirs_exist_ok=True)
        for name in PROGRAMS:
            shutil.copy(KUBERNETES.program(self.site, name), context)
        (context / "images").mkdir()
        docker = image_store.client(self.site, self.name)
        for number, reference in enumerate(IMAGES):
            file = context / "images" / f"{number}.tar"
            self.site.runner.run((docker, "save", "--output", file, reference), timeout_s=SAVE_TIMEOUT_S)
        image_store.build(
            self.site,
            REFERENCE,
            context,
            progress,
            step=self.name,
            recipe=recipe(),
            dockerfile=(context / "Dockerfile").read_text(encoding="utf-8"),
            arguments={"BASE": node_image.REFERENCE, "VERSION": KUBERNETES_VERSION},
        )
        discard(context)


@dataclass(frozen=True)
class KindClusterStep:
    """Brings up the cluster; its context stands in the kubeconfig of set-up beside Minikube's."""

    site: Site
    name: ClassVar[str] = "kind"
    title: ClassVar[str] = f"start the kind cluster {NAME}"
    cost: ClassVar[Cost] = Cost(seconds=30, engine_mb=1_500)
    remedy: ClassVar[str] = f"look into its log; `docker rm --force {NODE}` and a new set-up start from nothing"

    def state(self) -> State:
        """Ask the engine for the node."""
        if not fit_docker(self.site):
            return unknown("the node is a container of the engine, which does not answer yet")
        state = cluster.container_status(self.site, NODE)
        if not state:
            return missing(f"no kind cluster {NAME}")
        return present(f"kind cluster {NAME}") if state == "running" else broken(f"the node is {state}")

    def run(self, progress: Progress) -> None:
        """Create it; one that is stopped or half made is made anew, its content is of no use to anybody."""
        delete(self.site)
        Record.change(self.site.cache, kind=True)
        docker = image_store.client(self.site, self.name)
        self.site.runner.run(
            (
                *(KIND.program(self.site, "kind"), "create", "cluster", f"--name={NAME}", f"--image={REFERENCE}"),
                *(f"--config={DATA / 'kind' / 'cluster.yaml'}", f"--kubeconfig={self.site.kubeconfig}", "--wait=120s"),
            ),
            env={"PATH": f"{docker.parent}:{self.site.environment['PATH']}"},
            timeout_s=START_TIMEOUT_S,
            log_file=progress.log_file,
        )
        # kind makes its own context the current one; whoever relies on that meant Minikube's.
        words = ("config", f"--kubeconfig={self.site.kubeconfig}", "use-context", PROFILE)
        self.site.runner.run((KUBERNETES.program(self.site, "kubectl"), *words), timeout_s=QUERY_TIMEOUT_S)


def delete(site: Site) -> bool:
    """Remove the node with its volume; tell whether there was one."""
    docker = fit_docker(site)
    if docker is None or not cluster.container_status(site, NODE):
        return False
    removal = (docker.path, "container", "rm", "--force", "--volumes", NODE)
    return site.runner.run(removal, timeout_s=START_TIMEOUT_S, check=False).ok
