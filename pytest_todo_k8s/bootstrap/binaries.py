"""Programs built from pinned Go modules: Minikube, Kubernetes and the parts of a cluster, crictl, Helm.

Each module under `data/go/` has a go.mod that names every module it uses and a go.sum with their hashes; nothing else
is taken (`-mod=readonly`). What metrics-server and Kubernetes both use has the same version in both, so that it is
compiled once. A finished module stands in the cache under its name, version and recipe, so that a changed recipe is
built anew and an unchanged one never.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from pytest_todo_k8s.bootstrap import golang
from pytest_todo_k8s.bootstrap.files import digest, discard, fresh, take
from pytest_todo_k8s.bootstrap.jobs import Job, run_jobs
from pytest_todo_k8s.bootstrap.site import DATA
from pytest_todo_k8s.bootstrap.step import Cost, Progress, State, missing, present
from pytest_todo_k8s.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site

KUBERNETES_VERSION: Final = "v1.34.4"
"""1.35 and later refuse cgroup v1 by default, so 1.34 serves every machine."""
MINIKUBE_VERSION: Final = "v1.38.1"
HELM_VERSION: Final = "v3.22.0"
HELM_4_VERSION: Final = "v4.3.1"
METRICS_SERVER_VERSION: Final = "v0.8.0"
"""The next, 0.9.0, is made of Kubernetes 1.36, so that nothing of it would be compiled already."""
ETCD_VERSION: Final = "v3.6.13"
COREDNS_VERSION: Final = "v1.12.1"
CRICTL_VERSION: Final = "v1.34.0"
STORAGE_PROVISIONER_VERSION: Final = "v5"
BUILD_TIMEOUT_S: Final = 3600.0
SIDE_BY_SIDE: Final = 2
"""One module's downloads and links leave cores idle that the other's compilations use."""


@dataclass(frozen=True)
class Module:
    """A Go module and what is built from it.

    Attributes:
        name: Its folder under `data/go/`.
        version: What the cache calls it by.
        programs: Names of the programs that come out.
        packages: Import paths of their main packages; "." for the module's own.
        stamps: Variables set at link time, import path to value.
        tags: Build tags.
        cgo: Whether it needs a C compiler.
        seconds: About how long it takes alone on two cores, modules not downloaded yet.
    """

    name: str
    version: str
    programs: tuple[str, ...]
    packages: tuple[str, ...] = (".",)
    stamps: dict[str, str] = field(default_factory=dict)
    tags: str = ""
    cgo: bool = False
    seconds: int = 60

    @property
    def arguments(self) -> tuple[str, ...]:
        """Options of `go build` that decide what comes out."""
        stamps = "".join(f" -X {variable}={value}" for variable, value in self.stamps.items())
        tags = ("-tags", self.tags) if self.tags else ()
        # The linker drops what debuggers need (-s -w), so the compiler does without writing it.
        lean = ("-gcflags", "all=-dwarf=false")
        return ("-mod=readonly", "-trimpath", "-buildvcs=false", *tags, *lean, "-ldflags", "-s -w" + stamps)

    @property
    def recipe(self) -> str:
        """Digest of everything that decides what comes out, but the compiler."""
        return digest((DATA / "go" / self.name, *self.packages, *self.arguments, str(self.cgo)))

    def folder(self, site: Site) -> Path:
        """Where its programs stand once they are made."""
        return site.toolchain / f"{self.name}-{self.version}-{self.recipe}"

    def program(self, site: Site, name: str) -> Path:
        """Path of one of its programs."""
        return self.folder(site) / name

    def made(self, site: Site) -> bool:
        """Whether its programs are there."""
        return all(self.program(site, name).is_file() for name in self.programs)


def _kubernetes_stamps() -> dict[str, str]:
    """An API server without these says v0.0.0, and fails Minikube's check of the version."""
    major, minor, _ = KUBERNETES_VERSION.removeprefix("v").split(".")
    values = {
        "gitVersion": KUBERNETES_VERSION,
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
        "gitCommit": "0" * 40,
        "buildDate": "2026-01-01T00:00:00Z",
    }
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return {f"{package}.{name}": value for package in packages for name, value in values.items()}


KUBERNETES_PROGRAMS: Final = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubeadm",
    "kubectl",
    "kubelet",
)
KUBERNETES: Final = Module(
    "kubernetes",
    KUBERNETES_VERSION,
    KUBERNETES_PROGRAMS,
    packages=tuple(f"k8s.io/kubernetes/cmd/{name}" for name in KUBERNETES_PROGRAMS),
    stamps=_kubernetes_stamps(),
    seconds=430,
)
MINIKUBE: Final = Module(
    "minikube",
    MINIKUBE_VERSION,
    ("minikube",),
    packages=("k8s.io/minikube/cmd/minikube",),
    stamps={
        "k8s.io/minikube/pkg/version.version": MINIKUBE_VERSION,
        "k8s.io/minikube/pkg/version.isoVersion": "v1.38.0",
        "k8s.io/minikube/pkg/version.gitCommitID": "c93a4cb9311efc66b90d33ea03f75f2c4120e9b0",
        # Empty, it would make image names without a tag.
        "k8s.io/minikube/pkg/version.storageProvisionerVersion": STORAGE_PROVISIONER_VERSION,
    },
    tags="libvirt_dlopen",
    cgo=True,  # for the binding of the kvm driver
    seconds=180,
)
METRICS_SERVER: Final = Module(
    "metrics-server",
    METRICS_SERVER_VERSION,
    ("metrics-server",),
    packages=("sigs.k8s.io/metrics-server/cmd/metrics-server",),
    stamps={"sigs.k8s.io/metrics-server/pkg/version.gitVersion": METRICS_SERVER_VERSION},
    seconds=60,
)
ETCD: Final = Module("etcd", ETCD_VERSION, ("etcd",), seconds=20)
COREDNS: Final = Module("coredns", COREDNS_VERSION, ("coredns",), seconds=30)
STORAGE_PROVISIONER: Final = Module(
    "storage-provisioner", STORAGE_PROVISIONER_VERSION, ("storage-provisioner",), seconds=30
)
CRICTL: Final = Module("crictl", CRICTL_VERSION, ("crictl",), seconds=5)
HELM: Final = Module(
    "helm",
    HELM_VERSION,
    ("helm",),
    packages=("helm.sh/helm/v3/cmd/helm",),
    stamps={
        "helm.sh/helm/v3/internal/version.version": HELM_VERSION,
        "helm.sh/helm/v3/internal/version.gitTreeState": "clean",
    },
    seconds=60,
)
HELM_4: Final = Module(
    "helm4",
    HELM_4_VERSION,
    ("helm",),
    packages=("helm.sh/helm/v4/cmd/helm",),
    stamps={
        "helm.sh/helm/v4/internal/version.version": HELM_4_VERSION,
        "helm.sh/helm/v4/internal/version.gitTreeState": "clean",
    },
    seconds=60,
)
"""Set-up needs one Helm and takes the first; the chart's tests render with both."""
CLUSTER_MODULES: Final = (KUBERNETES, MINIKUBE, METRICS_SERVER, COREDNS, STORAGE_PROVISIONER, ETCD, CRICTL)
"""All that a cluster without a registry is made of; the longest first, so that none is left alone at the end."""


@dataclass(frozen=True)
class BinariesStep:
    """Builds the modules that are not in the cache.

    Attributes:
        site: Where.
        modules: Which are needed here.
    """

    site: Site
    modules: tuple[Module, ...]
    name: ClassVar[str] = "binaries"
    remedy: ClassVar[str] = (
        "look into its log; often the Go module proxy can't be reached (GOPROXY) or the disk is full"
    )

    @property
    def title(self) -> str:
        """What is built."""
        return (
            "build " + ", ".join(f"{module.name} {module.version}" for module in self._lacking()) + " from Go modules"
        )

    @property
    def cost(self) -> Cost:
        """Seconds as measured; space for the compiler's caches, which are removed afterwards, and the programs."""
        lacking = self._lacking()
        everything = KUBERNETES in lacking or MINIKUBE in lacking
        return Cost(seconds=sum(module.seconds for module in lacking), cache_mb=11_000 if everything else 3_000)

    def _lacking(self) -> tuple[Module, ...]:
        return tuple(module for module in self.modules if not module.made(self.site))

    def state(self) -> State:
        """Look into the cache."""
        lacking = self._lacking()
        if lacking:
            return missing(f"{', '.join(module.name for module in lacking)} not in the cache")
        return present(", ".join(f"{module.name} {module.version}" for module in self.modules))

    def run(self, progress: Progress) -> None:
        """Build what is missing, two modules at a time, then drop the compiler's caches and our own Go."""
        found = golang.find(self.site)
        if found is None:
            raise SetupError(self.name, f"there is no Go {golang.NEEDED} or newer", golang.GoStep.remedy)
        work = self.site.toolchain / "go-work"  # kept when a build fails, so that the next goes on from there
        jobs = [self._job(module, found[0], work, progress) for module in self._lacking()]
        run_jobs(self.site.runner, jobs, step=self.name, hint=self.remedy, width=SIDE_BY_SIDE, progress=progress)
        discard(work)
        discard(golang.own_folder(self.site))
        _drop_other_recipes(self.site, self.modules)

    def _job(self, module: Module, go: Path, work: Path, progress: Progress) -> Job:
        source = fresh(self.site.partial / f"{module.name}-source")
        shutil.copytree(DATA / "go" / module.name, source, dirs_exist_ok=True)
        out = fresh(self.site.partial / module.name)

        def put_in_place() -> None:
            take(out, module.folder(self.site))
            discard(source)

        return Job(
            name=module.name,
            argv=(go, "build", *module.arguments, "-o", f"{out}/", *module.packages),
            log_file=progress.log_file.with_name(f"{self.name}-{module.name}.log"),
            timeout_s=BUILD_TIMEOUT_S,
            env=self._environment(module, work),
            cwd=source,
            then=put_in_place,
        )

    def _environment(self, module: Module, work: Path) -> dict[str, str]:
        """Caches of their own, which can be removed; the caller's GOPROXY and other settings hold."""
        flags = f"{self.site.environment.get('GOFLAGS', '')} -modcacherw".strip()
        return {
            "CGO_ENABLED": str(int(module.cgo)),
            "GOCACHE": str(work / "build"),
            "GOFLAGS": flags,
            "GOMODCACHE": str(work / "modules"),
            "GOPATH": str(work / "path"),
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
        }


def _drop_other_recipes(site: Site, modules: Sequence[Module]) -> None:
    """Remove what older versions of this package built of the same modules."""
    current = {module.folder(site) for module in modules}
    for module in modules:
        for folder in site.toolchain.glob(f"{module.name}-v*"):
            if folder not in current and folder.is_dir():
                discard(folder)
