"""Minikube as the cluster of a run: the guard before the first write, images, ports, and reading on its node."""

from __future__ import annotations

import json
import shlex
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pytest_todo_k8s.cluster import access, guard, kubeconfig
from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.cluster.profile import Profile
from pytest_todo_k8s.cluster.single_node import LOAD_S, QUICK_S, NodeImage, SingleNode
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.tools.command import CommandError, last_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_todo_k8s.tools.command import CommandResult

NODE_LABEL: Final = "minikube.k8s.io/name"


class MinikubeCluster(SingleNode):
    """The Minikube profile that a run was told to use; implements `provider.Cluster`."""

    provider = "minikube"
    tools = ("minikube", "kubectl", "helm")

    @property
    def context(self) -> str:
        """Name of the kubeconfig context: that of the profile, which Minikube makes the same."""
        return self._name

    def ensure(self) -> None:
        """Check that the profile runs and that its context leads to it, and write the private kubeconfig.

        Nothing is written to the cluster, and a server other than the profile's own is not even asked.

        Raises:
            PhaseError: The profile is missing or stopped, or the context leads elsewhere.
        """
        if self._profile.nodes != 1:
            raise _trouble(
                f"the Minikube profile {self._name} has {self._profile.nodes} nodes",
                "name a profile with one node, or take this one as any cluster "
                f"(`--todo-cluster=context:{self._name}` and `--todo-registry`)",
            )
        self._check_running()
        config = self._check_context()
        kubeconfig.write_private(config, self._kubeconfig)
        self._check_node()

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
        guard.check(server, self._settings.environment)
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

    def _load_by_tool(self, reference: str) -> str:
        self._minikube("image", "load", "--daemon", reference, phase="load", timeout_s=LOAD_S)
        return "minikube image load"

    def _remove_image(self, reference: str) -> None:
        self._minikube("image", "rm", reference, phase="teardown")

    def _node_image(self, reference: str) -> NodeImage | None:
        answer = self._minikube("image", "ls", "--format", "json", phase="load").stdout
        try:
            images = json.loads(answer)
        except ValueError:
            raise PhaseError("load", "`minikube image ls` gave no JSON", self._status_hint) from None
        if not images:  # what minikube says, with exit status 0, of a node that is stopped or paused
            raise PhaseError(
                "load", "`minikube image ls` names no image, not even one of Kubernetes", self._status_hint
            )
        names = {reference, f"docker.io/library/{reference}", f"docker.io/{reference}", f"localhost/{reference}"}
        for image in images:
            if names & set(image.get("repoTags") or []):
                size = image.get("size")
                return NodeImage(_full_id(image["id"]), int(size) if size else None)
        return None

    # --- the node ------------------------------------------------------------------------------------------------

    def _remote_argv(self, argv: Sequence[str]) -> list[str]:
        """A command by Minikube's own SSH, which takes one shell line."""
        line = f"sudo {shlex.join(argv)}"
        return [str(self._toolchain.path("minikube")), "ssh", "--profile", self._name, "--", line]

    @property
    def _container_name(self) -> str:
        return self._name if self._profile.driver == "docker" else ""

    @property
    def _runtime(self) -> str:
        return self._profile.runtime

    @property
    def _address(self) -> str:
        return self._profile.address

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
