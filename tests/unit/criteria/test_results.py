"""What a criterion's result is made of: the look that decides, the part that is shown, the reason that is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.criteria import judge
from pytest_todo_k8s.evidence import Verdict
from pytest_todo_k8s.measurements import Sample
from tests.unit.criteria.changes import build, reason, set_on, verdicts
from tests.unit.criteria.sample_measure import series
from tests.unit.criteria.sample_run import green, stopped_at

if TYPE_CHECKING:
    import pytest


def test_an_open_series_is_borderline() -> None:
    evidence = green()
    samples = series(181, slow=0)
    for index in range(0, 40, 5):  # eight slow ones: no look decides
        samples[index * 4] = Sample(duration_s=1.5, ok=True)
    set_on("measure.backend", "samples", samples)(evidence)
    result = judge(evidence)[4]
    assert result.verdict is Verdict.BORDERLINE
    assert "8 of 181" in result.reason


def test_a_series_is_judged_at_the_first_look_that_decides() -> None:
    """Slow answers after a decided look don't count: the rule would have stopped there."""
    evidence = green()
    set_on("measure.backend", "samples", series(181, slow=60))(evidence)
    result = judge(evidence)[4]
    assert result.verdict is Verdict.PASS
    assert "0 of 59" in result.reason


def test_a_result_repeats_its_worst_part() -> None:
    evidence = green()
    build(evidence, 1, size_bytes=None)
    result = judge(evidence)[1]
    assert (result.verdict, result.measured, result.limit) == (Verdict.INCOMPLETE, None, 500.0)
    build(evidence, 0, size_bytes=400_000_000, history_bytes=400_000_000)
    result = judge(evidence)[1]
    assert (result.verdict, result.measured, result.limit) == (Verdict.FAIL, 400.0, 300.0)


def test_of_equal_parts_the_one_nearest_its_limit_is_shown() -> None:
    result = judge(green())[1]
    assert (result.measured, result.limit) == (158.9, 500.0)
    result = judge(green())[2]
    assert (result.unit, result.limit) == ("s", 120.0)


def test_a_judge_that_raises_makes_its_criterion_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_todo_k8s.measuring.sampling.decide", lambda *_: 1 / 0)
    found = {result.id: result for result in judge(green())}
    assert found["SC-005"].verdict is Verdict.CRASHED
    assert found["SC-005"].reason == "the judge raised ZeroDivisionError: division by zero"
    assert found["SC-006"].verdict is Verdict.PASS


def test_judging_changes_nothing_and_repeats_itself() -> None:
    evidence = green()
    before = evidence.model_dump_json()
    assert judge(evidence) == judge(evidence)
    assert evidence.model_dump_json() == before


def test_a_long_reason_is_cut() -> None:
    evidence = stopped_at("build", "x" * 100_000)
    assert max(len(result.reason) for result in judge(evidence)) <= 1000


def test_a_median_of_first_paints_that_is_open_is_borderline() -> None:
    run = green()
    set_on("measure.paint", "samples_s", [0.2] * 7 + [3.1] * 2)(run)
    assert verdicts(run)["SC-004-first-paint"] is Verdict.BORDERLINE
    assert reason(run, "SC-004-first-paint").endswith("median 200 ms, 200 ms to 3.1 s in 9 loads with an empty cache")


def test_a_page_that_is_not_there_is_told_by_what_is_wrong_with_it_not_by_the_browser() -> None:
    run = green()
    set_on("measure.paint", "failed", ["Timeout"] * 9)(run)
    set_on("measure.page", "element_found", False)(run)
    (found,) = (each for each in judge(run) if each.id == "SC-004")
    assert (found.verdict, found.measured) == (Verdict.FAIL, 1)
    assert "no element" in found.reason
