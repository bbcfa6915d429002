"""The chart as Helm renders it."""

from __future__ import annotations

import copy
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pytest_todo_k8s.tools.command import CommandResult, CommandRunner
from pytest_todo_k8s.tools.toolchain import Toolchain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.chart.rules import Manifest

FOLDER = Path(__file__).parents[2] / "charts" / "todo-chatbot-chart"
KUBERNETES_VERSION = "1.34.4"


@dataclass(frozen=True)
class Chart:
    """The chart under test and the Helm that reads it; a rendering is made once for each set of arguments.

    Attributes:
        folder: The chart.
        tags: Values that give every image a tag, without which nothing renders.
    """

    helm: Path
    runner: CommandRunner
    folder: Path = FOLDER
    tags: Mapping[str, Any] = field(
        default_factory=lambda: {part: {"image": {"tag": f"of-{part}"}} for part in ("backend", "frontend", "postgres")}
    )
    _rendered: dict[str, str] = field(default_factory=dict)

    def values(self, name: str) -> dict[str, Any]:
        """Read one of the chart's values files."""
        content: dict[str, Any] = yaml.safe_load((self.folder / name).read_text(encoding="utf-8"))
        return content

    def lint(self, *files: str, values: Mapping[str, Any] | None = None) -> CommandResult:
        """Run `helm lint --strict` with files of the chart and further values."""
        return self._run("lint", "--strict", self.folder, *self._value_options(files), values=values or {})

    def template(
        self,
        *files: str,
        values: Mapping[str, Any] | None = None,
        release: str = "todo-chatbot",
        namespace: str = "todo-app-dev",
    ) -> CommandResult:
        """Run `helm template`."""
        options = ("--namespace", namespace, "--kube-version", KUBERNETES_VERSION, *self._value_options(files))
        return self._run("template", release, self.folder, *options, values=values or {})

    def render(
        self,
        *files: str,
        values: Mapping[str, Any] | None = None,
        release: str = "todo-chatbot",
        namespace: str = "todo-app-dev",
    ) -> list[Manifest]:
        """Render with every image tag given, unless `values` takes one away; the list is the caller's own."""
        chosen = merged(self.tags, values or {})
        key = json.dumps([files, chosen, release, namespace], sort_keys=True)
        if key not in self._rendered:
            result = self.template(*files, values=chosen, release=release, namespace=namespace)
            assert result.ok, result.stderr
            self._rendered[key] = result.stdout
        return [document for document in yaml.safe_load_all(self._rendered[key]) if document]

    def _value_options(self, files: tuple[str, ...]) -> list[str | Path]:
        return [word for name in files for word in ("--values", self.folder / name)]

    def _run(self, *words: str | Path, values: Mapping[str, Any]) -> CommandResult:
        given = json.dumps(values).encode()
        return self.runner.run([self.helm, *words, "--values", "-"], timeout_s=60, input=given, check=False)


def merged(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one tree of values over another, as Helm does."""
    result = copy.deepcopy(dict(base))
    for key, value in top.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


@pytest.fixture(scope="session")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Chart:
    home = tmp_path_factory.mktemp("helm")
    folders = {f"HELM_{name}_HOME": str(home / name) for name in ("CACHE", "CONFIG", "DATA")}
    toolchain = Toolchain.load(os.environ)
    return Chart(toolchain.path("helm"), CommandRunner({**os.environ, **folders}))


@pytest.fixture
def development(chart: Chart) -> list[Manifest]:
    """What values-dev.yaml makes: every kind of object of the chart."""
    return chart.render("values-dev.yaml")


@pytest.fixture
def production(chart: Chart) -> list[Manifest]:
    """What values.yaml alone makes: no PostgreSQL."""
    return chart.render()
