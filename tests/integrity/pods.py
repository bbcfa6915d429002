"""Pods of the faults: on the backend's image, as strict as the chart's own, marked as the gate's."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_todo_k8s.ownership import MANAGED_BY, MANAGER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integrity.world import Trial

RELAY = "todo-relay"
SOURCE = Path(__file__).with_name("relay.py")
PORTS = {"backend": 8080, "frontend": 80}
SETTLE_S = 7.0
"""Seconds in which a Service's change reaches the node's rules, and connections that are kept open end."""


def pod(trial: Trial, name: str, script: str, **container: Any) -> dict[str, Any]:
    """Return a pod that runs a Python script."""
    build = trial.context.evidence.build
    assert build is not None
    image = next(each.reference for each in build.images if each.name == "backend")
    amounts = {"cpu": "50m", "memory": "64Mi", "ephemeral-storage": "16Mi"}
    own = {
        "name": name,
        "image": image,
        "imagePullPolicy": "Never",
        "command": ["python3", "-B", "-u", "-c", script],
        "resources": {"requests": amounts, "limits": {**amounts, "cpu": "500m", "memory": "128Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        **container,
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name, MANAGED_BY: MANAGER}},
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "runAsGroup": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [own],
        },
    }


@contextlib.contextmanager
def made(trial: Trial, *objects: dict[str, Any]) -> Iterator[None]:
    """Apply objects by hand, and delete them afterwards."""
    file = trial.folder / "objects.json"
    content = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
    file.write_text(json.dumps(content), encoding="utf-8")
    trial.kubectl("apply", "-f", str(file))
    try:
        yield
    finally:
        trial.kubectl("delete", "-f", str(file), "--ignore-not-found", "--wait=true")


@contextlib.contextmanager
def selecting(trial: Trial, part: str, app: str, port: str | int) -> Iterator[None]:
    """Let a part's Service lead to other pods."""
    service = f"todo-{part}-service"
    before = json.loads(trial.kubectl("get", "service", service, "-o", "json"))["spec"]
    old = dict.fromkeys(before["selector"]) | {"app": app}
    _patch(trial, service, old, port)
    time.sleep(SETTLE_S)
    try:
        yield
    finally:
        _patch(trial, service, {"app": None} | before["selector"], before["ports"][0]["targetPort"])
        time.sleep(SETTLE_S)


def _patch(trial: Trial, service: str, selector: dict[str, Any], port: str | int) -> None:
    where = [{"op": "replace", "path": "/spec/ports/0/targetPort", "value": port}]
    trial.kubectl("patch", "service", service, "--type=json", "-p", json.dumps(where))
    trial.kubectl("patch", "service", service, "--type=merge", "-p", json.dumps({"spec": {"selector": selector}}))


@contextlib.contextmanager
def relayed(trial: Trial, part: str, **told: Any) -> Iterator[None]:
    """Put a relay between a part's Service and its pods."""
    service = json.loads(trial.kubectl("get", "service", f"todo-{part}-service", "-o", "json"))["spec"]
    origin = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": f"{RELAY}-origin", "labels": {MANAGED_BY: MANAGER}},
        "spec": {
            "selector": service["selector"],
            "ports": [{"port": 80, "targetPort": service["ports"][0]["targetPort"]}],
        },
    }
    content = json.dumps({"target": [f"{RELAY}-origin", 80], **told})
    relay = pod(
        trial,
        RELAY,
        SOURCE.read_text(encoding="utf-8"),
        env=[{"name": "RELAY", "value": content}],
        readinessProbe={"tcpSocket": {"port": 8080}, "periodSeconds": 1},
    )
    with made(trial, origin, relay):
        trial.kubectl("wait", "--for=condition=Ready", f"pod/{RELAY}", "--timeout=60s")
        with selecting(trial, part, RELAY, 8080):
            yield
