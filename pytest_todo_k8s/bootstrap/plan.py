"""Which steps this machine needs, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.bootstrap import kind, packages
from pytest_todo_k8s.bootstrap.bases import BasesStep
from pytest_todo_k8s.bootstrap.binaries import CLUSTER_MODULES, HELM, BinariesStep
from pytest_todo_k8s.bootstrap.browser import BrowserStep
from pytest_todo_k8s.bootstrap.cluster import ClusterStep
from pytest_todo_k8s.bootstrap.engine import EngineStep
from pytest_todo_k8s.bootstrap.firewall import FirewallStep
from pytest_todo_k8s.bootstrap.golang import GoStep
from pytest_todo_k8s.bootstrap.images import ImagesStep
from pytest_todo_k8s.bootstrap.kernel import KernelStep
from pytest_todo_k8s.bootstrap.metrics import MetricsStep
from pytest_todo_k8s.bootstrap.minikube import Minikube
from pytest_todo_k8s.bootstrap.node_image import NodeImageStep
from pytest_todo_k8s.bootstrap.packages import PackagesStep
from pytest_todo_k8s.bootstrap.programs import Program, dockers, fit, has_compose, helms, minikubes
from pytest_todo_k8s.errors import SetupError

if TYPE_CHECKING:
    from pytest_todo_k8s.bootstrap.site import Site
    from pytest_todo_k8s.bootstrap.step import Step

BUILDS_ON: Final = "x86_64"


@dataclass(frozen=True)
class Plan:
    """What set-up goes by on this machine.

    Attributes:
        minikube: The minikube in use.
        helm: The helm found on PATH; None: the one built here.
        steps: In order.
    """

    minikube: Minikube
    helm: Program | None
    steps: tuple[Step, ...]


def plan(site: Site, *, with_kind: bool = False) -> Plan:
    """Look at the machine and choose.

    Args:
        site: The machine.
        with_kind: Whether a kind cluster is wanted beside Minikube.

    Raises:
        SetupError: It lacks a minikube, and is of a kind that none is built for; or kind is wanted where set-up makes
            no parts of a cluster.
    """
    minikube = Minikube(site, fit(minikubes(site)))
    helm = fit(helms(site))
    if minikube.built and site.machine.architecture != BUILDS_ON:
        cause = f"there is no minikube on PATH, and on {site.machine.architecture} none is built from source"
        raise SetupError("plan", cause, "install minikube, kubectl and helm")
    if with_kind and not minikube.built:
        cause = "kind is made of the parts of set-up's own Minikube, and this machine has a Minikube of its own"
        raise SetupError("plan", cause, "use the kind of this machine (`kind create cluster --name todo-k8s`)")
    return Plan(minikube, helm, tuple(_steps(site, minikube, helm, with_kind=with_kind)))


def _steps(site: Site, minikube: Minikube, helm: Program | None, *, with_kind: bool) -> list[Step]:
    wanted = _packages(site, minikube)
    extra = (*(() if helm else (HELM,)), *((kind.KIND,) if with_kind else ()))
    binaries = BinariesStep(site, (*(CLUSTER_MODULES if minikube.built else ()), *extra))
    steps: list[Step] = []
    if wanted:
        steps.append(PackagesStep(site, wanted))
    if site.machine.root:
        steps.append(KernelStep(site))
    steps.append(EngineStep(site))
    if site.machine.root and minikube.built:
        steps.append(FirewallStep(site))
    if binaries.modules:
        steps += [GoStep(site, lambda: not binaries.state().done), binaries]
    steps.append(BrowserStep(site))
    if minikube.built:
        steps += [ImagesStep(site, minikube.home), NodeImageStep(site)]
    own_engine = {*wanted, *site.record.packages} & set(packages.ENGINE)
    steps += [ClusterStep(site, minikube), MetricsStep(site, minikube), BasesStep(site, registry=not own_engine)]
    return [*steps, kind.KindImageStep(site), kind.KindClusterStep(site)] if with_kind else steps


def _packages(site: Site, minikube: Minikube) -> tuple[str, ...]:
    """Return the Debian packages that are needed here, whether they are installed or not."""
    wanted: list[str] = []
    reachable = any(docker.engine for docker in dockers(site)) or site.environment.get("DOCKER_HOST")
    if not reachable and not site.which("dockerd"):
        wanted += packages.ENGINE
    if not reachable and not site.machine.systemd and not site.machine.grants_sys_resource:
        wanted += packages.LEAN_RUNTIME
    if minikube.built:
        wanted += (*packages.COMPILER, *packages.ROOT_FILE_SYSTEMS)
    if minikube.built and site.machine.root and not has_compose(site):
        wanted += packages.COMPOSE
    return tuple(wanted)
