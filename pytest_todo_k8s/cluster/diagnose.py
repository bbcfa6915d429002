"""Why a deployment does not come up: reads pods, jobs and events, and finds their causes in the table of `causes`.

A trouble that may still pass has a patience: only when it lasts longer does it end the wait.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.cluster.causes import CAUSES
from pytest_todo_k8s.cluster.events import last_seen, plain
from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.cluster.pod_logs import LOST
from pytest_todo_k8s.cluster.rollout import condition, container_states
from pytest_todo_k8s.cluster.workloads import JOB_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_todo_k8s.cluster.kube import Kube

LOG_LINES: Final = 4
LOG_BYTES: Final = 8 * 1024
LOG_TIMEOUT_S: Final = 5.0
SHOWN_CAUSES: Final = 3
"""Causes named in one sentence; the first ones explain the others more often than not."""
_REPLICA: Final = re.compile(r"(?:-[a-z0-9]{6,10})?-[bcdfghjklmnpqrstvwxz2456789]{5}$")
"""Ending of a pod's name: its ReplicaSet's hash and five characters of its own (Kubernetes: `SafeEncodeString`)."""

_WAITING: Final = {
    "ErrImageNeverPull",
    "ImagePullBackOff",
    "ErrImagePull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
}
"""Reasons for which a container waits that are causes by themselves; `CrashLoopBackOff` has others behind it."""
_NOT_STARTED: Final = {"StartError", "ContainerCannotRun"}
"""Reasons of a container's end that mean it never ran."""
_EVENTS: Final = tuple(
    (reason, re.compile(pattern), code)
    for reason, pattern, code in (
        ("FailedCreate", "error looking up service account", "ServiceAccountMissing"),
        ("FailedCreate", "exceeded quota|failed quota", "QuotaExceeded"),
        ("FailedCreate", "violates PodSecurity", "PodSecurity"),
        ("FailedCreate", "admission|denied|forbidden", "AdmissionRefused"),
        ("FailedCreate", "", "FailedCreate"),
        ("FailedCreatePodSandBox", "", "FailedCreatePodSandBox"),
        ("FailedMount", "not found|references non-existent", "MountSourceMissing"),
        ("FailedMount", "", "FailedMount"),
        ("FailedAttachVolume", "", "FailedAttachVolume"),
        ("ProvisioningFailed", "storageclass.* not found", "StorageClassMissing"),
        ("ProvisioningFailed", "", "ProvisioningFailed"),
        ("FailedBinding", "no storage class is set", "StorageClassMissing"),
    )
)
"""Reasons of events that keep pods from starting, what their message holds, and the cause; the first match counts."""
_PASSING: Final = "timed out waiting for the condition"
"""Message of such events that kubelet overcomes by trying again."""
_SCALES_UP: Final = "TriggeredScaleUp"
"""Event of the cluster autoscaler on a pod for which it adds a node: a pod that fits on no node is only early."""
_UNPLACED: Final = (
    (re.compile(r"persistentvolumeclaim .* not found"), "MountSourceMissing"),
    (re.compile(r"unbound immediate PersistentVolumeClaims"), "PendingVolume"),
)
"""What the scheduler says of a pod that it can't place for another reason than the nodes' size, and the cause."""
_KILLED_BY_PROBE: Final = re.compile(r"failed (?:startup|liveness) probe")
_REFUSAL: Final = re.compile(r"probe failed: HTTP probe failed with statuscode: 4\d\d")
"""A running server refuses what the probe asks; a 5xx or no answer may still become a good one."""
_CONTAINER: Final = re.compile(r"^spec\.(?:initContainers|containers)\{(.+)\}$")
_Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that keeps a workload from coming up.

    Attributes:
        about: Whose trouble it is: `pod/container`, `Kind/name`.
        code: The cause, a key of `causes.CAUSES`.
        cause: One sentence without a full stop.
        log: Pod and container whose log says more, if one does.
    """

    about: str
    code: str
    cause: str
    log: tuple[str, str] | None = None

    @property
    def remedy(self) -> str:
        """What to do."""
        return CAUSES[self.code].remedy

    @property
    def patience_s(self) -> float:
        """Seconds it may last before it counts as final."""
        return CAUSES[self.code].patience_s


def troubles(
    pods: Iterable[Mapping[str, Any]],
    short: Iterable[str],
    jobs: Iterable[Mapping[str, Any]],
    events: Iterable[_Event],
) -> list[Trouble]:
    """Return what is wrong, containers first.

    Args:
        pods: Pods that are not up (raw JSON).
        short: Names of workloads that have fewer pods than they should.
        jobs: The namespace's Jobs.
        events: The namespace's events; they stay for an hour, so those of things that are well by now don't count.
    """
    pods, short = list(pods), tuple(short)
    names = {pod["metadata"]["name"] for pod in pods}
    current = [event for event in events if _concerns(event.get("involvedObject") or {}, names, short)]
    found = [trouble for pod in pods for trouble in _pod_troubles(pod, _of_pod(pod, current))]
    return [*found, *_job_troubles(jobs, pods), *_event_troubles(current)]


def sentence(found: Iterable[Trouble], kube: Kube, namespace: str) -> tuple[str, str]:
    """Put troubles into one cause and one remedy, with the last log lines of containers that ended."""
    chosen = list({_kind_of(trouble): trouble for trouble in reversed(list(found))}.values())[::-1]
    told = [trouble.cause + _log_end(trouble, kube, namespace) for trouble in chosen[:SHOWN_CAUSES]]
    more = len(chosen) - len(told)
    return "; ".join(told) + (f"; and {more} more" if more else ""), chosen[0].remedy


def late(pods: Iterable[Mapping[str, Any]], events: Iterable[_Event]) -> list[Trouble]:
    """Tell of pods that just were not up in time: their state and the last thing the cluster said of them."""
    events = list(events)
    found = []
    for pod in pods:
        name, phase = pod["metadata"]["name"], (pod.get("status") or {}).get("phase", "Unknown")
        warnings = [event for event in _of_pod(pod, events) if event.get("type") == "Warning"]
        last = f", {plain(str(warnings[-1].get('message') or ''))}" if warnings else ""
        running = [state["name"] for state in container_states(pod) if "running" in (state.get("state") or {})]
        log = (name, running[-1]) if running else None
        found.append(_trouble("NotReady", name, f"pod {name}", f"it is {phase}{last}", log))
    return found


def _trouble(code: str, about: str, title: str, said: str, log: tuple[str, str] | None = None) -> Trouble:
    cause = CAUSES[code]
    told = f"{cause.sentence.format(about=title, said=said)} ({code})"
    return Trouble(about, code, told, log if cause.log else None)


def _concerns(about: Mapping[str, Any], waiting: set[str], short: tuple[str, ...]) -> bool:
    """Whether an event is about a pod that waits, a claim one may wait for, or the maker of pods that are missing."""
    name = str(about.get("name"))
    if about.get("kind") == "Pod":
        return name in waiting
    if about.get("kind") == "PersistentVolumeClaim":
        return bool(waiting)
    return any(name == each or name.startswith(f"{each}-") for each in short)


def _of_pod(pod: Mapping[str, Any], events: Iterable[_Event]) -> list[_Event]:
    """The events of one pod, oldest first."""
    name = pod["metadata"]["name"]
    return sorted((each for each in events if (each.get("involvedObject") or {}).get("name") == name), key=last_seen)


def _pod_troubles(pod: Mapping[str, Any], events: Sequence[_Event]) -> Iterator[Trouble]:
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("reason") == "Unschedulable" and not any(each.get("reason") == _SCALES_UP for each in events):
        said = plain(scheduled.get("message", ""))
        code = next((code for pattern, code in _UNPLACED if pattern.search(said)), "Unschedulable")
        yield _trouble(code, name, f"pod {name}", said)
    if status.get("reason") == "Evicted":
        yield _trouble("Evicted", name, f"pod {name}", plain(status.get("message", "")))
    for state in container_states(pod):
        own = [each for each in events if _container_of(each) == state["name"]]
        yield from _container_troubles(name, state, own)


def _container_of(event: _Event) -> str | None:
    match = _CONTAINER.match(str((event.get("involvedObject") or {}).get("fieldPath") or ""))
    return match[1] if match else None


def _container_troubles(pod: str, state: Mapping[str, Any], events: Sequence[_Event]) -> Iterator[Trouble]:
    """Yield the one thing that is wrong with a container, if anything is."""
    name = state["name"]
    now, ended = state.get("state") or {}, _ended(state)
    waiting = now.get("waiting") or {}
    reason = str(waiting.get("reason"))
    code, said = None, ""
    if ended.get("reason") == "OOMKilled":
        limit = ((state.get("resources") or {}).get("limits") or {}).get("memory")
        code, said = "OOMKilled", f" of {limit}" if limit else ""
    elif ended.get("reason") in _NOT_STARTED:
        code, said = "StartError", plain(ended.get("message") or waiting.get("message") or "")
    elif ended and any(_KILLED_BY_PROBE.search(str(each.get("message"))) for each in events):
        code, said = "KilledByProbe", _last_probe(events)
    elif reason in _WAITING:
        code, said = reason, plain(waiting.get("message") or state.get("image", ""))
    elif reason == "CrashLoopBackOff":
        code, said = reason, str(ended.get("exitCode", "unknown"))
    elif "running" in now and _REFUSAL.search(_last_probe(events)):
        code, said = "ProbeRefused", _last_probe(events)
    if code:
        yield _trouble(code, f"{pod}/{name}", f"container {name} of pod {pod}", said, (pod, name))


def _last_probe(events: Sequence[_Event]) -> str:
    """What the last failed probe of a container met."""
    failed = [each for each in events if each.get("reason") == "Unhealthy"]
    return plain(str(failed[-1].get("message") or "")) if failed else ""


def _ended(state: Mapping[str, Any]) -> dict[str, Any]:
    """How a container ended, now or the last time."""
    now, before = state.get("state") or {}, state.get("lastState") or {}
    ended: dict[str, Any] = now.get("terminated") or before.get("terminated") or {}
    return ended


def _job_troubles(jobs: Iterable[Mapping[str, Any]], pods: list[Mapping[str, Any]]) -> Iterator[Trouble]:
    for job in jobs:
        name, failed = job["metadata"]["name"], condition(job, "Failed")
        if failed.get("status") == "True":
            said = f"{plain(failed.get('message', ''))} ({failed.get('reason')})"
            yield _trouble("JobFailed", f"Job/{name}", f"job {name}", said, _last_attempt(name, pods))


def _last_attempt(job: str, pods: list[Mapping[str, Any]]) -> tuple[str, str] | None:
    """The newest pod of a Job, and its container."""
    own = [pod for pod in pods if (pod["metadata"].get("labels") or {}).get(JOB_LABEL) == job]
    if not own:
        return None
    newest = max(own, key=lambda pod: str(pod["metadata"].get("creationTimestamp")))
    return newest["metadata"]["name"], newest["spec"]["containers"][0]["name"]


def _event_troubles(events: Iterable[_Event]) -> Iterator[Trouble]:
    for event in events:
        reason, message = str(event.get("reason")), str(event.get("message") or "")
        # Kubernetes gives FailedBinding as Normal, although nothing will come of it.
        if (event.get("type") != "Warning" and reason != "FailedBinding") or _PASSING in message:
            continue
        for wanted, pattern, code in _EVENTS:
            if reason == wanted and pattern.search(message):
                about = f"{event['involvedObject'].get('kind')}/{event['involvedObject'].get('name')}"
                yield _trouble(code, about, about, plain(message))
                break


def _kind_of(trouble: Trouble) -> tuple[str, str]:
    """What replicas of one workload have in common when the same thing is wrong with all of them."""
    parts = [_REPLICA.sub("", part) for part in trouble.about.split("/")]
    return "/".join(parts), trouble.code


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
        if text.strip() and not text.startswith(LOST):
            return f"; its log ends: {plain(' / '.join(text.strip().splitlines()))}"
    return ""
