"""Any existing cluster, named by its kubeconfig context; its nodes are out of reach, images come from a registry."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NoReturn

from pytest_todo_k8s.cluster import access, guard, kubeconfig
from pytest_todo_k8s.cluster.kube import Kube, KubeError
from pytest_todo_k8s.cluster.provider import ALREADY_THERE, Endpoint, loaded
from pytest_todo_k8s.cluster.registry import Registry
from pytest_todo_k8s.errors import ConfigError, PhaseError
from pytest_todo_k8s.evidence import Machine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_todo_k8s.cluster.node_images import LabelledImage
    from pytest_todo_k8s.measurements import ImageLoad
    from pytest_todo_k8s.settings import Settings
    from pytest_todo_k8s.tools.command import BackgroundCommand, CommandRunner
    from pytest_todo_k8s.tools.toolchain import Toolchain

_ADDRESSES: Final = ("ExternalIP", "InternalIP")
"""Types of a node's addresses, the one that is wanted first (Kubernetes documentation, "Node Status")."""


class NamedContext:
    """The cluster behind a context that the user typed in full; implements `provider.Cluster`."""

    tools = ("kubectl", "helm")
    pull_policy = "IfNotPresent"
    reaches_nodes = False

    def __init__(self, settings: Settings, toolchain: Toolchain, commands: CommandRunner, state_dir: Path) -> None:
        """Remember what was asked for; nothing is asked of the cluster yet.

        Raises:
            ConfigError: There is no docker command.
        """
        self._settings = settings
        self._kubeconfig = state_dir / "kubeconfig"
        self._docker = toolchain.path("docker")
        self._commands = commands

    @property
    def context(self) -> str:
        """Name of the kubeconfig context."""
        return self._settings.cluster.name

    @property
    def kubeconfig(self) -> Path:
        """Private kubeconfig (0600) with that one context; there once `ensure` returned."""
        return self._kubeconfig

    def ensure(self) -> None:
        """Check that the context may be used and its cluster answers, and write the private kubeconfig.

        The full name that the user typed is the consent; a server on the deny-list is not even asked.

        Raises:
            PhaseError: There is no such context, its server must not be touched or does not answer.
        """
        files = kubeconfig.sources(self._settings.environment, None)
        config = kubeconfig.one_context(files, self.context)
        if config is None:
            listed = ", ".join(map(str, files))
            raise _trouble(
                f"{listed} has no context {self.context}", "see `kubectl config get-contexts`, or set KUBECONFIG"
            )
        guard.check(kubeconfig.server(config), self._settings.environment)
        kubeconfig.write_private(config, self._kubeconfig)
        try:
            nodes = self._nodes
        except KubeError as error:
            if error.reason == "Forbidden":
                raise access.refused(error) from None
            raise _trouble(f"the cluster of the context {self.context} fails: {error.message}", "") from None
        if not nodes:
            raise _trouble(f"the cluster of the context {self.context} has no node", "add one")

    def facts(self) -> Machine:
        """Describe the cluster: CPUs and memory of all nodes together, the rest as the first node tells it."""
        from kubernetes.utils.quantity import parse_quantity  # noqa: PLC0415  heavy: only where a cluster is asked

        capacities = [node["status"]["capacity"] for node in self._nodes]
        info = self._nodes[0]["status"]["nodeInfo"]
        return Machine(
            provider="context",
            context=self.context,
            node_ip=self._address,
            kubernetes=info["kubeletVersion"],
            runtime=info["containerRuntimeVersion"],
            node_os=info["osImage"],
            nodes=len(self._nodes),
            cpus=int(sum(parse_quantity(each["cpu"]) for each in capacities)),
            memory_bytes=int(sum(parse_quantity(each["memory"]) for each in capacities)),
        )

    def reference(self, reference: str) -> str:
        """Return the name under which pods find an image of the engine."""
        return self._registry.name(reference)

    def load(self, reference: str, image_id: str) -> ImageLoad:
        """Push an image and read its id back from the registry; skipped when it is there already.

        Raises:
            TodoK8sError: The push failed, or the registry has another image, or none, under that name afterwards.
        """
        if self._registry.configuration_id(reference) == image_id:
            return loaded(reference, image_id, ALREADY_THERE, 0.0)
        started = time.monotonic()
        self._registry.push(reference)
        duration_s = time.monotonic() - started
        found = self._registry.configuration_id(reference)
        if found != image_id:
            there = f"has {found} under that name" if found else "does not have it"
            name = f"{self.reference(reference)} ({image_id})"
            raise PhaseError(
                "load",
                f"the image {name} was pushed without an error, yet the registry {there}",
                "look at the registry, or name another place with --todo-registry",
            )
        return loaded(reference, image_id, f"docker push to {self._settings.registry}", duration_s)

    def unload(self, reference: str) -> None:
        """Do nothing: what nodes and registry keep is ruled by their own retention."""

    def labelled_images(self) -> list[LabelledImage]:
        """Return nothing: the nodes are out of reach, their kubelets collect what is not used."""
        return []

    def remove_labelled(self, image: LabelledImage) -> None:
        """Never called: there is no such image."""
        _out_of_reach(", ".join(image.names))

    def free_node_port(self) -> int | None:
        """Return None: let the cluster choose."""
        return None

    def endpoint(self, node_port: int) -> Endpoint:
        """Tell where a NodePort answers: on the first node's address."""
        url = f"http://{self._address}:{node_port}"
        return Endpoint(url, url)

    def on_node(self, argv: Sequence[str], *, timeout_s: float) -> str:  # noqa: ARG002  the protocol's
        """Refuse: the nodes are out of reach.

        Raises:
            PhaseError: Always.
        """
        _out_of_reach(argv[0])

    def start_on_node(self, argv: Sequence[str]) -> BackgroundCommand:
        """Refuse: the nodes are out of reach.

        Raises:
            PhaseError: Always.
        """
        _out_of_reach(argv[0])

    @cached_property
    def _registry(self) -> Registry:
        """Where images go; whoever only takes a run down needs none."""
        if self._settings.registry is None:
            raise ConfigError("a cluster named by its context needs a registry", "name one with --todo-registry")
        return Registry(self._settings.registry, self._docker, self._commands)

    @cached_property
    def _nodes(self) -> list[dict[str, Any]]:
        return Kube(self._kubeconfig, self.context).items("/api/v1/nodes")

    @property
    def _address(self) -> str:
        """Address of the first node."""
        known = {each["type"]: each["address"] for each in self._nodes[0]["status"].get("addresses") or []}
        address = next((known[kind] for kind in _ADDRESSES if kind in known), None)
        if address is None:
            raise _trouble(f"the first node of the context {self.context} tells no address", "")
        return f"[{address}]" if ":" in address else str(address)


def _trouble(cause: str, hint: str) -> PhaseError:
    return PhaseError("preflight", cause, hint)


def _out_of_reach(what: str) -> NoReturn:
    raise PhaseError("measure", f"the nodes of a cluster named by its context are out of reach ({what})", "")
