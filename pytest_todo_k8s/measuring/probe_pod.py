"""The pod that times the backend from inside the cluster, through its Service (SC-005).

It runs `pytest_todo_k8s.measuring.probe` on the Python base image, not on an image that is judged, meets the
restricted pod security profile, and is gone again when its series is read.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.measurements import Latency, Sample
from pytest_todo_k8s.measuring.probe import MODULES, VARIABLE
from pytest_todo_k8s.ownership import MANAGED_BY, MANAGER, RUN_ID, SELECTOR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_todo_k8s.application import Question
    from pytest_todo_k8s.cluster.kube import Kube
    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.measuring.series import Pace

NAME: Final = "todo-probe"
"""Name of the pod and of its ConfigMap, and the value of the label `app` by which the chart's policies let it in."""
PUBLIC_BASE: Final = "python:3.13-slim-trixie"
"""Image where set-up made no base of its own; the node pulls it."""
DEADLINE_S: Final = 300
"""Seconds for pulling the public image and the longest series together."""
_POLL_S: Final = 0.3
_PACKAGE: Final = "pytest_todo_k8s.measuring"
_UID: Final = 10001
_STUCK: Final = frozenset(
    {"ErrImageNeverPull", "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError"}
)


def backend_latency(context: RunContext, health: Question, pace: Pace) -> Latency:
    """Take the series of the backend's health inside the cluster.

    Args:
        context: The run.
        health: What is asked.
        pace: Of the series.

    Raises:
        PhaseError: The probe did not start, failed, or ran out of time.
        KubeError: The API refused.
    """
    backend = context.settings.application.backend
    with _image(context) as image:
        asked = {
            "host": backend.service,
            "port": backend.port,
            "health": dataclasses.asdict(health),
            "ready": dataclasses.asdict(backend.ready) if backend.ready else None,
            "limit_s": pace.limit_s,
            "interval_s": pace.interval_s,
            "timeout_s": pace.timeout_s,
        }
        objects = manifests(context.settings.namespace, context.journal.owner.run_id, image, asked)
        with _created(context.kube, context.settings.namespace, objects):
            _wait(context.kube, context.settings.namespace)
            log = context.kube.text(_pod_path(context.settings.namespace) + "/log")
    return latency(log, f"http://{backend.service}:{backend.port}{health.path}", pace)


def manifests(namespace: str, run_id: str, image: str, asked: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return ConfigMap and Pod of the probe, which does what is `asked`, by the name of their collection in the API."""
    labels = {"app": NAME, "app.kubernetes.io/component": "probe", MANAGED_BY: MANAGER, RUN_ID: run_id}
    metadata = {"name": NAME, "namespace": namespace, "labels": labels}
    source = files(_PACKAGE)
    return {
        "configmaps": {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "data": {f"{name}.py": source.joinpath(f"{name}.py").read_text(encoding="utf-8") for name in MODULES},
        },
        "pods": {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": _pod_spec(image, asked)},
    }


def remove(kube: Kube, namespace: str) -> None:
    """Ask for the deletion of a probe that a run left which died while it measured.

    Raises:
        KubeError: The API refused.
    """
    for collection in ("pods", "configmaps"):
        path = f"/api/v1/namespaces/{namespace}/{collection}"
        for item in kube.items(path, labelSelector=f"app={NAME},{SELECTOR}"):
            kube.delete(f"{path}/{item['metadata']['name']}", uid=item["metadata"]["uid"])


def latency(log: str, target: str, pace: Pace) -> Latency:
    """Read what the probe printed.

    Raises:
        PhaseError: The log is not a whole series.
    """
    try:
        lines = [json.loads(line) for line in log.splitlines() if line.strip()]
        series: dict[str, list[Sample]] = {"warmup": [], "sample": [], "calibration": [], "ready": [], "end": []}
        for line in lines:
            error = line["error"]
            series[line["kind"]].append(Sample(duration_s=line["duration_s"], ok=error is None, error=error))
    except (ValueError, KeyError, TypeError) as error:
        last = " / ".join(log.splitlines()[-3:])[-300:]
        raise PhaseError("measure", f"the probe's log can't be understood ({error!r}): {last}") from None
    if not series["end"]:
        raise PhaseError("measure", f"the probe's series is not whole: {len(lines)} lines without an end")
    beside: dict[str, float | str | None] = dict(pace.rates(len(series["sample"]), series["end"][0].duration_s))
    for ready in series["ready"]:
        beside |= {"ready_s": ready.duration_s, "ready_error": ready.error}
    return Latency(
        target=target,
        route="from a pod in the cluster, through the Service",
        warmup=series["warmup"],
        samples=series["sample"],
        calibration_s=[each.duration_s for each in series["calibration"]],
        beside=beside,
    )


def _pod_spec(image: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    folder = _PACKAGE.replace(".", "/")
    return {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": DEADLINE_S,
        "terminationGracePeriodSeconds": 1,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _UID,
            "runAsGroup": _UID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "probe",
                "image": image,
                "imagePullPolicy": "IfNotPresent",
                "command": ["python3", "-B", "-m", f"{_PACKAGE}.probe"],
                "env": [{"name": "PYTHONPATH", "value": "/probe"}, {"name": VARIABLE, "value": json.dumps(asked)}],
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                # Enough CPU that the quota never makes the probe itself late.
                "resources": {
                    "requests": {"cpu": "50m", "memory": "64Mi", "ephemeral-storage": "16Mi"},
                    "limits": {"cpu": "1", "memory": "128Mi", "ephemeral-storage": "16Mi"},
                },
                "volumeMounts": [{"name": "code", "mountPath": "/probe", "readOnly": True}],
            }
        ],
        "volumes": [
            {
                "name": "code",
                "configMap": {
                    "name": NAME,
                    "items": [{"key": f"{name}.py", "path": f"{folder}/{name}.py"} for name in MODULES],
                },
            }
        ],
    }


@contextlib.contextmanager
def _image(context: RunContext) -> Iterator[str]:
    """Have the base image on the node where set-up made one; take it off again if it was brought for the probe."""
    reference = context.toolchain.bases.get("PYTHON_RUNTIME")
    if reference is None:
        yield PUBLIC_BASE
        return
    docker = context.toolchain.path("docker")
    found = context.commands.run([docker, "image", "inspect", "--format", "{{.Id}}", reference], timeout_s=30)
    brought = context.cluster.load(reference, found.stdout.strip())
    try:
        yield context.cluster.reference(reference)
    finally:
        if not brought.skipped:
            context.cluster.unload(reference)


@contextlib.contextmanager
def _created(kube: Kube, namespace: str, objects: dict[str, dict[str, Any]]) -> Iterator[None]:
    """Create the objects and delete them when the block is left; the namespace's end takes what a dead run leaves."""
    made: list[str] = []
    try:
        for collection, manifest in objects.items():
            path = f"/api/v1/namespaces/{namespace}/{collection}"
            kube.create(path, manifest)
            made.append(f"{path}/{NAME}")
        yield
    finally:
        for path in reversed(made):
            with contextlib.suppress(KubeError):  # it goes with the namespace anyhow
                kube.delete(path, grace_s=0 if "/pods/" in path else None)


def _wait(kube: Kube, namespace: str) -> None:
    """Wait until the pod has ended well.

    Raises:
        PhaseError: It failed, can't start, or is not done in time.
    """
    deadline = time.monotonic() + DEADLINE_S
    seen = "nothing was seen of it"
    while time.monotonic() < deadline:
        status = kube.get(_pod_path(namespace)).get("status", {})
        if status.get("phase") == "Succeeded":
            return
        seen = _state(status)
        if status.get("phase") == "Failed" or _waiting_reason(status) in _STUCK:
            tail = _log_tail(kube, namespace)
            raise PhaseError("measure", f"the probe pod {NAME} can't measure the backend: {seen}{tail}")
        time.sleep(_POLL_S)
    raise PhaseError("measure", f"the probe pod {NAME} was not done within {DEADLINE_S} s: {seen}")


def _log_tail(kube: Kube, namespace: str) -> str:
    with contextlib.suppress(KubeError):
        text = kube.text(_pod_path(namespace) + "/log", tailLines=3)
        return f"; it last said: {' / '.join(text.split(chr(10)))}"[:400] if text.strip() else ""
    return ""


def _state(status: dict[str, Any]) -> str:
    """Say in a few words what a pod is doing."""
    said = [str(status.get("phase", "no phase"))]
    for container in status.get("containerStatuses") or []:
        for name, detail in (container.get("state") or {}).items():
            said += [name, str(detail.get("reason", "")), str(detail.get("message", ""))]
    said += [str(status.get("reason", "")), str(status.get("message", ""))]
    return " ".join(word for word in said if word)[:300]


def _waiting_reason(status: dict[str, Any]) -> str | None:
    for container in status.get("containerStatuses") or []:
        waiting = (container.get("state") or {}).get("waiting")
        if waiting:
            return str(waiting.get("reason"))
    return None


def _pod_path(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods/{NAME}"
