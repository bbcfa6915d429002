"""Use of the containers against their limits: cgroup readings joined with the pods' specs and with metrics.k8s.io."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from kubernetes.utils.quantity import parse_quantity

from pytest_todo_k8s.measurements import ContainerUsage, MetricsSample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_todo_k8s.measuring.cgroups import Readings

Limit = TypeVar("Limit", int, float)

_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_DURATION_PART: Final = re.compile(r"([0-9.]+)(h|ms|us|µs|ns|m|s)")


@dataclass(frozen=True, slots=True)
class Container:
    """A running container, and the requests and limits in its pod's spec (None: none)."""

    pod: str
    app: str
    name: str
    id: str
    cpu_limit_cores: float | None
    memory_limit_bytes: int | None
    cpu_request_cores: float | None = None
    memory_request_bytes: int | None = None


def running_containers(pods: Sequence[Mapping[str, Any]], label: str) -> list[Container]:
    """Return the running containers of pods (raw JSON), without init containers and finished ones.

    Args:
        pods: The pods.
        label: The label whose value is a container's `app`.
    """
    found = []
    for pod in pods:
        specs = {spec["name"]: spec for spec in pod["spec"]["containers"]}
        for status in pod.get("status", {}).get("containerStatuses") or []:
            if "running" in (status.get("state") or {}):
                resources = specs[status["name"]].get("resources") or {}
                found.append(_container(pod["metadata"], label, status, resources))
    return found


def _container(
    metadata: Mapping[str, Any], label: str, status: Mapping[str, Any], resources: Mapping[str, Any]
) -> Container:
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    return Container(
        pod=metadata["name"],
        app=(metadata.get("labels") or {}).get(label, ""),
        name=status["name"],
        id=status["containerID"].rpartition("://")[2],
        cpu_limit_cores=float(parse_quantity(limits["cpu"])) if "cpu" in limits else None,
        memory_limit_bytes=int(parse_quantity(limits["memory"])) if "memory" in limits else None,
        cpu_request_cores=float(parse_quantity(requests["cpu"])) if "cpu" in requests else None,
        memory_request_bytes=int(parse_quantity(requests["memory"])) if "memory" in requests else None,
    )


def container_usage(container: Container, readings: Readings, start_s: float) -> ContainerUsage:
    """Join a container with its readings.

    A limit counts where both the pod's spec and the cgroup have it; where they differ, the tighter one does. Of a
    container whose cgroup was not read only the spec's is known.

    Args:
        container: From the pod's spec.
        readings: From its cgroup.
        start_s: Time of the first reading, seconds since the run began.
    """
    cpu_limit_cores, memory_limit_bytes = container.cpu_limit_cores, container.memory_limit_bytes
    if readings.version is not None:
        cpu_limit_cores = _tighter(cpu_limit_cores, readings.cpu_limit_cores)
        memory_limit_bytes = _tighter(memory_limit_bytes, readings.memory_limit_bytes)
    return ContainerUsage(
        pod=container.pod,
        app=container.app,
        container=container.name,
        cpu_limit_cores=cpu_limit_cores,
        memory_limit_bytes=memory_limit_bytes,
        cpu_request_cores=container.cpu_request_cores,
        memory_request_bytes=container.memory_request_bytes,
        samples=[sample.model_copy(update={"at_s": start_s + sample.at_s}) for sample in readings.samples],
        samples_reason=readings.reason,
    )


def disagreement(container: Container, readings: Readings) -> str | None:
    """Say where the pod's spec and the cgroup have different limits, or None."""
    asked = (container.cpu_limit_cores, container.memory_limit_bytes)
    enforced = (readings.cpu_limit_cores, readings.memory_limit_bytes)
    if asked == enforced:
        return None
    return f"{container.pod}/{container.name}: the spec's limits (cores, bytes) are {asked}, the cgroup's {enforced}"


def add_metrics(
    usage: ContainerUsage, pods: Sequence[Mapping[str, Any]], since: dt.datetime, now: dt.datetime
) -> ContainerUsage:
    """Add what metrics.k8s.io said of a container, or why that is no sample.

    Args:
        usage: The container.
        pods: Items of PodMetrics (raw JSON).
        since: Start of the readings (UTC); a sample taken before it says nothing of them.
        now: The time at which `pods` was read.
    """
    pod = next((each for each in pods if each["metadata"]["name"] == usage.pod), None)
    containers = (pod or {}).get("containers") or []
    measured = next((each["usage"] for each in containers if each["name"] == usage.container), None)
    if pod is None or measured is None:
        return usage.model_copy(update={"metrics_reason": "metrics.k8s.io has no sample of this container yet"})
    taken = dt.datetime.fromisoformat(pod["timestamp"])
    if taken < since:
        age_s = (since - taken).total_seconds()
        return usage.model_copy(
            update={"metrics_reason": f"the newest sample was taken {age_s:.0f} s before the load began"}
        )
    sample = MetricsSample(
        timestamp=pod["timestamp"],
        window_s=duration_s(pod["window"]),
        age_s=(now - taken).total_seconds(),
        at_s=usage.samples[0].at_s + (taken - since).total_seconds() if usage.samples else None,
        cpu_cores=float(parse_quantity(measured["cpu"])),
        memory_bytes=int(parse_quantity(measured["memory"])),
    )
    return usage.model_copy(update={"metrics_api": sample})


def duration_s(text: str) -> float:
    """Read a duration as Kubernetes writes it (`15s`, `1m0.5s`), in seconds."""
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text))


def _tighter(asked: Limit | None, enforced: Limit | None) -> Limit | None:
    return None if asked is None or enforced is None else min(asked, enforced)
