"""Reads what a namespace's containers use over a window of time, while something else goes on or nothing does."""

from __future__ import annotations

import datetime as dt
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.cluster.kubectl import kubectl
from pytest_todo_k8s.measuring.cgroups import Readings
from pytest_todo_k8s.measuring.exec_reader import ExecReader
from pytest_todo_k8s.measuring.node_reader import NodeReader
from pytest_todo_k8s.measuring.usage import (
    Container,
    add_metrics,
    container_usage,
    disagreement,
    running_containers,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_todo_k8s.application import Application
    from pytest_todo_k8s.cluster.kube import Kube
    from pytest_todo_k8s.cluster.provider import Cluster
    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.measurements import ContainerUsage
    from pytest_todo_k8s.tools.command import CommandRunner
    from pytest_todo_k8s.tools.toolchain import Toolchain

SPARE_READINGS: Final = 5
_END_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Place:
    """Whose containers are read.

    Attributes:
        cluster: Reads on its node, where that is within reach.
        kube: Its API.
        toolchain: Has kubectl, which reads in the containers otherwise.
        commands: Starts it.
        namespace: Where the pods are.
        application: Whose parts they are.
        origin_s: Moment on the monotonic clock from which readings count.
    """

    cluster: Cluster
    kube: Kube
    toolchain: Toolchain
    commands: CommandRunner
    namespace: str
    application: Application
    origin_s: float

    @classmethod
    def of(cls, context: RunContext) -> Place:
        """Return a run's own."""
        settings = context.settings
        return cls(
            cluster=context.cluster,
            kube=context.kube,
            toolchain=context.toolchain,
            commands=context.commands,
            namespace=settings.namespace,
            application=settings.application,
            origin_s=context.started_s,
        )


@dataclass(frozen=True, slots=True)
class Window:
    """What was read: each container's use, and where the figures come from."""

    usages: list[ContainerUsage]
    source: str


class Reader(Protocol):
    """Reads containers' cgroups once a second and ends by itself."""

    def start(self, containers: Sequence[Container], readings: int) -> None:
        """Begin, and return once the first readings are there."""

    def wait(self, deadline_s: float) -> None:
        """Return when it has ended by itself, at the latest at that moment on the monotonic clock."""

    def stop(self) -> None:
        """End it if it goes on; safe to call at any time."""

    def found(self) -> dict[str, Readings]:
        """Return what was read, by container id."""

    def told(self, containers: Sequence[Container]) -> str:
        """Say in a few words how these were read."""


def observe(place: Place, seconds: float, meanwhile: Callable[[], None]) -> Window:
    """Read the containers' cgroups each second while something goes on.

    Args:
        place: Whose.
        seconds: How long at least, from the first reading.
        meanwhile: Called once the first reading is there; it may take as long as the window.

    Raises:
        PhaseError: The reader does not work on the node.
        KubeError: The pods can't be listed.
    """
    application = place.application
    selector = f"{application.label} in ({', '.join(application.apps.values())})"
    pods = place.kube.items(f"/api/v1/namespaces/{place.namespace}/pods", labelSelector=selector)
    containers = running_containers(pods, application.label)
    reader = _reader(place)
    try:
        reader.start(containers, math.ceil(seconds) + SPARE_READINGS)
        start_s, since = time.monotonic() - place.origin_s, dt.datetime.now(dt.UTC)
        meanwhile()
        reader.wait(time.monotonic() + seconds + _END_S)
    finally:
        reader.stop()
    found = reader.found()
    usages = [container_usage(each, found.get(each.id, Readings()), start_s) for each in containers]
    return Window(_with_metrics(place, usages, since), _source(reader, containers, found))


def _reader(place: Place) -> Reader:
    """Choose: on the node, where nothing runs in the containers that are measured, else inside of them."""
    if place.cluster.reaches_nodes:
        return NodeReader(place.cluster)
    return ExecReader(place.commands, kubectl(place.toolchain, place.cluster, place.namespace))


def _with_metrics(place: Place, usages: list[ContainerUsage], since: dt.datetime) -> list[ContainerUsage]:
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{place.namespace}/pods"
    try:
        pods: list[dict[str, Any]] = place.kube.items(path)
    except KubeError as error:
        reason = f"metrics.k8s.io does not answer: {error.message}"
        return [each.model_copy(update={"metrics_reason": reason}) for each in usages]
    now = dt.datetime.now(dt.UTC)
    return [add_metrics(each, pods, since, now) for each in usages]


def _source(reader: Reader, containers: list[Container], found: dict[str, Readings]) -> str:
    """Say where the figures come from, and where a limit is not what the spec says."""
    versions = sorted({f"v{each.version}" for each in found.values() if each.version})
    said = [f"cgroup {' and '.join(versions) or 'files not found'}, {reader.told(containers)}"]
    readings = [(each, found.get(each.id, Readings())) for each in containers]
    said += [text for each, read in readings if read.version and (text := disagreement(each, read))]
    return "; ".join(said)
