"""Why a deployment does not come up: reads pods, jobs and events, and names the cause and the remedy.

Reasons and messages are those of kubelet, scheduler and controllers (Kubernetes documentation, "Debug Pods"). A trouble
that may still pass has a patience: only when it lasts longer does it end the wait.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.cluster.rollout import condition, container_states
from pytest_todo_k8s.cluster.workloads import JOB_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_todo_k8s.cluster.kube import Kube

SHOWN: Final = 300
"""Characters of one message."""
LOG_LINES: Final = 4
LOG_BYTES: Final = 8 * 1024
LOG_TIMEOUT_S: Final = 5.0
CAUSES: Final = 3
"""Causes named in one sentence; the first ones explain the others more often than not."""
_CONTROL: Final = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")
_REPLICA: Final = re.compile(r"(?:-[a-z0-9]{6,10})?-[bcdfghjklmnpqrstvwxz2456789]{5}$")
"""Ending of a pod's name: its ReplicaSet's hash and five characters of its own (Kubernetes: `SafeEncodeString`)."""

_IMAGE_HINT: Final = "compare the chart's image repository and tag with what the load phase brought to the node"
_WAITING: Final[Mapping[str, tuple[float, str]]] = {
    "ErrImageNeverPull": (0.0, _IMAGE_HINT),
    "ImagePullBackOff": (0.0, _IMAGE_HINT),
    "ErrImagePull": (10.0, _IMAGE_HINT),
    "InvalidImageName": (0.0, "correct the image's repository and tag in the chart's values"),
    "CreateContainerConfigError": (5.0, "correct the key or the name of the Secret or ConfigMap in the chart"),
    "CreateContainerError": (10.0, "correct the container's command or mounts in the chart"),
    "RunContainerError": (10.0, "correct the container's command in the chart or the image's entry point"),
    "CrashLoopBackOff": (0.0, "read the container's whole log in the output folder, below logs/pods"),
}
"""Reasons for which a container waits: seconds of patience and the remedy."""
_EVENTS: Final[Mapping[str, tuple[float, str]]] = {
    "FailedCreate": (5.0, "correct the chart, or the quota or policy that refuses its pods"),
    "FailedMount": (20.0, "correct the volume in the chart: its Secret, ConfigMap or claim"),
    "FailedAttachVolume": (30.0, "look at the cluster's storage"),
    "ProvisioningFailed": (30.0, "look at the cluster's storage class and provisioner"),
}
"""Reasons of Warning events that keep pods from starting."""
_PASSING: Final = ("error looking up service account", "timed out waiting for the condition")
"""Messages of such events that the controllers overcome by trying again."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that keeps a workload from coming up.

    Attributes:
        about: Whose trouble it is: `pod/container`, `Kind/name`.
        reason: Kubernetes' reason, such as `CrashLoopBackOff`.
        cause: One sentence without a full stop.
        hint: What to do.
        patience_s: Seconds it may last before it counts as final.
        log: Pod and container whose log says more, if one does.
    """

    about: str
    reason: str
    cause: str
    hint: str
    patience_s: float
    log: tuple[str, str] | None = None


def troubles(
    pods: Iterable[Mapping[str, Any]],
    short: Iterable[str],
    jobs: Iterable[Mapping[str, Any]],
    events: Iterable[Mapping[str, Any]],
) -> list[Trouble]:
    """Return what is wrong, containers first.

    Args:
        pods: Pods that are not up (raw JSON).
        short: Names of workloads that have fewer pods than they should.
        jobs: The namespace's Jobs.
        events: The namespace's events; they stay for an hour, so those of things that are well by now don't count.
    """
    pods, short = list(pods), tuple(short)
    found = [trouble for pod in pods for trouble in _pod_troubles(pod)]
    names = {pod["metadata"]["name"] for pod in pods}
    current = [event for event in events if _concerns(event.get("involvedObject") or {}, names, short)]
    return [*found, *_job_troubles(jobs, pods), *_event_troubles(current)]


def sentence(found: Iterable[Trouble], kube: Kube, namespace: str) -> tuple[str, str]:
    """Put troubles into one cause and one remedy, with the last log lines of containers that ended."""
    causes: dict[tuple[str, str], Trouble] = {}
    for trouble in found:
        causes.setdefault(_kind_of(trouble), trouble)
    chosen = list(causes.values())[:CAUSES]
    told = [trouble.cause + _log_end(trouble, kube, namespace) for trouble in chosen]
    more = len(causes) - len(chosen)
    return "; ".join(told) + (f"; and {more} more" if more else ""), chosen[0].hint


def plain(text: str, limit: int = SHOWN) -> str:
    """Return text from the cluster on one line, without control characters, cut to `limit` characters."""
    line = " ".join(_CONTROL.sub("", text).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def late(pods: Iterable[Mapping[str, Any]], events: Iterable[Mapping[str, Any]]) -> list[Trouble]:
    """Tell of pods that just were not up in time: their state and the last thing the cluster said of them."""
    said = {
        event.get("involvedObject", {}).get("name"): plain(str(event.get("message") or ""))
        for event in events
        if event.get("type") == "Warning"
    }
    found = []
    for pod in pods:
        name = pod["metadata"]["name"]
        phase = (pod.get("status") or {}).get("phase", "Unknown")
        last = f", {said[name]}" if name in said else ""
        hint = "read its log in the output folder, below logs/pods, and its probes in the chart"
        found.append(Trouble(name, "NotReady", f"pod {name} is {phase} and not Ready{last}", hint, 0.0))
    return found


def _concerns(about: Mapping[str, Any], waiting: set[str], short: tuple[str, ...]) -> bool:
    """Whether an event is about a pod that waits, a claim one may wait for, or the maker of pods that are missing."""
    name = str(about.get("name"))
    if about.get("kind") == "Pod":
        return name in waiting
    if about.get("kind") == "PersistentVolumeClaim":
        return bool(waiting)
    return any(name == each or name.startswith(f"{each}-") for each in short)


def _pod_troubles(pod: Mapping[str, Any]) -> Iterator[Trouble]:
    name = pod["metadata"]["name"]
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("reason") == "Unschedulable":
        cause = f"pod {name} can't be scheduled: {plain(scheduled.get('message', ''))}"
        hint = "give the cluster more CPU, memory or storage, or lower the chart's requests"
        yield Trouble(name, "Unschedulable", cause, hint, 20.0)
    for state in container_states(pod):
        yield from _container_troubles(pod, state)


def _container_troubles(pod: Mapping[str, Any], state: Mapping[str, Any]) -> Iterator[Trouble]:
    pod_name, name = pod["metadata"]["name"], state["name"]
    about = f"container {name} of pod {pod_name}"
    ended = _ended(state)
    if ended.get("reason") == "OOMKilled":
        cause = f"{about} was killed because it needs more memory than its limit (OOMKilled)"
        hint = "raise its memory limit in the chart's values, or make it need less"
        yield Trouble(f"{pod_name}/{name}", "OOMKilled", cause, hint, 0.0, (pod_name, name))
        return
    waiting = (state.get("state") or {}).get("waiting") or {}
    reason = str(waiting.get("reason"))
    if reason not in _WAITING:
        return
    patience_s, hint = _WAITING[reason]
    if reason == "CrashLoopBackOff":
        cause = f"{about} ends again and again, last with status {ended.get('exitCode', 'unknown')} ({reason})"
        yield Trouble(f"{pod_name}/{name}", reason, cause, hint, patience_s, (pod_name, name))
    else:
        cause = f"{about} does not start: {plain(waiting.get('message') or state.get('image', ''))} ({reason})"
        yield Trouble(f"{pod_name}/{name}", reason, cause, hint, patience_s)


def _ended(state: Mapping[str, Any]) -> dict[str, Any]:
    """How a container ended, now or the last time."""
    now, before = state.get("state") or {}, state.get("lastState") or {}
    ended: dict[str, Any] = now.get("terminated") or before.get("terminated") or {}
    return ended


def _job_troubles(jobs: Iterable[Mapping[str, Any]], pods: list[Mapping[str, Any]]) -> Iterator[Trouble]:
    for job in jobs:
        name = job["metadata"]["name"]
        failed = condition(job, "Failed")
        if failed.get("status") == "True":
            cause = f"job {name} failed: {plain(failed.get('message', ''))} ({failed.get('reason')})"
            hint = "read the logs of its pods in the output folder, below logs/pods"
            yield Trouble(f"Job/{name}", "JobFailed", cause, hint, 0.0, _last_attempt(name, pods))


def _last_attempt(job: str, pods: list[Mapping[str, Any]]) -> tuple[str, str] | None:
    """The newest pod of a Job, and its container."""
    own = [pod for pod in pods if (pod["metadata"].get("labels") or {}).get(JOB_LABEL) == job]
    if not own:
        return None
    newest = max(own, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))
    return newest["metadata"]["name"], newest["spec"]["containers"][0]["name"]


def _event_troubles(events: Iterable[Mapping[str, Any]]) -> Iterator[Trouble]:
    for event in events:
        reason, message = str(event.get("reason")), str(event.get("message") or "")
        if event.get("type") != "Warning" or reason not in _EVENTS or any(text in message for text in _PASSING):
            continue
        patience_s, hint = _EVENTS[reason]
        about = f"{event['involvedObject'].get('kind')}/{event['involvedObject'].get('name')}"
        yield Trouble(about, reason, f"{about}: {plain(message)} ({reason})", hint, patience_s)


def _kind_of(trouble: Trouble) -> tuple[str, str]:
    """What replicas of one workload have in common when the same thing is wrong with all of them."""
    parts = [_REPLICA.sub("", part) for part in trouble.about.split("/")]
    return "/".join(parts), trouble.reason


def _log_end(trouble: Trouble, kube: Kube, namespace: str) -> str:
    """The last lines of the log of a container that ended, its previous run first."""
    if trouble.log is None:
        return ""
    pod, container = trouble.log
    path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
    for previous in ("true", "false"):
        try:
            text = kube.text(
                path,
                limit_bytes=LOG_BYTES,
                timeout_s=LOG_TIMEOUT_S,
                container=container,
                tailLines=LOG_LINES,
                previous=previous,
            )
        except KubeError:
            continue
        if text.strip():
            return f"; its log ends: {plain(' / '.join(text.strip().splitlines()))}"
    return ""
