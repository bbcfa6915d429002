"""Golden rules for rendered manifests: what the restricted profile asks of pods, and what good practice adds.

Sources: Kubernetes documentation, "Pod Security Standards" (profile Restricted), "Configuration Best Practices",
"Liveness, Readiness, and Startup Probes".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.cluster.objects import title
from pytest_todo_k8s.cluster.workloads import Workload, containers, hook_pods, workloads
from pytest_todo_k8s.measurements import Check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

LOWEST_USER: Final = 10001
"""User ids below may be known to the node (checkov CKV_K8S_40 asks for high ones)."""
AMOUNTS: Final = ("cpu", "memory", "ephemeral-storage")
_HOST_SETTINGS: Final = ("hostNetwork", "hostPID", "hostIPC")

Container = dict[str, Any]
PodSpec = dict[str, Any]


def _security(container: Container, pod: PodSpec, key: str) -> Any:
    """Return a setting of the container's security context, else of the pod's."""
    own = (container.get("securityContext") or {}).get(key)
    return own if own is not None else (pod.get("securityContext") or {}).get(key)


def _amounts(container: Container, kind: str) -> bool:
    given = (container.get("resources") or {}).get(kind) or {}
    return all(given.get(amount) for amount in AMOUNTS)


def _drops_all(container: Container, pod: PodSpec) -> bool:
    capabilities = _security(container, pod, "capabilities") or {}
    return capabilities.get("drop") == ["ALL"] and not capabilities.get("add")


def _fixed_tag(container: Container, _pod: PodSpec) -> bool:
    image = str(container.get("image"))
    return "@sha256:" in image or image.rpartition("/")[2].partition(":")[2] not in {"", "latest"}


CONTAINER_RULES: Final[Mapping[str, Callable[[Container, PodSpec], bool]]] = {
    "requests are set": lambda container, _pod: _amounts(container, "requests"),
    "limits are set": lambda container, _pod: _amounts(container, "limits"),
    "runs as non-root": lambda container, pod: _security(container, pod, "runAsNonRoot") is True,
    f"user id at least {LOWEST_USER}": lambda container, pod: (
        int(_security(container, pod, "runAsUser") or 0) >= LOWEST_USER
    ),
    "no privilege escalation": lambda container, pod: (
        _security(container, pod, "allowPrivilegeEscalation") is False
        and not (container.get("securityContext") or {}).get("privileged")
    ),
    "drops all capabilities": _drops_all,
    "read-only root file system": lambda container, pod: _security(container, pod, "readOnlyRootFilesystem") is True,
    "seccomp RuntimeDefault": lambda container, pod: (
        (_security(container, pod, "seccompProfile") or {}).get("type") == "RuntimeDefault"
    ),
    "no host port": lambda container, _pod: not any(port.get("hostPort") for port in container.get("ports") or []),
    "fixed image tag": _fixed_tag,
}
"""Rules that every container keeps, by what they ask for."""

POD_RULES: Final[Mapping[str, Callable[[PodSpec], bool]]] = {
    "no API token": lambda pod: pod.get("automountServiceAccountToken") is False,
    "service account of its own": lambda pod: pod.get("serviceAccountName", "default") != "default",
    "no host namespace or path": lambda pod: (
        not any(pod.get(setting) for setting in _HOST_SETTINGS)
        and not any("hostPath" in volume for volume in pod.get("volumes") or [])
    ),
    "scratch space is limited": lambda pod: all(
        (volume["emptyDir"] or {}).get("sizeLimit") for volume in pod.get("volumes") or [] if "emptyDir" in volume
    ),
}
"""Rules that every pod keeps."""


def check(manifests: Sequence[Mapping[str, Any]], secret_keys: Iterable[str]) -> list[Check]:
    """Check all rules; each gives one check that names the offenders.

    Args:
        manifests: The rendered chart.
        secret_keys: Names of environment variables whose values must come from a Secret.
    """
    found = [*workloads(manifests), *hook_pods(manifests)]
    offenders = {
        **{name: _containers(found, rule) for name, rule in CONTAINER_RULES.items()},
        **{name: [each.name for each in found if not rule(_pod(each))] for name, rule in POD_RULES.items()},
        "probes are set": [
            f"{each.name}/{container['name']}"
            for each in found
            for container in _pod(each)["containers"]
            if not each.finishes and not all(container.get(f"{kind}Probe") for kind in ("liveness", "readiness"))
        ],
        "secrets by required reference": _loose_secrets(found, set(secret_keys)),
        "services find pods": _idle_services(manifests, found),
    }
    return [
        Check(name=f"golden rule: {name}", ok=not names, detail=", ".join(names)) for name, names in offenders.items()
    ]


def _pod(workload: Workload) -> PodSpec:
    return dict(workload.template["spec"])


def _containers(found: Iterable[Workload], rule: Callable[[Container, PodSpec], bool]) -> list[str]:
    return [
        f"{each.name}/{container['name']}"
        for each in found
        for container in containers(each.template)
        if not rule(container, _pod(each))
    ]


def _loose_secrets(found: Iterable[Workload], keys: set[str]) -> list[str]:
    """Name the variables that hold a secret as plain text or by a reference that may be absent."""
    return [
        f"{each.name}/{container['name']}: {variable['name']}"
        for each in found
        for container in containers(each.template)
        for variable in container.get("env") or []
        if variable["name"] in keys
        and (
            "value" in variable
            or ((variable.get("valueFrom") or {}).get("secretKeyRef") or {"optional": True}).get("optional")
        )
    ]


def _idle_services(manifests: Iterable[Mapping[str, Any]], found: Iterable[Workload]) -> list[str]:
    """Name the services whose selector fits no workload's pods."""
    labels = [(each.template.get("metadata") or {}).get("labels") or {} for each in found]
    return [
        title(manifest)
        for manifest in manifests
        if manifest["kind"] == "Service"
        and not any((manifest["spec"].get("selector") or {"": ""}).items() <= each.items() for each in labels)
    ]
