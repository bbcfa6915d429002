"""An upgrade from the chart's previous version is possible, and leaves the database alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.chart.conftest import TAGS, merged
from tests.chart.rules import Manifest, of_kind

if TYPE_CHECKING:
    from tests.chart.conftest import Renderer

PREVIOUS: Final = Path(__file__).with_name("previous") / "todo-chatbot-chart-0.1.0.tgz"
SELECTORS: Final[dict[str, Any]] = {
    "Deployment": lambda spec: spec["selector"],
    "StatefulSet": lambda spec: {key: value for key, value in spec.items() if key not in ("template", "replicas")},
    "PersistentVolumeClaim": lambda spec: {key: value for key, value in spec.items() if key != "resources"},
}
"""What the API server lets nobody change, by kind."""


def _by_title(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    return {manifest["metadata"]["name"]: manifest["spec"] for manifest in of_kind(manifests, kind)}


@pytest.fixture
def previous(chart: Renderer, tmp_path: Path) -> list[Manifest]:
    values = {"postgres": {"enabled": True}} | {part: TAGS[part] for part in ("backend", "frontend")}
    return replace(chart, folder=PREVIOUS, work=tmp_path).template(
        values=merged({"postgres": TAGS["postgres"]}, values)
    )


@pytest.mark.parametrize("kind", SELECTORS)
def test_what_cannot_be_changed_is_as_it_was(previous: list[Manifest], development: list[Manifest], kind: str) -> None:
    before, now = (
        {name: SELECTORS[kind](spec) for name, spec in _by_title(manifests, kind).items()}
        for manifests in (previous, development)
    )
    assert before
    assert before.items() <= now.items()


def test_the_database_goes_on_running(previous: list[Manifest], development: list[Manifest]) -> None:
    before, now = (_by_title(manifests, "StatefulSet")["todo-postgres"] for manifests in (previous, development))
    for manifest in (before, now):
        (container,) = manifest["template"]["spec"]["containers"]
        assert container.pop("image")
    assert before["template"] == now["template"]


def test_each_revision_has_its_own_migration(development: list[Manifest]) -> None:
    (job,) = of_kind(development, "Job")
    assert job["metadata"]["name"].endswith("-1")
