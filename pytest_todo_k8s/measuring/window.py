"""Reads what a namespace's containers use over a window of time, while something else goes on or nothing does."""

from __future__ import annotations

import datetime as dt
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.measuring import cgroups
from pytest_todo_k8s.measuring.usage import (
    Container,
    add_metrics,
    container_usage,
    disagreement,
    running_containers,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_todo_k8s.application import Application
    from pytest_todo_k8s.cluster.kube import Kube
    from pytest_todo_k8s.cluster.provider import Cluster
    from pytest_todo_k8s.measurements import ContainerUsage
    from pytest_todo_k8s.tools.command import BackgroundCommand

OUT_OF_REACH: Final = "metrics.k8s.io alone: the nodes, where cgroups could be read, are out of reach"
SPARE_READINGS: Final = 5
_START_S: Final = 15.0
_END_S: Final = 30.0
_POLL_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Place:
    """Whose containers are read.

    Attributes:
        cluster: Reads on its node.
        kube: Its API.
        namespace: Where the pods are.
        application: Whose parts they are.
        origin_s: Moment on the monotonic clock from which readings count.
    """

    cluster: Cluster
    kube: Kube
    namespace: str
    application: Application
    origin_s: float


@dataclass(frozen=True, slots=True)
class Window:
    """What was read: each container's use, the pods as they were (raw JSON), and where the figures come from."""

    usages: list[ContainerUsage]
    pods: list[dict[str, Any]]
    source: str


def observe(place: Place, seconds: float, meanwhile: Callable[[], None]) -> Window:
    """Read the containers' cgroups each second while something goes on; without a way to the nodes none is read.

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
    start_s, since = time.monotonic() - place.origin_s, dt.datetime.now(dt.UTC)
    if place.cluster.reaches_nodes:
        found = _read(place.cluster, containers, seconds, meanwhile)
        source = _source(containers, found)
    else:
        meanwhile()
        found, source = {}, OUT_OF_REACH
    usages = [container_usage(each, found.get(each.id, cgroups.Readings()), start_s) for each in containers]
    return Window(_with_metrics(place, usages, since), pods, source)


def _read(
    cluster: Cluster, containers: list[Container], seconds: float, meanwhile: Callable[[], None]
) -> dict[str, cgroups.Readings]:
    """Read cgroups on the node until the window is over."""
    readings = math.ceil(seconds) + SPARE_READINGS
    sampler = cluster.start_on_node(cgroups.command([each.id for each in containers], readings))
    try:
        _wait_for_first_reading(sampler, len(containers))
        meanwhile()
        _wait_for_end(sampler, seconds)
    finally:
        sampler.stop()
    return cgroups.parse(sampler.lines)


def _wait_for_first_reading(sampler: BackgroundCommand, containers: int) -> None:
    """Wait until every container was looked up and a first reading is there.

    Raises:
        PhaseError: The sampler ended or stays silent.
    """
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and sampler.running:
        lines = list(sampler.lines)
        if len(cgroups.parse(lines)) >= containers and any(line.startswith("use ") for line in lines):
            return
        time.sleep(_POLL_S)
    sampler.stop()  # its last lines are all there only once its output is read to the end
    said = " / ".join(list(sampler.lines)[-3:]) or "nothing"
    raise PhaseError("measure", f"the containers' cgroups can't be read on the node; the reader said: {said}"[:500])


def _wait_for_end(sampler: BackgroundCommand, seconds: float) -> None:
    """Let the sampler end by itself, so that nothing of it stays on the node."""
    deadline = time.monotonic() + seconds + _END_S
    while sampler.running and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def _with_metrics(place: Place, usages: list[ContainerUsage], since: dt.datetime) -> list[ContainerUsage]:
    path = f"/apis/metrics.k8s.io/v1beta1/namespaces/{place.namespace}/pods"
    try:
        pods: list[dict[str, Any]] = place.kube.items(path)
    except KubeError as error:
        reason = f"metrics.k8s.io does not answer: {error.message}"
        return [each.model_copy(update={"metrics_reason": reason}) for each in usages]
    now = dt.datetime.now(dt.UTC)
    return [add_metrics(each, pods, since, now) for each in usages]


def _source(containers: list[Container], found: dict[str, cgroups.Readings]) -> str:
    """Say where the figures come from, and where a limit is not what the spec says."""
    versions = sorted({f"v{each.version}" for each in found.values() if each.version})
    said = [f"cgroup {' and '.join(versions) or 'files not found'}, read on the node every second"]
    readings = [(each, found.get(each.id, cgroups.Readings())) for each in containers]
    said += [text for each, read in readings if read.version and (text := disagreement(each, read))]
    return "; ".join(said)
