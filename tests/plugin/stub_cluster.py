"""What stands in for Minikube: a cluster whose API is `stub_api` and whose node has the engine's own images."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_todo_k8s.settings import Settings
    from pytest_todo_k8s.tools.command import CommandRunner
    from pytest_todo_k8s.tools.toolchain import Toolchain

HOME = Path(os.environ["STUB_HOME"])


class MinikubeCluster:
    """A cluster whose node has the engine's own images."""

    def __init__(self, settings: Settings, _toolchain: Toolchain, commands: CommandRunner, state_dir: Path) -> None:
        self._commands = commands
        self.context = settings.cluster.name
        self.kubeconfig = state_dir / "kubeconfig"

    def ensure(self) -> None:
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": self.context,
            "clusters": [{"name": "stub", "cluster": {"server": os.environ["STUB_API"]}}],
            "users": [{"name": "stub", "user": {"token": "none"}}],
            "contexts": [{"name": self.context, "context": {"cluster": "stub", "user": "stub"}}],
        }
        self.kubeconfig.write_text(json.dumps(config))
        self.kubeconfig.chmod(0o600)

    tools = ("minikube", "kubectl", "helm")
    pull_policy = "Never"
    reaches_nodes = True

    def reference(self, reference: str) -> str:
        return reference

    def free_node_port(self) -> None:
        return None

    def unload(self, reference: str) -> None:
        with (HOME / "unloaded").open("a") as file:
            file.write(f"{reference}\n")
