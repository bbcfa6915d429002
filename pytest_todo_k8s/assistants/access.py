"""A read-only account for a tool: what it may do is bounded by the API server, not by the tool.

It may read pods, their logs, events, and the workloads and services of one namespace; no Secret. Its token ends by
itself after ten minutes, and account, role and binding go when the question is answered.
"""

from __future__ import annotations

import contextlib
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import yaml

from pytest_todo_k8s.cluster import kubeconfig
from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.ownership import MANAGED_BY, MANAGER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_todo_k8s.cluster.kube import Kube

TOKEN_S: Final = 600
RULES: Final = (
    {"apiGroups": [""], "resources": ["pods", "pods/log", "events", "services"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["apps"], "resources": ["deployments", "replicasets"], "verbs": ["get", "list", "watch"]},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["get", "list", "watch"]},
)
_RBAC: Final = "rbac.authorization.k8s.io"


@contextmanager
def read_only(kube: Kube, namespace: str, admin: Path, folder: Path) -> Iterator[Path]:
    """Make the account, give its kubeconfig (0600) to the block, and take both away.

    Args:
        kube: The API, as somebody who may make accounts in the namespace.
        namespace: What the account may read.
        admin: Kubeconfig with one context: its cluster is taken over, its user is not.
        folder: Where the kubeconfig goes.

    Raises:
        KubeError: The account can't be made.
    """
    name = f"todo-assist-{secrets.token_hex(4)}"
    made: list[str] = []
    file = folder / f"{name}.kubeconfig"
    try:
        for collection, body in _objects(namespace, name):
            kube.create(collection, body)
            made.append(f"{collection}/{name}")
        token = kube.create(
            f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token",
            {
                "apiVersion": "authentication.k8s.io/v1",
                "kind": "TokenRequest",
                "spec": {"expirationSeconds": TOKEN_S},
            },
        )["status"]["token"]
        kubeconfig.write_private(_config(admin, namespace, name, token), file)
        yield file
    finally:
        file.unlink(missing_ok=True)
        for path in reversed(made):
            with contextlib.suppress(KubeError):  # what stays may only read, and its token ends by itself
                kube.delete(path)


def _objects(namespace: str, name: str) -> list[tuple[str, dict[str, Any]]]:
    metadata = {"name": name, "namespace": namespace, "labels": {MANAGED_BY: MANAGER}}
    rbac = f"/apis/{_RBAC}/v1/namespaces/{namespace}"
    subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    role = {"apiGroup": _RBAC, "kind": "Role", "name": name}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
    rules = {"apiVersion": f"{_RBAC}/v1", "kind": "Role", "metadata": metadata, "rules": list(RULES)}
    binding = {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": role,
        "subjects": [subject],
    }
    return [
        (f"/api/v1/namespaces/{namespace}/serviceaccounts", account | {"automountServiceAccountToken": False}),
        (f"{rbac}/roles", rules),
        (f"{rbac}/rolebindings", binding),
    ]


def _config(admin: Path, namespace: str, name: str, token: str) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load(admin.read_text(encoding="utf-8"))
    cluster = config["clusters"][0]["name"]
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "clusters": config["clusters"],
        "contexts": [{"name": name, "context": {"cluster": cluster, "user": name, "namespace": namespace}}],
        "users": [{"name": name, "user": {"token": token}}],
    }
