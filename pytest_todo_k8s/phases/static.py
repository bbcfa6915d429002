"""The checks of the chart that need no cluster: the static part of SC-009, by the calls that a deployment makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.application import REMEDY
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.measurements import Manifests
from pytest_todo_k8s.phases import manifests
from pytest_todo_k8s.phases.values import values_files
from pytest_todo_k8s.tools.helm import Chart, Helm

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.settings import Settings
    from pytest_todo_k8s.tools.command import CommandRunner
    from pytest_todo_k8s.tools.toolchain import Toolchain

KUBERNETES: Final = "v1.34.0"
"""The version that is rendered for where no cluster says its own."""
_NO_TAG: Final = "not-built"


def run(settings: Settings, toolchain: Toolchain, commands: CommandRunner, evidence: Evidence, scratch: Path) -> None:
    """Lint, render and check the chart; nothing is asked of a cluster or of the engine.

    Args:
        settings: Of the run.
        toolchain: Has helm.
        commands: Starts it.
        evidence: Its `manifests` are filled.
        scratch: A private folder for values files.

    Raises:
        TodoK8sError: There is no chart or no helm, or the chart can't be rendered.
    """
    if not (settings.chart / "Chart.yaml").is_file():
        raise PhaseError("preflight", f"there is no Helm chart in {settings.chart}", REMEDY)
    helm = Helm(toolchain, commands, scratch / "no-kubeconfig", "no-context")
    chart = Chart(settings.chart, settings.application.release, settings.namespace, KUBERNETES)
    references = {image.name: f"{image.repository}:{_NO_TAG}" for image in settings.images}
    values = values_files(settings, references, scratch / "values.yaml", None)
    checked = evidence.manifests = Manifests()
    application = settings.application
    manifests.rules(manifests.rendered(helm, chart, values, checked), application.secret_keys, checked)
    manifests.refusals(helm, chart, values, application.refused, checked)
