"""`helm lint --strict` and the published Kubernetes schemas find nothing, and would find something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest

from pytest_todo_k8s.tools.helm import HelmError
from tests.chart.conftest import KUBERNETES_VERSION, TAGS

if TYPE_CHECKING:
    from tests.chart.conftest import Renderer
    from tests.chart.rules import Manifest

FILES = pytest.mark.parametrize("files", [[], ["values-dev.yaml"]], ids=["values", "values-dev"])
SCHEMAS = KUBERNETES_VERSION.removeprefix("v").rpartition(".")[0]


@FILES
@pytest.mark.parametrize("values", [{}, TAGS], ids=["as-it-stands", "with-tags"])
def test_lint_is_clean(chart: Renderer, files: list[str], values: dict[str, Any]) -> None:
    chart.lint(*files, values=values)


def test_lint_fails_on_a_value_of_the_wrong_type(chart: Renderer) -> None:
    with pytest.raises(HelmError, match="at '/backend/replicas': got string, want integer"):
        chart.lint(values={"backend": {"replicas": "two"}})


@FILES
def test_manifests_fit_the_kubernetes_schemas(chart: Renderer, files: list[str]) -> None:
    for manifest in chart.render(*files):
        kubernetes_validate.validate(manifest, SCHEMAS, strict=True)


def test_the_kubernetes_schemas_find_an_unknown_field(development: list[Manifest]) -> None:
    development[0]["spec"]["unknown"] = True
    with pytest.raises(kubernetes_validate.ValidationError, match="unknown"):
        kubernetes_validate.validate(development[0], SCHEMAS, strict=True)
