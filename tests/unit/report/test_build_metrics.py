from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.evidence import ImageContents, ImageLayer, ImagePackage
from pytest_todo_k8s.report import build_metrics
from tests.unit.criteria.sample_run import green

if TYPE_CHECKING:
    from pathlib import Path

PARTS = {"base": 14_000_000, "runtime": 29_000_000, "packages": 32_300_000, "application": 391_000}


def test_every_megabyte_has_its_place() -> None:
    evidence = green()
    assert evidence.build is not None
    evidence.build.images[0].contents = ImageContents(
        layers=[ImageLayer(instruction="COPY /image/python /", size_bytes=43_000_000)],
        parts=PARTS,
        packages=[ImagePackage(name="pydantic_core", version="2.50.4", part="packages", size_bytes=5_526_233)],
        files=[ImagePackage(name="/usr/bin/python3.13", part="runtime", size_bytes=6_832_784)],
        hidden_bytes=0,
    )
    text = build_metrics.text(evidence)
    assert "without a cache (SC-001 allows 300 s)" in text
    assert "| backend | 100 | 300 | 83.40 | 14.00 | 29.00 | 32.30 | 0.39 |" in text
    assert "| frontend | 170 | 500 | 158.90 |  |  |  |  |" in text
    assert "| `COPY /image/python /` | 43.00 |" in text
    assert "| pydantic_core 2.50.4 | packages | 5.53 |" in text
    assert "| /usr/bin/python3.13 | runtime | 6.83 |" in text
    assert evidence.run.started_at[:10] in text


def test_the_command_prints_it_or_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "evidence.json"
    assert build_metrics.main([]) == 2
    assert build_metrics.main([str(file)]) == 1
    green().save(file)
    assert build_metrics.main([str(file)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert "usage" in said[0]
    assert "evidence.json" in said[1]
    assert "did not look into its images" in said[2]


def test_a_run_that_did_not_look_is_refused() -> None:
    with pytest.raises(ConfigError, match="did not look into its images"):
        build_metrics.text(green())
