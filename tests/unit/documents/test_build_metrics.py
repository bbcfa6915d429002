from __future__ import annotations

import pytest

from pytest_todo_k8s.documents import build_metrics
from pytest_todo_k8s.errors import ConfigError
from tests.unit.criteria.sample_run import green


def test_every_megabyte_has_its_place() -> None:
    evidence = green()
    text = build_metrics.text(evidence)
    assert "without a cache (SC-001 allows 300 s)" in text
    assert "| backend | 100 | 300 | 83.40 | 14.00 | 29.00 | 40.01 | 0.39 |" in text
    assert "| frontend | 170 | 500 | 158.90 |  |  |  |  |" in text
    assert "| `COPY /image/python /` | 43.00 |" in text
    assert "| pydantic_core 2.50.4 | packages | 5.53 |" in text
    assert "| /usr/bin/python3.13 | runtime | 6.83 |" in text
    assert evidence.run.started_at[:10] in text


def test_a_run_that_did_not_look_is_refused() -> None:
    evidence = green()
    assert evidence.build
    evidence.build.images[0].contents = None
    with pytest.raises(ConfigError, match="did not look into its images"):
        build_metrics.text(evidence)
