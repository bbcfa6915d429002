"""Images of the cluster's parts, under the names that Minikube asks the engine for before any registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from pytest_todo_k8s.bootstrap import image_store
from pytest_todo_k8s.bootstrap.binaries import (
    COREDNS,
    COREDNS_VERSION,
    ETCD,
    KUBERNETES,
    KUBERNETES_VERSION,
    METRICS_SERVER,
    METRICS_SERVER_VERSION,
    STORAGE_PROVISIONER,
    STORAGE_PROVISIONER_VERSION,
    Module,
)
from pytest_todo_k8s.bootstrap.debian import Root, make
from pytest_todo_k8s.bootstrap.files import digest, discard, fresh
from pytest_todo_k8s.bootstrap.programs import fit_docker
from pytest_todo_k8s.bootstrap.site import DATA
from pytest_todo_k8s.bootstrap.step import Cost, Progress, State, missing, present, unknown

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site

DEBIAN: Final = Root("todo-k8s/debian:bookworm", "bookworm", changes=('CMD ["bash"]',))
"""What the node and kube-proxy are built on; its containerd 1.6 has the configuration that Minikube edits."""
PAUSE: Final = "registry.k8s.io/pause:3.10.1"
PROXY: Final = f"registry.k8s.io/kube-proxy:{KUBERNETES_VERSION}"
METRICS_SERVER_IMAGE: Final = f"registry.k8s.io/metrics-server/metrics-server:{METRICS_SERVER_VERSION}"
COMPILE_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True)
class Component:
    """An image with one static program.

    Attributes:
        reference: The name that Minikube uses.
        module: What the program is built from.
        program: Name of the program.
        place: Where it stands in the image; also the entry point.
    """

    reference: str
    module: Module
    program: str
    place: str

    @property
    def dockerfile(self) -> str:
        """The recipe's text."""
        return (
            f'FROM scratch\nCOPY {self.program} {self.place}\nENV PATH=/usr/local/bin:/\nENTRYPOINT ["{self.place}"]\n'
        )

    @property
    def recipe(self) -> str:
        """Digest of all that decides what is in the image."""
        return digest((self.module.recipe, self.dockerfile))


COMPONENTS: Final = (
    *(
        Component(f"registry.k8s.io/{name}:{KUBERNETES_VERSION}", KUBERNETES, name, f"/usr/local/bin/{name}")
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    ),
    # Minikube asks for the tag that kubeadm of this Kubernetes names; the program is a later patch of the same 3.6.
    Component("registry.k8s.io/etcd:3.6.5-0", ETCD, "etcd", "/usr/local/bin/etcd"),
    Component(f"registry.k8s.io/coredns/coredns:{COREDNS_VERSION}", COREDNS, "coredns", "/coredns"),
    Component(
        f"gcr.io/k8s-minikube/storage-provisioner:{STORAGE_PROVISIONER_VERSION}",
        STORAGE_PROVISIONER,
        "storage-provisioner",
        "/storage-provisioner",
    ),
    Component(METRICS_SERVER_IMAGE, METRICS_SERVER, "metrics-server", "/metrics-server"),
)


def _pause_dockerfile() -> str:
    return 'FROM scratch\nCOPY pause /pause\nENTRYPOINT ["/pause"]\n'


def _wanted() -> dict[str, str]:
    """Return every image with its recipe."""
    proxy = digest((DEBIAN.recipe, KUBERNETES.recipe, DATA / "images" / "kube-proxy.Dockerfile"))
    pause = digest((DATA / "images" / "pause.c", _pause_dockerfile()))
    components = {component.reference: component.recipe for component in COMPONENTS}
    return {DEBIAN.reference: DEBIAN.recipe, PAUSE: pause, **components, PROXY: proxy}


@dataclass(frozen=True)
class ImagesStep:
    """Makes the images that the engine lacks.

    Attributes:
        site: Where.
        minikube_home: Minikube's folder; its copies of older images are removed.
    """

    site: Site
    minikube_home: Path
    name: ClassVar[str] = "images"
    title: ClassVar[str] = f"make the images of Kubernetes {KUBERNETES_VERSION}'s parts"
    cost: ClassVar[Cost] = Cost(seconds=60, cache_mb=200, engine_mb=1_000)
    remedy: ClassVar[str] = (
        "look into its log; the Debian mirror must be reachable from this machine and from its containers"
    )

    def state(self) -> State:
        """Ask the engine."""
        if not fit_docker(self.site):
            return unknown("the engine, when it runs, knows which images there are")
        lacking = image_store.lacking(self.site, _wanted())
        return missing(f"{', '.join(lacking)} not in the engine") if lacking else present("all in the engine")

    def run(self, progress: Progress) -> None:
        """Make what is missing."""
        wanted = _wanted()
        lacking = image_store.lacking(self.site, wanted)
        discard(self.minikube_home / "cache" / "images")  # Minikube would load its copies of older ones
        if DEBIAN.reference in lacking:
            make(self.site, (DEBIAN,), progress, step=self.name)
        for component in COMPONENTS:
            if component.reference in lacking:
                folder = component.module.folder(self.site)
                self._build(component.reference, folder, component.dockerfile, component.recipe, progress)
        if PAUSE in lacking:
            self._build(PAUSE, self._compile_pause(progress), _pause_dockerfile(), wanted[PAUSE], progress)
        if PROXY in lacking:
            dockerfile = (DATA / "images" / "kube-proxy.Dockerfile").read_text(encoding="utf-8")
            self._build(PROXY, KUBERNETES.folder(self.site), dockerfile, wanted[PROXY], progress, BASE=DEBIAN.reference)

    def _build(
        self, reference: str, context: Path, dockerfile: str, recipe: str, progress: Progress, **arguments: str
    ) -> None:
        progress.say(f"making {reference}")
        image_store.build(
            self.site,
            reference,
            context,
            progress,
            step=self.name,
            recipe=recipe,
            dockerfile=dockerfile,
            arguments=arguments,
        )

    def _compile_pause(self, progress: Progress) -> Path:
        folder = fresh(self.site.partial / "pause")
        self.site.runner.run(
            ("gcc", "-Os", "-static", "-s", "-Wall", "-Werror", "-o", folder / "pause", DATA / "images" / "pause.c"),
            timeout_s=COMPILE_TIMEOUT_S,
            log_file=progress.log_file,
        )
        return folder
