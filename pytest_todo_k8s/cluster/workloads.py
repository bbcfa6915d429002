"""What a rendered chart promises to run: its workloads, their pods, and how each of them counts as up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

JOB_LABEL: Final = "batch.kubernetes.io/job-name"
"""Label that the Job controller sets on every pod of a Job."""
HOOK: Final = "helm.sh/hook"
"""Annotation of objects that Helm makes at certain moments and does not count to the release."""
_SERVING: Final = {"Deployment", "StatefulSet", "ReplicaSet"}


@dataclass(frozen=True)
class Workload:
    """One workload of the chart.

    Attributes:
        kind: `Deployment`, `StatefulSet`, `ReplicaSet`, `Job` or `Pod`.
        name: Its name.
        labels: Labels that all its pods have and no other workload's pods do.
        pods: How many pods must be up (of a Job: must have succeeded).
        template: The pod template: `metadata` and `spec`.
    """

    kind: str
    name: str
    labels: Mapping[str, str]
    pods: int
    template: Mapping[str, Any]

    @property
    def finishes(self) -> bool:
        """Whether its pods are done once they succeeded, instead of serving."""
        return self.kind in {"Job", "Pod"}

    def owns(self, pod: Mapping[str, Any]) -> bool:
        """Tell whether a pod (raw JSON) is one of its own."""
        labels = pod["metadata"].get("labels") or {}
        return all(labels.get(name) == value for name, value in self.labels.items())

    def made(self, pod: Mapping[str, Any]) -> bool:
        """Tell whether one of its own pods is of this revision, by its images: each build has names of its own."""
        return {each["image"] for each in containers(pod)} == {each["image"] for each in containers(self.template)}


def workloads(manifests: Iterable[Mapping[str, Any]]) -> list[Workload]:
    """Return the workloads of rendered manifests, in their order."""
    found = []
    for manifest in manifests:
        kind, name, spec = manifest["kind"], manifest["metadata"]["name"], manifest.get("spec") or {}
        if kind in _SERVING:
            labels = spec["selector"]["matchLabels"]
            found.append(Workload(kind, name, labels, int(spec.get("replicas", 1)), spec["template"]))
        elif kind == "Job":
            labels = {JOB_LABEL: name}
            found.append(Workload(kind, name, labels, int(spec.get("completions") or 1), spec["template"]))
    return found


def hook_pods(manifests: Iterable[Mapping[str, Any]]) -> list[Workload]:
    """Return the pods that Helm runs beside the release, such as that of `helm test`; nobody waits for them."""
    return [
        Workload(
            kind="Pod",
            name=manifest["metadata"]["name"],
            labels=manifest["metadata"].get("labels") or {},
            pods=1,
            template={"metadata": manifest["metadata"], "spec": manifest["spec"]},
        )
        for manifest in manifests
        if manifest["kind"] == "Pod" and HOOK in (manifest["metadata"].get("annotations") or {})
    ]


def containers(template: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the containers of a pod template, init containers first."""
    spec = template.get("spec") or {}
    return [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]
