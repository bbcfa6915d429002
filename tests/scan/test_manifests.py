"""checkov on what the chart renders to; that the golden renders are up to date is shown by `tox -e chart`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
import yaml

from tests.scan.findings import ROOT, Finding, acceptances, complaints
from tests.scan.scanners import checkov

if TYPE_CHECKING:
    from pathlib import Path

GOLDEN: Final = sorted((ROOT / "tests" / "chart" / "golden").glob("*.yaml"))
CARELESS: Final = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "careless", "namespace": "default"},
    "spec": {
        "hostNetwork": True,
        "containers": [{"name": "careless", "image": "todo", "securityContext": {"privileged": True}}],
    },
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    """What checkov finds in the renders, and in a pod with everyday mistakes beside them."""
    file: Path = tmp_path_factory.mktemp("careless") / "careless.yaml"
    file.write_text(yaml.safe_dump(CARELESS), encoding="utf-8")
    return checkov("kubernetes", [*GOLDEN, file])


def test_there_is_a_render_for_each_values_file() -> None:
    values = {file.stem for file in (ROOT / "charts" / "todo-chatbot-chart").glob("values*.yaml")}
    assert values < {file.stem for file in GOLDEN}


def test_checkov_finds_nothing_else(found: list[Finding]) -> None:
    control = {each.rule for each in found if each.place == "Pod/careless"}
    assert control >= {"CKV_K8S_16", "CKV_K8S_19", "CKV_K8S_21", "CKV_K8S_13", "CKV_K8S_22"}
    ours = [each for each in found if each.place != "Pod/careless"]
    assert complaints("checkov kubernetes", ours, acceptances()) == []
