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

from pytest_todo_k8s.bootstrap.binaries import HELM, BinariesStep
from pytest_todo_k8s.bootstrap.console import Console, StepProgress
from pytest_todo_k8s.bootstrap.golang import GoStep
from pytest_todo_k8s.bootstrap.setup import locked
from pytest_todo_k8s.bootstrap.site import Site
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.helm import Chart, Helm
from pytest_todo_k8s.tools.toolchain import Toolchain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.chart.rules import Manifest

FOLDER: Final = Path(__file__).parents[2] / "charts" / "todo-chatbot-chart"
KUBERNETES_VERSION: Final = "v1.34.4"
TAGS: Final = {part: {"image": {"tag": f"of-{part}"}} for part in ("backend", "frontend", "postgres", "geminiEmulator")}
"""Values without which nothing renders."""


@dataclass(frozen=True)
class Renderer:
    """Renders the chart, once for each set of arguments.

    Attributes:
        helm: The command.
        work: Folder for files with values.
    """

    helm: Helm
    work: Path
    _rendered: dict[str, list[Manifest]] = field(default_factory=dict)

    def lint(self, *files: str, values: Mapping[str, Any] | None = None) -> None:
        """Run `helm lint --strict` with values files of the chart and further values.

        Raises:
            HelmError: It found something.
        """
        self.helm.lint(_chart(), self._files(files, values or {}))

    def template(
        self, *files: str, values: Mapping[str, Any], release: str = "todo-chatbot", namespace: str = "todo-app-dev"
    ) -> list[Manifest]:
        """Run `helm template` with these values.

        Raises:
            HelmError: The chart refuses them.
        """
        return self.helm.template(_chart(release, namespace), self._files(files, values))

    def render(
        self,
        *files: str,
        values: Mapping[str, Any] | None = None,
        release: str = "todo-chatbot",
        namespace: str = "todo-app-dev",
    ) -> list[Manifest]:
        """Render with every image tag given; the manifests are the caller's own to change."""
        chosen = _merged(TAGS, values or {})
        key = json.dumps([files, chosen, release, namespace], sort_keys=True)
        if key not in self._rendered:
            self._rendered[key] = self.template(*files, values=chosen, release=release, namespace=namespace)
        return copy.deepcopy(self._rendered[key])

    def _files(self, names: Sequence[str], values: Mapping[str, Any]) -> list[Path]:
        given = self.work / "values.json"
        given.write_text(json.dumps(values), encoding="utf-8")
        return [*(FOLDER / name for name in names), given]


def defaults() -> dict[str, Any]:
    """Read the chart's values.yaml."""
    content: dict[str, Any] = yaml.safe_load((FOLDER / "values.yaml").read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="session")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    work = tmp_path_factory.mktemp("helm")
    homes = {f"HELM_{name}_HOME": str(work / name) for name in ("CACHE", "CONFIG", "DATA")}
    runner = CommandRunner({**os.environ, **homes})
    return Renderer(Helm(_toolchain(), runner, Path(os.devnull), "none"), work)


@pytest.fixture
def development(chart: Renderer) -> list[Manifest]:
    """What values-dev.yaml makes: every kind of object of the chart."""
    return chart.render("values-dev.yaml")


@pytest.fixture
def production(chart: Renderer) -> list[Manifest]:
    """What values.yaml alone makes: no PostgreSQL and no emulator."""
    return chart.render()


def _toolchain() -> Toolchain:
    """Take the Helm that set-up recorded or PATH has; else build the one that set-up would, into the same cache."""
    toolchain = Toolchain.load(os.environ)
    if "helm" in toolchain.paths:
        return toolchain
    site = Site.here(os.environ)
    console = Console()
    build = BinariesStep(site, (HELM,))
    with locked(site, console):
        for step in (GoStep(site, lambda: not build.state().done), build):
            if not step.state().done:
                step.run(StepProgress.begin(step.name, site.logs, console))
    return Toolchain({**toolchain.paths, "helm": HELM.program(site, "helm")})


def _chart(release: str = "todo-chatbot", namespace: str = "todo-app-dev") -> Chart:
    return Chart(FOLDER, release, namespace, KUBERNETES_VERSION)


def _merged(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one tree of values over another, as Helm does."""
    result = dict(base)
    for key, value in top.items():
        below = result.get(key)
        result[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result
