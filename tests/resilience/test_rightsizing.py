"""What the analysers recommend is enough: a run with the requests and limits that another one recommended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from kubernetes.utils.quantity import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.resilience.conftest import Project


def test_gate_is_green_with_the_recommended_values(project: Project, leftovers: Callable[[], list[str]]) -> None:
    status, output = project.run()
    assert status == 0, output
    recommended = project.root / "recommended.yaml"
    (project.out / "values-recommended.yaml").rename(recommended)
    figures = yaml.safe_load(recommended.read_text(encoding="utf-8"))
    assert figures["backend"]["resources"]["limits"]["memory"]
    status, output = project.run(f"--todo-values={recommended}")
    assert status == 0, output
    assert set(project.verdicts().values()) == {"PASS"}
    for usage in project.evidence()["measure"]["usage"]:
        limits = figures[usage["container"]]["resources"]["limits"]
        assert usage["memory_limit_bytes"] == parse_quantity(limits["memory"]), "the values were not applied"
    assert leftovers() == []
