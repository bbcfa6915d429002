"""What clusters of one node within reach have in common: images straight to the node, its ports, reading on it."""

from __future__ import annotations

import json
import shlex
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.cluster.kube import Kube, KubeError
from pytest_todo_k8s.cluster.node_images import NodeImages
from pytest_todo_k8s.cluster.provider import ALREADY_THERE, Endpoint, loaded
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.evidence import Machine
from pytest_todo_k8s.tools.command import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_todo_k8s.cluster.node_images import LabelledImage
    from pytest_todo_k8s.measurements import ImageLoad
    from pytest_todo_k8s.settings import Settings
    from pytest_todo_k8s.tools.command import BackgroundCommand, CommandRunner
    from pytest_todo_k8s.tools.toolchain import Toolchain

PREFERRED_PORT: Final = 30080
NODE_PORTS: Final = range(30000, 32768)
"""NodePorts of a cluster with default settings (Kubernetes: `--service-node-port-range`)."""
QUICK_S: Final = 60.0
LOAD_S: Final = 600.0
IMPORTERS: Final = {
    "containerd": ("ctr", "--namespace", "k8s.io", "images", "import", "-"),
    "docker": ("docker", "load"),
}
"""By runtime, what takes an exported image on the node: the fastest way there is (benchmarks/image_load.py)."""
_LOOPBACK: Final = {"127.0.0.1", "0.0.0.0", "::1", "::", ""}  # noqa: S104  where a published port is reachable from here


@dataclass(frozen=True, slots=True)
class NodeImage:
    """An image as the node has it: its id (of the configuration) and its size there."""

    id: str
    size_bytes: int | None


class SingleNode(ABC):
    """A cluster of one node, which may be a container of the engine in use; the better part of `provider.Cluster`."""

    pull_policy = "Never"
    reaches_nodes = True
    provider: str

    def __init__(self, settings: Settings, toolchain: Toolchain, commands: CommandRunner, state_dir: Path) -> None:
        self._settings = settings
        self._toolchain = toolchain
        self._commands = commands
        self._kubeconfig = state_dir / "kubeconfig"
        self._name = settings.cluster.name

    @property
    @abstractmethod
    def context(self) -> str:
        """Name of the kubeconfig context."""

    @property
    def kubeconfig(self) -> Path:
        """Private kubeconfig (0600) with that one context; there once `ensure` returned."""
        return self._kubeconfig

    def facts(self) -> Machine:
        """Describe the cluster; the tools' versions are preflight's to add."""
        from kubernetes.utils.quantity import parse_quantity  # noqa: PLC0415  heavy: only where a cluster is asked

        node = self._node()
        info, capacity = node["status"]["nodeInfo"], node["status"]["capacity"]
        return Machine(
            provider=self.provider,
            context=self.context,
            node_ip=self._address,
            kubernetes=info["kubeletVersion"],
            runtime=info["containerRuntimeVersion"],
            node_os=info["osImage"],
            nodes=1,
            cpus=int(parse_quantity(capacity["cpu"])),
            memory_bytes=int(parse_quantity(capacity["memory"])),
            cgroup_version=self._cgroup_version(),
        )

    # --- images --------------------------------------------------------------------------------------------------

    def reference(self, reference: str) -> str:
        """Return the name under which pods find an image of the engine: the same."""
        return reference

    def load(self, reference: str, image_id: str) -> ImageLoad:
        """Bring an image to the node by the fastest way its runtime knows, and read its id back there.

        Raises:
            PhaseError: The load failed, or the node has another image, or none, under that name afterwards.
        """
        before = self._node_image(reference)
        if before and before.id == image_id:
            return loaded(reference, image_id, ALREADY_THERE, 0.0, before.size_bytes)
        started = time.monotonic()
        route = self._bring(reference)
        duration_s = time.monotonic() - started
        after = self._node_image(reference)
        if after is None or after.id != image_id:
            there = f"has {after.id} under that name" if after else "does not have it"
            raise PhaseError(
                "load",
                f"the image {reference} ({image_id}) was loaded by `{route}` without an error, yet the node {there}",
                "free the name on the node or look at the node's disk, then run again",
            )
        return loaded(reference, image_id, route, duration_s, after.size_bytes)

    def unload(self, reference: str) -> None:
        """Remove an image from the node; it is no error if it is not there."""
        if self._node_image(reference):
            self._remove_image(reference)

    def labelled_images(self) -> list[LabelledImage]:
        """Return the images on the node that carry a run's label."""
        return self._images.ours()

    def remove_labelled(self, image: LabelledImage) -> None:
        """Remove one of them with all its names."""
        self._images.remove(image)

    @property
    def _images(self) -> NodeImages:
        repositories = [source.repository for source in self._settings.images]
        return NodeImages(lambda argv: self.on_node(argv, timeout_s=QUICK_S), self._runtime, repositories)

    def _bring(self, reference: str) -> str:
        """Load an image and return the name of the way it took."""
        importer = IMPORTERS.get(self._runtime) if self._container is not None else None
        try:
            if importer is None:
                return self._load_by_tool(reference)
            into = [self._docker, "exec", "--interactive", self._container_name, *importer]
            self._commands.pipe([self._docker, "save", reference], into, timeout_s=LOAD_S)
        except CommandError as error:
            hint = "look at the disk of engine and node (`docker system df`)"
            raise PhaseError("load", f"the image {reference} can't be loaded: {error}", hint) from None
        return f"docker save | {shlex.join(importer)}"

    @abstractmethod
    def _load_by_tool(self, reference: str) -> str:
        """Load an image by the provider's own tool, and return that way's name."""

    @abstractmethod
    def _node_image(self, reference: str) -> NodeImage | None:
        """Return an image as the node has it."""

    @abstractmethod
    def _remove_image(self, reference: str) -> None:
        """Remove an image that the node has."""

    # --- ports ---------------------------------------------------------------------------------------------------

    def free_node_port(self) -> int | None:
        """Return a NodePort that the node publishes on loopback and no service has; None: let the cluster choose."""
        try:
            services = self._kube.items("/api/v1/services")
        except KubeError as error:
            raise PhaseError("deploy", error.cause, "let this context list services") from None
        taken = {port.get("nodePort") for service in services for port in service["spec"].get("ports") or []}
        free = [port for port in self._published if port in NODE_PORTS and port not in taken]
        return PREFERRED_PORT if PREFERRED_PORT in free else min(free, default=None)

    def endpoint(self, node_port: int) -> Endpoint:
        """Tell where a NodePort answers: on the node's address, and on loopback where the node publishes it."""
        cluster_url = f"http://{self._address}:{node_port}"
        published = self._published.get(node_port)
        return Endpoint(cluster_url, f"http://127.0.0.1:{published}" if published else cluster_url)

    @property
    def _published(self) -> dict[int, int]:
        """Ports of the node that this machine's loopback address publishes: port there, port here."""
        ports = (self._container or {}).get("NetworkSettings", {}).get("Ports") or {}
        return {
            int(name.partition("/")[0]): int(binding["HostPort"])
            for name, bindings in ports.items()
            for binding in bindings or []
            if name.endswith("/tcp") and binding.get("HostIp", "") in _LOOPBACK
        }

    # --- the node ------------------------------------------------------------------------------------------------

    def on_node(self, argv: Sequence[str], *, timeout_s: float) -> str:
        """Run a read-only command on the node and return its standard output.

        Raises:
            PhaseError: It failed or took longer than `timeout_s` seconds.
        """
        try:
            return self._commands.run(self._node_argv(argv), timeout_s=timeout_s).stdout
        except CommandError as error:
            raise PhaseError("measure", f"a command on the node failed: {error}", self._status_hint) from None

    def start_on_node(self, argv: Sequence[str]) -> BackgroundCommand:
        """Start a read-only command on the node; its output lines are in `.lines`."""
        try:
            return self._commands.start(self._node_argv(argv))
        except CommandError as error:
            raise PhaseError("measure", f"a command on the node can't be started: {error}", "") from None

    @cached_property
    def _kube(self) -> Kube:
        return Kube(self._kubeconfig, self.context)

    def _node(self) -> dict[str, Any]:
        """The one node, as the API has it."""
        nodes = self._kube.items("/api/v1/nodes")
        return nodes[0] if len(nodes) == 1 else {"metadata": {}}

    def _cgroup_version(self) -> int:
        kind = self.on_node(["stat", "--file-system", "--format", "%T", "/sys/fs/cgroup"], timeout_s=QUICK_S)
        return 2 if kind.strip() == "cgroup2fs" else 1

    @cached_property
    def _container(self) -> dict[str, Any] | None:
        """The node's container, where the node is one of the engine in use."""
        if not self._container_name or "docker" not in self._toolchain.paths:
            return None
        asked = [self._docker, "container", "inspect", self._container_name]
        result = self._commands.run(asked, timeout_s=QUICK_S, check=False)
        found: dict[str, Any] | None = json.loads(result.stdout)[0] if result.ok else None
        return found

    @property
    def _docker(self) -> str:
        return str(self._toolchain.path("docker"))

    def _node_argv(self, argv: Sequence[str]) -> list[str]:
        """A command on the node, as root: in its container, else by the provider's own means."""
        if self._container is not None:
            return [self._docker, "exec", self._container_name, *argv]
        return self._remote_argv(argv)

    @abstractmethod
    def _remote_argv(self, argv: Sequence[str]) -> list[str]:
        """A command on a node that is no container of the engine in use."""

    @property
    @abstractmethod
    def _container_name(self) -> str:
        """Name of the node's container; empty: it is none."""

    @property
    @abstractmethod
    def _runtime(self) -> str:
        """The node's container runtime: `containerd`, `docker`, `cri-o`."""

    @property
    @abstractmethod
    def _address(self) -> str:
        """The node's address."""

    @property
    @abstractmethod
    def _status_hint(self) -> str:
        """What to look at when the node fails."""
