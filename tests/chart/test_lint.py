"""`helm lint --strict` and the published Kubernetes schemas find nothing, and would find something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest

from pytest_todo_k8s.tools.helm import HelmError
from tests.chart.conftest import FILES, TAGS
from tests.chart.rules import SCHEMAS

if TYPE_CHECKING:
    from tests.chart.conftest import Renderer
    from tests.chart.rules import Manifest

EVERY_FILE = pytest.mark.parametrize("files", FILES.values(), ids=FILES)


@EVERY_FILE
@pytest.mark.parametrize("values", [{}, TAGS], ids=["as-it-stands", "with-tags"])
def test_lint_is_clean(either_helm: Renderer, files: tuple[str, ...], values: dict[str, Any]) -> None:
    either_helm.lint(*files, values=values)


def test_lint_fails_on_a_value_of_the_wrong_type(either_helm: Renderer) -> None:
    with pytest.raises(HelmError, match="at '/backend/replicas': got string, want integer"):
        either_helm.lint(values={"backend": {"replicas": "two"}})


@EVERY_FILE
def test_manifests_fit_the_kubernetes_schemas(chart: Renderer, files: tuple[str, ...]) -> None:
    for manifest in chart.render(*files):
        kubernetes_validate.validate(manifest, SCHEMAS, strict=True)


def test_the_kubernetes_schemas_find_an_unknown_field(development: list[Manifest]) -> None:
    development[0]["spec"]["unknown"] = True
    with pytest.raises(kubernetes_validate.ValidationError, match="unknown"):
        kubernetes_validate.validate(development[0], SCHEMAS, strict=True)


def test_every_values_file_is_among_the_tested(chart: Renderer) -> None:
    assert set(FILES) == {file.stem for file in chart.folder.glob("values*.yaml")}


def test_the_helms_differ(either_helm: Renderer, request: pytest.FixtureRequest) -> None:
    assert either_helm.helm.version.startswith({"helm3": "v3.", "helm4": "v4."}[request.node.callspec.id])
