"""A small chart's rendered manifests and live pods, as the tests of reading them need them."""

from __future__ import annotations

import copy
from typing import Any

Manifest = dict[str, Any]


def container(name: str, **parts: Any) -> Manifest:
    """Return a container that keeps every golden rule."""
    amounts = {"cpu": "100m", "memory": "128Mi", "ephemeral-storage": "64Mi"}
    return {
        "name": name,
        "image": f"todo-{name}:abc",
        "resources": {"requests": dict(amounts), "limits": dict(amounts)},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "livenessProbe": {"httpGet": {"port": 8080}},
        "readinessProbe": {"httpGet": {"port": 8080}},
        "ports": [{"containerPort": 8080}],
        "env": [{"name": "JWT_SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "JWT_SECRET"}}}],
        **parts,
    }


def template(name: str) -> Manifest:
    return {
        "metadata": {"labels": {"app": f"todo-{name}"}},
        "spec": {
            "serviceAccountName": f"todo-{name}",
            "automountServiceAccountToken": False,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 10001,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container(name)],
            "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "32Mi"}}],
        },
    }


def manifests() -> list[Manifest]:
    """Return a Service, a Deployment of two pods, a StatefulSet with a claim, and a Job."""
    job = template("migrate")
    del job["spec"]["containers"][0]["livenessProbe"]
    return copy.deepcopy(
        [
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": "todo-frontend-service"},
                "spec": {"selector": {"app": "todo-frontend"}},
            },
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "todo-frontend"},
                "spec": {
                    "replicas": 2,
                    "selector": {"matchLabels": {"app": "todo-frontend"}},
                    "template": template("frontend"),
                },
            },
            {
                "apiVersion": "apps/v1",
                "kind": "StatefulSet",
                "metadata": {"name": "todo-postgres"},
                "spec": {
                    "selector": {"matchLabels": {"app": "todo-postgres"}},
                    "template": template("postgres"),
                    "volumeClaimTemplates": [{"metadata": {"name": "data"}}],
                },
            },
            {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": {"name": "todo-migrate-1"},
                "spec": {"template": job},
            },
        ]
    )


def pod(name: str, app: str, phase: str = "Pending", *, ready: bool = False, **parts: Any) -> Manifest:
    """Return a live pod; `parts` go into its status."""
    labels = {"app": app}
    if app == "todo-migrate":
        labels["batch.kubernetes.io/job-name"] = "todo-migrate-1"
    conditions = [
        {"type": "Ready", "status": str(ready), "lastTransitionTime": "2026-01-01T00:00:07Z"},
        *parts.pop("conditions", []),
    ]
    return {
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "labels": labels,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "ownerReferences": [{"kind": "ReplicaSet", "controller": True}],
        },
        "spec": {"nodeName": "dev", "containers": [_running(app.removeprefix("todo-"))]},
        "status": {"phase": phase, "conditions": conditions, **parts},
    }


def _running(name: str) -> Manifest:
    return {"name": name, "image": f"todo-{name}:abc"}


def earlier(each: Manifest) -> Manifest:
    """Return the like of a live pod from the revision before: its image has another tag."""
    old = copy.deepcopy(each)
    old["metadata"]["name"] += "-old"
    old["metadata"]["uid"] += "-old"
    for container in old["spec"]["containers"]:
        container["image"] = container["image"].replace(":abc", ":old")
    return old


def state(name: str, restarts: int = 0, image: str = "", **states: Any) -> Manifest:
    """Return a container's status: `waiting=...`, `running=...`, `terminated=...` or `last=...` (how it ended)."""
    last = states.pop("last", None)
    return {
        "name": name,
        "image": image,
        "imageID": f"sha256:{name}",
        "restartCount": restarts,
        "state": states,
        "lastState": {"terminated": last} if last else {},
    }


def up() -> list[Manifest]:
    """Return the pods of `manifests`, all of them up."""
    return [
        pod("todo-frontend-5c9d7f-aaaaa", "todo-frontend", "Running", ready=True),
        pod("todo-frontend-5c9d7f-bbbbb", "todo-frontend", "Running", ready=True),
        pod("todo-postgres-0", "todo-postgres", "Running", ready=True),
        pod("todo-migrate-1-ccccc", "todo-migrate", "Succeeded"),
    ]
