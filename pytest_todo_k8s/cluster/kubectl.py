"""How kubectl is called: with the run's own kubeconfig, its context and its namespace, never by what it would guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_todo_k8s.cluster.provider import Cluster
    from pytest_todo_k8s.tools.toolchain import Toolchain


def kubectl(toolchain: Toolchain, cluster: Cluster, namespace: str) -> list[str]:
    """Return the words that a call in a namespace begins with.

    Raises:
        ConfigError: There is no kubectl on this machine.
    """
    return [
        str(toolchain.path("kubectl")),
        *("--kubeconfig", str(cluster.kubeconfig), "--context", cluster.context, "--namespace", namespace),
    ]
