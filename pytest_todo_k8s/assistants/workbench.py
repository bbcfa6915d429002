"""What `todo-k8s assist` works with: the project, the cluster by a private kubeconfig, a folder for one call."""

from __future__ import annotations

import re
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from pytest_todo_k8s.application import nested
from pytest_todo_k8s.assistants.assistant import Caller
from pytest_todo_k8s.cluster import choice, provider
from pytest_todo_k8s.cluster.kube import Kube
from pytest_todo_k8s.errors import ConfigError, TodoK8sError
from pytest_todo_k8s.measuring.window import Place
from pytest_todo_k8s.phases.values import image_values
from pytest_todo_k8s.settings import Settings
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.helm import Chart, Helm
from pytest_todo_k8s.tools.redaction import Redactor, Secret
from pytest_todo_k8s.tools.toolchain import Toolchain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_todo_k8s.cluster.provider import Cluster

MODEL_KEYS: Final = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY")
KUBERNETES: Final = "v1.34.4"
"""Version for which the chart is rendered where no cluster is in reach."""
UNBUILT: Final = "unbuilt"
"""Tag in manifests that are proposed where nothing is deployed."""
_NAMESPACE: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass
class Workbench:
    """One call of the command.

    Attributes:
        settings: The project, the namespace and the output folder.
        toolchain: Which tools are used.
        commands: Starts them; its environment holds no key of a model.
        caller: Starts assistants.
        redactor: Knows the models' keys.
        folder: Private folder, gone at the end.
        reached: The cluster, once it was checked to be the one that was named.
    """

    settings: Settings
    toolchain: Toolchain
    commands: CommandRunner
    caller: Caller
    redactor: Redactor
    folder: Path
    reached: Cluster | None = None

    @property
    def cluster(self) -> Cluster:
        """The cluster, checked to be the one that was named.

        Raises:
            TodoK8sError: It does not run, or is another one.
        """
        if self.reached is None:
            cluster = provider.chosen(self.settings, self.toolchain, self.commands, self.folder)
            cluster.ensure()
            self.reached = cluster
        return self.reached

    @property
    def kube(self) -> Kube:
        """The API of that cluster."""
        return Kube(self.cluster.kubeconfig, self.cluster.context)

    @property
    def place(self) -> Place:
        """Where use of resources is read."""
        settings = self.settings
        return Place(
            cluster=self.cluster,
            kube=self.kube,
            toolchain=self.toolchain,
            commands=self.commands,
            namespace=settings.namespace,
            application=settings.application,
            origin_s=time.monotonic(),
        )

    def release(self) -> tuple[Helm, Chart]:
        """Return Helm and the release in the namespace."""
        helm = Helm(self.toolchain, self.commands, self.cluster.kubeconfig, self.cluster.context)
        return helm, self._chart(self.cluster.facts().kubernetes)

    def _chart(self, kubernetes: str) -> Chart:
        settings = self.settings
        return Chart(settings.chart, settings.application.release, settings.namespace, kubernetes)

    def deployed(self) -> bool:
        """Whether the namespace is there; a cluster that is out of reach has none."""
        try:
            self.kube.get(f"/api/v1/namespaces/{self.settings.namespace}")
        except TodoK8sError:
            return False
        return True

    def rendered(self) -> list[dict[str, Any]]:
        """Return the manifests of the release, or, where there is none, what the chart would render to.

        Raises:
            TodoK8sError: The chart can't be rendered.
        """
        if self.deployed():
            helm, chart = self.release()
            return helm.released(chart)
        values, settings = self.folder / "unbuilt.yaml", self.settings
        references = {source.name: f"{source.repository}:{UNBUILT}" for source in settings.images}
        values.write_text(yaml.safe_dump(nested(image_values(settings.application, references))), encoding="utf-8")
        nowhere = self.folder / "kubeconfig"
        helm = Helm(self.toolchain, self.commands, nowhere, "none")
        files = [settings.root / file for file in settings.application.values_files]
        return helm.template(self._chart(KUBERNETES), [*files, values])


@contextmanager
def workbench(
    environment: Mapping[str, str], root: Path, *, namespace: str, out: str, cluster: str | None
) -> Iterator[Workbench]:
    """Set a workbench up, and take its folder away afterwards.

    Raises:
        ConfigError: A name is wrong, or the folder is no project of this kind.
    """
    if not _NAMESPACE.fullmatch(namespace):
        raise ConfigError(
            f"{namespace!r} can't name a namespace", "use at most 63 small letters, digits and inner dashes"
        )
    toolchain, kept, redactor = Toolchain.load(environment), dict(environment), Redactor()
    for name in MODEL_KEYS:
        if key := kept.pop(name, ""):
            redactor.add(Secret(key))
    settings = Settings(
        root=root,
        cluster=choice.cluster(cluster or "minikube", "--cluster", toolchain.profile),
        namespace=namespace,
        out=(root / out).resolve(),
        database_url=None,
        model_key=None,
        environment=kept,
    )
    if not settings.chart.is_dir():
        raise ConfigError(f"{root} holds no {settings.chart.relative_to(root)}", "call this in the project's folder")
    commands = CommandRunner(toolchain.child_environment(kept), redactor=redactor)
    with tempfile.TemporaryDirectory(prefix="todo-assist-") as folder:
        yield Workbench(settings, toolchain, commands, Caller(environment, redactor), redactor, Path(folder))
