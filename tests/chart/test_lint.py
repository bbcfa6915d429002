"""`helm lint --strict` and the published Kubernetes schemas find nothing, and would find something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import kubernetes_validate
import pytest

from tests.chart.conftest import KUBERNETES_VERSION

if TYPE_CHECKING:
    from tests.chart.conftest import Chart
    from tests.chart.rules import Manifest

FILES = pytest.mark.parametrize("files", [[], ["values-dev.yaml"]], ids=["values", "values-dev"])
SCHEMAS = KUBERNETES_VERSION.rpartition(".")[0]


@FILES
def test_lint_is_clean_as_the_chart_stands(chart: Chart, files: list[str]) -> None:
    result = chart.lint(*files)
    assert result.ok, result.stdout + result.stderr
    assert "[WARNING]" not in result.stdout


@FILES
def test_lint_is_clean_with_tags(chart: Chart, files: list[str]) -> None:
    result = chart.lint(*files, values=chart.tags)
    assert result.ok, result.stdout + result.stderr


def test_lint_fails_on_a_value_of_the_wrong_type(chart: Chart) -> None:
    assert not chart.lint(values={"backend": {"replicas": "two"}}).ok


@FILES
def test_manifests_fit_the_kubernetes_schemas(chart: Chart, files: list[str]) -> None:
    for manifest in chart.render(*files):
        kubernetes_validate.validate(manifest, SCHEMAS, strict=True)


def test_the_kubernetes_schemas_find_an_unknown_field(development: list[Manifest]) -> None:
    development[0]["spec"]["unknown"] = True
    with pytest.raises(kubernetes_validate.ValidationError, match="unknown"):
        kubernetes_validate.validate(development[0], SCHEMAS, strict=True)
