"""Follows the pods of a release on their way to Ready, and notes when each of them got there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_todo_k8s.measurements import Pod

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_todo_k8s.cluster.workloads import Workload


def is_ready(pod: Mapping[str, Any]) -> bool:
    """Tell whether a pod (raw JSON) is Running and Ready, and not on its way out."""
    status = pod.get("status") or {}
    return (
        status.get("phase") == "Running"
        and condition(pod, "Ready").get("status") == "True"
        and "deletionTimestamp" not in pod["metadata"]
    )


def condition(pod: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Return one of a pod's conditions; empty where it has none of that type."""
    conditions = (pod.get("status") or {}).get("conditions") or []
    found: dict[str, Any] = next((each for each in conditions if each["type"] == kind), {})
    return found


def container_states(pod: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the states of a pod's containers as the kubelet reports them, init containers first."""
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def restarts(pod: Mapping[str, Any]) -> int:
    """Return how often containers of a pod were started again."""
    return sum(int(state.get("restartCount", 0)) for state in container_states(pod))


@dataclass
class Rollout:
    """The pods of the expected workloads, as far as they have been seen.

    Attributes:
        workloads: What must come up.
        label: The label whose value tells to which part of the application a pod belongs.
        upgrades: Whether pods of the revision before may still be there; they don't count.
        live: The pods that are there now (raw JSON) by UID.
        seen: The evidence of every pod that was there at any time, by UID.
    """

    workloads: list[Workload]
    label: str
    upgrades: bool = False
    live: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: dict[str, Pod] = field(default_factory=dict)

    def see(self, change: str, pod: dict[str, Any], at_s: float) -> None:
        """Take one event of the watch on pods.

        Args:
            change: `ADDED`, `MODIFIED` or `DELETED`.
            pod: The pod as it is now.
            at_s: When the event came, seconds since the start of the deployment.
        """
        workload = next((each for each in self.workloads if each.owns(pod)), None)
        if workload is None or (self.upgrades and not workload.made(pod)):
            return
        uid = pod["metadata"]["uid"]
        if change == "DELETED":
            self.live.pop(uid, None)
            return
        self.live[uid] = pod
        self._note(self.seen.setdefault(uid, _new(pod, workload, self.label)), pod, at_s, serves=not workload.finishes)

    def before(self, pod: Mapping[str, Any]) -> bool:
        """Tell whether a pod is of the revision before."""
        return any(each.owns(pod) and not each.made(pod) for each in self.workloads)

    @property
    def complete(self) -> bool:
        """Whether every workload has all its pods up."""
        return all(self._up(each) >= each.pods for each in self.workloads)

    @property
    def missing(self) -> list[str]:
        """What is not up yet, such as `todo-backend (0 of 1)`."""
        return [
            f"{each.name} ({self._up(each)} of {each.pods})" for each in self.workloads if self._up(each) < each.pods
        ]

    @property
    def short(self) -> list[str]:
        """Names of workloads that have fewer pods than they should, whatever state these are in."""
        count = {each.name: sum(1 for pod in self.live.values() if each.owns(pod)) for each in self.workloads}
        return [each.name for each in self.workloads if count[each.name] < each.pods]

    @property
    def pods(self) -> list[Pod]:
        """The evidence of all pods seen, in the order in which they came."""
        return list(self.seen.values())

    def waiting(self) -> Iterable[dict[str, Any]]:
        """Yield the live pods that are not up (raw JSON)."""
        for pod in self.live.values():
            workload = next(each for each in self.workloads if each.owns(pod))
            if not (_succeeded(pod) if workload.finishes else is_ready(pod)):
                yield pod

    def _up(self, workload: Workload) -> int:
        up = _succeeded if workload.finishes else is_ready
        return sum(1 for pod in self.live.values() if workload.owns(pod) and up(pod))

    @staticmethod
    def _note(entry: Pod, pod: Mapping[str, Any], at_s: float, *, serves: bool) -> None:
        status = pod.get("status") or {}
        entry.node = (pod.get("spec") or {}).get("nodeName")
        entry.restarts = restarts(pod)
        entry.image_ids = {state["name"]: state.get("imageID", "") for state in container_states(pod)}
        if entry.running_s is None and status.get("phase") in {"Running", "Succeeded", "Failed"}:
            entry.running_s = at_s
        if entry.finished_s is None and _succeeded(pod):
            entry.finished_s = at_s
        if entry.ready_s is None:
            # Later transitions are not noted: Ready's own tells afterwards whether the pod stayed so.
            entry.conditions = {
                each["type"]: str(each.get("lastTransitionTime")) for each in status.get("conditions") or []
            }
            if serves and is_ready(pod):  # a Job's pod is Ready for a moment only, and then done
                entry.ready_s = at_s


def _new(pod: Mapping[str, Any], workload: Workload, label: str) -> Pod:
    name = pod["metadata"]["name"]
    return Pod(name=name, app=(pod["metadata"].get("labels") or {}).get(label) or workload.name)


def _succeeded(pod: Mapping[str, Any]) -> bool:
    return (pod.get("status") or {}).get("phase") == "Succeeded"
