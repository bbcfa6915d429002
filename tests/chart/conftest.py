"""The chart as Helm renders it, with the gate's own Helm layer."""

from __future__ import annotations

import copy
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from pytest_todo_k8s.bootstrap.binaries import HELM, HELM_4, KUBERNETES_VERSION, BinariesStep
from pytest_todo_k8s.bootstrap.console import Console, StepProgress
from pytest_todo_k8s.bootstrap.golang import GoStep
from pytest_todo_k8s.bootstrap.setup import locked
from pytest_todo_k8s.bootstrap.site import Site
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.helm import Chart, Helm
from pytest_todo_k8s.tools.toolchain import Toolchain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_todo_k8s.bootstrap.binaries import Module
    from tests.chart.rules import Manifest

FOLDER: Final = Path(__file__).parents[2] / "charts" / "todo-chatbot-chart"
FILES: Final[dict[str, tuple[str, ...]]] = {
    "values": (),
    "values-dev": ("values-dev.yaml",),
    "values-neon": ("values-neon.yaml",),
}
"""Values files of the chart by the name of the deployment they make."""
TAGS: Final = {part: {"image": {"tag": f"of-{part}"}} for part in ("backend", "frontend", "postgres", "geminiEmulator")}
"""Values without which nothing renders."""


@dataclass(frozen=True)
class Renderer:
    """Renders the chart, once for each set of arguments.

    Attributes:
        helm: The command.
        work: Folder for files with values.
        folder: The chart: a folder or an archive.
    """

    helm: Helm
    work: Path
    folder: Path = FOLDER
    _rendered: dict[str, list[Manifest]] = field(default_factory=dict)

    def lint(self, *files: str, values: Mapping[str, Any] | None = None) -> None:
        """Run `helm lint --strict` with values files of the chart and further values.

        Raises:
            HelmError: It found something.
        """
        self.helm.lint(self._chart(), self._files(files, values or {}))

    def template(
        self, *files: str, values: Mapping[str, Any], release: str = "todo-chatbot", namespace: str = "todo-app-dev"
    ) -> list[Manifest]:
        """Run `helm template` with these values.

        Raises:
            HelmError: The chart refuses them.
        """
        return self.helm.template(self._chart(release, namespace), self._files(files, values))

    def render(
        self,
        *files: str,
        values: Mapping[str, Any] | None = None,
        release: str = "todo-chatbot",
        namespace: str = "todo-app-dev",
    ) -> list[Manifest]:
        """Render with every image tag given; the manifests are the caller's own to change."""
        chosen = merged(TAGS, values or {})
        key = json.dumps([files, chosen, release, namespace], sort_keys=True)
        if key not in self._rendered:
            self._rendered[key] = self.template(*files, values=chosen, release=release, namespace=namespace)
        return copy.deepcopy(self._rendered[key])

    def _files(self, names: Sequence[str], values: Mapping[str, Any]) -> list[Path]:
        given = self.work / "values.json"
        given.write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
        return [*(self.folder / name for name in names), given]

    def _chart(self, release: str = "todo-chatbot", namespace: str = "todo-app-dev") -> Chart:
        return Chart(self.folder, release, namespace, KUBERNETES_VERSION)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one option: `tox -e chart -- --regenerate`."""
    parser.addoption("--regenerate", action="store_true", help="write the generated files of the chart anew")


def defaults() -> dict[str, Any]:
    """Read the chart's values.yaml."""
    content: dict[str, Any] = yaml.safe_load((FOLDER / "values.yaml").read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="session")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    """Helm 3, with which set-up deploys."""
    return _renderer(HELM, tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="session", params=[HELM, HELM_4], ids=["helm3", "helm4"])
def either_helm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    """Each Helm that users may have."""
    return _renderer(request.param, tmp_path_factory.mktemp("helm"))


@pytest.fixture
def development(chart: Renderer) -> list[Manifest]:
    """What values-dev.yaml makes: every kind of object of the chart."""
    return chart.render("values-dev.yaml")


@pytest.fixture
def production(chart: Renderer) -> list[Manifest]:
    """What values.yaml alone makes: no PostgreSQL and no emulator."""
    return chart.render()


def _renderer(helm: Module, work: Path) -> Renderer:
    homes = {f"HELM_{name}_HOME": str(work / name) for name in ("CACHE", "CONFIG", "DATA")}
    runner = CommandRunner({**os.environ, **homes})
    return Renderer(Helm(helm_toolchain(helm), runner, Path(os.devnull), "none"), work)


def helm_toolchain(helm: Module) -> Toolchain:
    """Take the Helm that set-up recorded or PATH has, if it is of this generation; else one built into the same cache.

    Both generations are built at once: they have most of their modules in common.
    """
    toolchain = Toolchain.load(os.environ)
    if "helm" in toolchain.paths:
        found = Helm(toolchain, CommandRunner(dict(os.environ)), Path(os.devnull), "none").version
        if found.partition(".")[0] == helm.version.partition(".")[0]:
            return toolchain
    site = Site.here(os.environ)
    if not helm.made(site):
        console = Console()
        build = BinariesStep(site, (HELM, HELM_4))
        with locked(site, console):
            for step in (GoStep(site, lambda: not build.state().done), build):
                if not step.state().done:
                    step.run(StepProgress.begin(step.name, site.logs, console))
    return Toolchain({**toolchain.paths, "helm": helm.program(site, "helm")})


def merged(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one tree of values over another, as Helm does."""
    result = dict(base)
    for key, value in top.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result
