"""A Minikube profile, as Minikube's own files describe it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Profile:
    """What Minikube knows of one of its clusters.

    Attributes:
        name: The profile; also the name of its context and, with the docker driver, of its node's container.
        driver: `docker`, `kvm2`, `podman`...
        runtime: `containerd`, `docker`, `cri-o`.
        kubernetes: Version, such as `v1.34.4`.
        address: The node's address.
        port: The API server's port on that address.
        nodes: Number of nodes.
    """

    name: str
    driver: str
    runtime: str
    kubernetes: str
    address: str
    port: int
    nodes: int

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> Profile:
        """Read one entry of `minikube profile list --output json`."""
        config = entry["Config"]
        kubernetes, nodes = config["KubernetesConfig"], config["Nodes"]
        return cls(
            name=str(entry["Name"]),
            driver=str(config["Driver"]),
            runtime=str(kubernetes["ContainerRuntime"]),
            kubernetes=str(kubernetes["KubernetesVersion"]),
            address=str(nodes[0]["IP"]),
            port=int(nodes[0]["Port"]),
            nodes=len(nodes),
        )
