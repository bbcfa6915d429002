"""kind as the cluster of a run: its one node is a container of the engine in use, known by kind's own label."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pytest_todo_k8s.cluster import access, guard, kubeconfig
from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.cluster.single_node import QUICK_S, NodeImage, SingleNode
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.tools.command import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

NODE_LABEL: Final = "io.x-k8s.kind.cluster"
"""Label that kind puts on each of its containers: the cluster's name."""
API_PORT: Final = 6443


class KindCluster(SingleNode):
    """The kind cluster that a run was told to use; implements `provider.Cluster`."""

    provider = "kind"
    tools = ("kubectl", "helm")

    @property
    def context(self) -> str:
        """Name of the kubeconfig context, as kind makes it of the cluster's name."""
        return f"kind-{self._name}"

    def ensure(self) -> None:
        """Check that the cluster runs and that its context leads to it, and write the private kubeconfig.

        Nothing is written to the cluster, and a server other than the node's own is not even asked.

        Raises:
            PhaseError: The cluster is missing or stopped, or the context leads elsewhere.
        """
        self._check_running()
        kubeconfig.write_private(self._check_context(), self._kubeconfig)
        try:
            nodes = self._kube.items("/api/v1/nodes")
        except KubeError as error:
            if error.reason == "Forbidden":
                raise access.refused(error) from None
            raise _trouble(
                f"the API server of the kind cluster {self._name} fails: {error.message}", self._status_hint
            ) from None
        if [node["metadata"]["name"] for node in nodes] != [self._container_name]:
            raise _trouble(
                f"the cluster behind the context {self.context} is not that kind cluster of one node: its nodes are "
                f"{', '.join(node['metadata']['name'] for node in nodes) or 'none'}",
                "nothing was written; name a cluster with one node (`--todo-cluster=kind:NAME`)",
            )

    def _check_running(self) -> None:
        container = self._container or {}
        labels = (container.get("Config") or {}).get("Labels") or {}
        if labels.get(NODE_LABEL) != self._name:
            hint = f"make it (`kind create cluster --name {self._name}`), or name another (`kind get clusters`)"
            raise _trouble(f"there is no kind cluster {self._name} in the engine in use", hint)
        state = (container.get("State") or {}).get("Status")
        if state != "running":
            hint = f"start it (`docker start {self._container_name}`)"
            raise _trouble(f"the node of the kind cluster {self._name} is {state}", hint)

    def _check_context(self) -> dict[str, Any]:
        """Return the one-context kubeconfig once its server is known to be the node's."""
        files = kubeconfig.sources(self._settings.environment, self._toolchain.kubeconfig)
        listed = ", ".join(map(str, files))
        config = kubeconfig.one_context(files, self.context)
        repair = f"`kind export kubeconfig --name {self._name}`, or point KUBECONFIG at the file that has it"
        if config is None:
            raise _trouble(f"{listed} has no context {self.context}", repair)
        server = kubeconfig.server(config)
        guard.check(server, self._settings.environment)
        port = self._published.get(API_PORT)
        if urlsplit(server).netloc not in {f"127.0.0.1:{port}", f"localhost:{port}"}:
            raise _trouble(
                f"the context {self.context} in {listed} leads to {server}, not to the node of that kind cluster "
                f"(127.0.0.1:{port})",
                repair,
            )
        return config

    def _load_by_tool(self, reference: str) -> str:
        raise PhaseError("load", f"the node of kind takes no {reference}: it runs {self._runtime}", self._status_hint)

    def _node_image(self, reference: str) -> NodeImage | None:
        answer = self.on_node(["crictl", "images", "--output", "json"], timeout_s=QUICK_S)
        names = {reference, f"docker.io/library/{reference}", f"docker.io/{reference}"}
        for image in json.loads(answer).get("images") or []:
            if names & set(image.get("repoTags") or []):
                return NodeImage(str(image["id"]), int(image["size"]) if image.get("size") else None)
        return None

    def _remove_image(self, reference: str) -> None:
        argv = self._node_argv(["crictl", "rmi", reference])
        result = self._commands.run(argv, timeout_s=QUICK_S, check=False)
        if not result.ok:
            raise PhaseError("teardown", str(CommandError(result)), self._status_hint)

    def _remote_argv(self, argv: Sequence[str]) -> list[str]:
        raise PhaseError("measure", f"`{argv[0]}` can't be run: the node of kind is gone", self._status_hint)

    @property
    def _container_name(self) -> str:
        return f"{self._name}-control-plane"

    @property
    def _runtime(self) -> str:
        return "containerd"

    @property
    def _address(self) -> str:
        networks = (self._container or {}).get("NetworkSettings", {}).get("Networks") or {}
        address = next((each["IPAddress"] for each in networks.values() if each.get("IPAddress")), None)
        if address is None:
            raise _trouble(f"the node of the kind cluster {self._name} has no address", self._status_hint)
        return str(address)

    @property
    def _status_hint(self) -> str:
        return f"look at `docker logs {self._container_name}`"


def _trouble(cause: str, hint: str) -> PhaseError:
    return PhaseError("preflight", cause, hint)
