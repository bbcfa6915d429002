"""Minikube as the cluster of a run: the guard before the first write, images, ports, and reading on its node."""

from __future__ import annotations

import fnmatch
import json
import shlex
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pytest_todo_k8s.cluster import access, kubeconfig
from pytest_todo_k8s.cluster.kube import Kube, KubeError
from pytest_todo_k8s.cluster.node_images import NodeImages
from pytest_todo_k8s.cluster.profile import Profile
from pytest_todo_k8s.cluster.provider import Endpoint
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.evidence import ImageLoad, Machine
from pytest_todo_k8s.tools.command import CommandError, last_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_todo_k8s.cluster.node_images import LabelledImage
    from pytest_todo_k8s.settings import Settings
    from pytest_todo_k8s.tools.command import BackgroundCommand, CommandResult, CommandRunner
    from pytest_todo_k8s.tools.toolchain import Toolchain

NODE_LABEL: Final = "minikube.k8s.io/name"
DENY_VARIABLE: Final = "TODO_DENY_SERVERS"
"""Environment variable with patterns of API server hosts that a run must never touch, separated by commas."""
PREFERRED_PORT: Final = 30080
NODE_PORTS: Final = range(30000, 32768)
"""NodePorts of a cluster with default settings (Kubernetes: `--service-node-port-range`)."""
QUICK_S: Final = 60.0
LOAD_S: Final = 600.0
_LOOPBACK: Final = {"127.0.0.1", "0.0.0.0", "::1", "::", ""}  # noqa: S104  where a published port is reachable from here


@dataclass(frozen=True, slots=True)
class NodeImage:
    """An image as the node has it: its id (of the configuration) and its size there."""

    id: str
    size_bytes: int | None


class MinikubeCluster:
    """The Minikube profile that a run was told to use; implements `provider.Cluster`."""

    def __init__(self, settings: Settings, toolchain: Toolchain, commands: CommandRunner, state_dir: Path) -> None:
        self._settings = settings
        self._toolchain = toolchain
        self._commands = commands
        self._kubeconfig = state_dir / "kubeconfig"
        self._name = settings.cluster.name

    @property
    def context(self) -> str:
        """Name of the kubeconfig context: that of the profile, which Minikube makes the same."""
        return self._name

    @property
    def kubeconfig(self) -> Path:
        """Private kubeconfig (0600) with that one context; there once `ensure` returned."""
        return self._kubeconfig

    def ensure(self) -> None:
        """Check that the profile runs and that its context leads to it, and write the private kubeconfig.

        Nothing is written to the cluster, and a server other than the profile's own is not even asked.

        Raises:
            PhaseError: The profile is missing or stopped, or the context leads elsewhere.
        """
        if self._profile.nodes != 1:
            raise _trouble(
                f"the Minikube profile {self._name} has {self._profile.nodes} nodes",
                "name a profile with one node (`--todo-cluster=minikube:PROFILE`)",
            )
        self._check_running()
        config = self._check_context()
        kubeconfig.write_private(config, self._kubeconfig)
        self._check_node()

    def facts(self) -> Machine:
        """Describe the cluster; the tools' versions are preflight's to add."""
        from kubernetes.utils.quantity import parse_quantity  # noqa: PLC0415  heavy: only where a cluster is asked

        node = self._node()
        info, capacity = node["status"]["nodeInfo"], node["status"]["capacity"]
        return Machine(
            provider="minikube",
            context=self.context,
            node_ip=self._profile.address,
            kubernetes=info["kubeletVersion"],
            runtime=info["containerRuntimeVersion"],
            node_os=info["osImage"],
            nodes=self._profile.nodes,
            cpus=int(parse_quantity(capacity["cpu"])),
            memory_bytes=int(parse_quantity(capacity["memory"])),
            cgroup_version=self._cgroup_version(),
        )

    def load(self, reference: str, image_id: str) -> ImageLoad:
        """Bring an image to the node by the fastest way its runtime knows, and read its id back there.

        Raises:
            PhaseError: The load failed, or the node has another image, or none, under that name afterwards.
        """
        before = self._node_image(reference)
        if before and before.id == image_id:
            return self._loaded(reference, image_id, before, "already there", 0.0)
        started = time.monotonic()
        route = self._bring(reference)
        duration_s = time.monotonic() - started
        after = self._node_image(reference)
        if after is None or after.id != image_id:
            there = f"has {after.id} under that name" if after else "does not have it"
            raise PhaseError(
                "load",
                f"the image {reference} ({image_id}) was loaded by `{route}` without an error, yet the node {there}",
                "free the name on the node (`minikube image rm`) or look at the node's disk, then run again",
            )
        return self._loaded(reference, image_id, after, route, duration_s)

    def unload(self, reference: str) -> None:
        """Remove an image from the node; it is no error if it is not there."""
        if self._node_image(reference):
            self._minikube("image", "rm", reference, phase="teardown")

    def labelled_images(self) -> list[LabelledImage]:
        """Return the images on the node that carry a run's label."""
        return self._images.ours()

    def remove_labelled(self, image: LabelledImage) -> None:
        """Remove one of them with all its names."""
        self._images.remove(image)

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
        """Tell where a NodePort answers: on the Minikube IP, and on loopback where the node publishes it."""
        cluster_url = f"http://{self._profile.address}:{node_port}"
        published = self._published.get(node_port)
        return Endpoint(cluster_url, f"http://127.0.0.1:{published}" if published else cluster_url)

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

    # --- the guard -----------------------------------------------------------------------------------------------

    @cached_property
    def _profile(self) -> Profile:
        """The profile as Minikube's own files tell it."""
        answer = self._minikube("profile", "list", "--light", "--output", "json", check=False)
        try:
            listed = json.loads(answer.stdout)
        except ValueError:
            said = last_lines(answer.stderr or answer.stdout, 2)
            raise _trouble(f"`minikube profile list` gave no JSON: {said}", self._start_hint) from None
        for entry in listed.get("valid") or []:
            if entry["Name"] == self._name:
                return Profile.read(entry)
        if any(entry.get("Name") == self._name for entry in listed.get("invalid") or []):
            hint = f"remove it (`minikube delete -p {self._name}`) and run `todo-k8s setup`"
            raise _trouble(f"the Minikube profile {self._name} is half made", hint)
        raise _trouble(f"there is no Minikube profile {self._name}", self._start_hint)

    def _check_running(self) -> None:
        result = self._minikube("status", "--output", "json", check=False)
        try:
            status = json.loads(result.stdout)
        except ValueError:
            raise _trouble(
                f"`minikube status` gave no JSON: {last_lines(result.stderr, 2)}", self._status_hint
            ) from None
        stopped = [part for part in ("Host", "Kubelet", "APIServer") if status.get(part) != "Running"]
        if stopped:
            states = ", ".join(f"{part} {status.get(part) or 'unknown'}" for part in stopped)
            raise _trouble(f"the Minikube profile {self._name} is not running ({states})", self._start_hint)

    def _check_context(self) -> dict[str, Any]:
        """Return the one-context kubeconfig once its server is known to be the profile's."""
        files = kubeconfig.sources(self._settings.environment, self._toolchain.kubeconfig)
        listed = ", ".join(map(str, files))
        config = kubeconfig.one_context(files, self._name)
        repair = f"`minikube update-context -p {self._name}`, or point KUBECONFIG at the file that has it"
        if config is None:
            raise _trouble(f"{listed} has no context {self._name}", repair)
        server = kubeconfig.server(config)
        if _denied(server, self._settings.environment.get(DENY_VARIABLE, "")):
            raise _trouble(f"the API server {server} is on the list {DENY_VARIABLE}", "name another cluster")
        own = self._addresses
        if urlsplit(server).netloc not in own:
            raise _trouble(
                f"the context {self._name} in {listed} leads to {server}, not to the Minikube profile "
                f"({' or '.join(sorted(own))})",
                repair,
            )
        return config

    @property
    def _addresses(self) -> set[str]:
        """Host and port under which the profile's own API server answers."""
        addresses = {f"{self._profile.address}:{self._profile.port}"}
        if published := self._published.get(self._profile.port):
            addresses |= {f"127.0.0.1:{published}", f"localhost:{published}"}
        return addresses

    def _check_node(self) -> None:
        try:
            labels = self._node()["metadata"].get("labels") or {}
        except KubeError as error:
            if error.reason == "Forbidden":
                raise access.refused(error) from None
            proxy = " (a proxy is set: let NO_PROXY name this address)" if self._proxied else ""
            raise _trouble(
                f"the API server of the Minikube profile {self._name} fails: {error.message}{proxy}", self._start_hint
            ) from None
        if labels.get(NODE_LABEL) != self._name:
            raise _trouble(
                f"the cluster behind the context {self._name} is not that Minikube: no node has the label "
                f"{NODE_LABEL}={self._name}",
                "nothing was written; name the right profile (`--todo-cluster=minikube:PROFILE`)",
            )

    @property
    def _proxied(self) -> bool:
        return any(name.lower() == "https_proxy" for name in self._settings.environment)

    # --- images --------------------------------------------------------------------------------------------------

    def _bring(self, reference: str) -> str:
        """Load an image and return the name of the way it took."""
        importers = {
            "containerd": ["ctr", "--namespace", "k8s.io", "images", "import", "-"],
            "docker": ["docker", "load"],
        }
        importer = importers.get(self._profile.runtime) if self._in_engine else None
        try:
            if importer:
                into = [self._docker, "exec", "--interactive", self._name, *importer]
                self._commands.pipe([self._docker, "save", reference], into, timeout_s=LOAD_S)
                return f"docker save | {shlex.join(importer)}"
            self._minikube("image", "load", "--daemon", reference, phase="load", timeout_s=LOAD_S)
        except CommandError as error:
            hint = "look at the disk of engine and node (`docker system df`, `minikube ssh df -h`)"
            raise PhaseError("load", f"the image {reference} can't be loaded: {error}", hint) from None
        return "minikube image load"

    def _node_image(self, reference: str) -> NodeImage | None:
        answer = self._minikube("image", "ls", "--format", "json", phase="load").stdout
        try:
            images = json.loads(answer)
        except ValueError:
            raise PhaseError("load", "`minikube image ls` gave no JSON", self._status_hint) from None
        names = {reference, f"docker.io/library/{reference}", f"docker.io/{reference}", f"localhost/{reference}"}
        for image in images or []:
            if names & set(image.get("repoTags") or []):
                size = image.get("size")
                return NodeImage(_full_id(image["id"]), int(size) if size else None)
        return None

    @staticmethod
    def _loaded(reference: str, image_id: str, there: NodeImage, route: str, duration_s: float) -> ImageLoad:
        return ImageLoad(
            reference=reference,
            image_id=image_id,
            node_image_id=there.id,
            route=route,
            duration_s=duration_s,
            skipped=route == "already there",
            node_size_bytes=there.size_bytes,
        )

    @property
    def _images(self) -> NodeImages:
        repositories = [source.repository for source in self._settings.images]
        return NodeImages(lambda argv: self.on_node(argv, timeout_s=QUICK_S), self._profile.runtime, repositories)

    # --- the node ------------------------------------------------------------------------------------------------

    @cached_property
    def _kube(self) -> Kube:
        return Kube(self._kubeconfig, self.context)

    def _node(self) -> dict[str, Any]:
        """The one node, as the API has it."""
        nodes = self._kube.items("/api/v1/nodes")
        return nodes[0] if len(nodes) == 1 else {"metadata": {}}

    @cached_property
    def _container(self) -> dict[str, Any] | None:
        """The node's container, where the node is one of the engine in use."""
        if self._profile.driver != "docker" or "docker" not in self._toolchain.paths:
            return None
        asked = [self._docker, "container", "inspect", self._name]
        result = self._commands.run(asked, timeout_s=QUICK_S, check=False)
        found: dict[str, Any] | None = json.loads(result.stdout)[0] if result.ok else None
        return found

    @property
    def _docker(self) -> str:
        return str(self._toolchain.path("docker"))

    @property
    def _in_engine(self) -> bool:
        return self._container is not None

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

    def _node_argv(self, argv: Sequence[str]) -> list[str]:
        """A command on the node: as root in its container, else by Minikube's own SSH, which takes one shell line."""
        if self._in_engine:
            return [self._docker, "exec", self._name, *argv]
        line = f"sudo {shlex.join(argv)}"
        return [str(self._toolchain.path("minikube")), "ssh", "--profile", self._name, "--", line]

    def _cgroup_version(self) -> int:
        kind = self.on_node(["stat", "--file-system", "--format", "%T", "/sys/fs/cgroup"], timeout_s=QUICK_S)
        return 2 if kind.strip() == "cgroup2fs" else 1

    def _minikube(
        self, *words: str, check: bool = True, phase: str = "preflight", timeout_s: float = QUICK_S
    ) -> CommandResult:
        argv = [str(self._toolchain.path("minikube")), *words]
        if words[0] != "profile":
            argv += ["--profile", self._name]
        result = self._commands.run(argv, timeout_s=timeout_s, check=False)
        if result.timed_out or (check and not result.ok):
            raise PhaseError(phase, str(CommandError(result)), self._status_hint)
        return result

    @property
    def _start_hint(self) -> str:
        return f"run `todo-k8s setup`, or `minikube start -p {self._name}`, or name another profile"

    @property
    def _status_hint(self) -> str:
        return f"look at `minikube status -p {self._name}`"


def _trouble(cause: str, hint: str) -> PhaseError:
    return PhaseError("preflight", cause, hint)


def _full_id(text: str) -> str:
    return text if text.startswith("sha256:") else f"sha256:{text}"


def _denied(server: str, patterns: str) -> bool:
    """Whether a server's host matches one of the patterns (`prod-*.example.com`), or its URL one of them."""
    host = urlsplit(server).hostname or ""
    return any(
        fnmatch.fnmatch(host, pattern) or fnmatch.fnmatch(server, pattern)
        for pattern in (part.strip() for part in patterns.split(","))
        if pattern
    )
