from __future__ import annotations

import pytest

from pytest_todo_k8s import summary
from pytest_todo_k8s.criteria import CRITERIA, judge, limits
from pytest_todo_k8s.criteria.criterion import row_name
from pytest_todo_k8s.criteria.limits import beside
from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.evidence import Verdict
from pytest_todo_k8s.measurements import Sample
from pytest_todo_k8s.report import overview
from tests.unit.criteria.sample_run import green

MEASURED = [
    row_name(criterion.id, aspect.name)
    for criterion in CRITERIA
    for aspect in criterion.aspects
    if aspect.unit in {"s", "MB", "%"}
]


@pytest.mark.parametrize("row", MEASURED)
def test_every_measured_figure_is_judged_by_the_limit_that_was_set(row: str) -> None:
    evidence = green()
    evidence.run.limits = limits.parse([f"{row}=0.000001"], "x")
    if evidence.measure and evidence.measure.frontend and evidence.measure.backend:
        evidence.measure.frontend.calibration_s = evidence.measure.backend.calibration_s = [0.0]
    parts = {row_name(result.id, part.name): part for result in judge(evidence) for part in result.parts}
    assert parts[row].verdict is Verdict.FAIL
    assert parts[row].limit == 0.000001
    assert {part.verdict for name, part in parts.items() if name != row} == {Verdict.PASS}


def test_names() -> None:
    assert limits.parse(["SC-008=70"], "x") == {
        f"SC-008-{app}-{what}": 70.0 for app in ("backend", "frontend") for what in ("cpu", "memory")
    }
    assert limits.parse(["SC-002=400", "SC-002-backend = 250 MB"], "x") == {
        "SC-002-frontend": 400.0,
        "SC-002-backend": 250.0,
    }
    assert limits.parse(["SC-008-backend=60%"], "x") == {"SC-008-backend-cpu": 60.0, "SC-008-backend-memory": 60.0}


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("SC-008", "--todo-limit: 'SC-008' sets no limit: write SC-008=70"),
        ("SC-8=70", "sets no limit"),
        ("SC-008=many", "sets no limit"),
        ("SC-008=1.2.3", "'SC-008=1.2.3' is no limit for SC-008: give a number above 0, in %"),
        ("SC-008=0", "is no limit for SC-008"),
        ("SC-008=70MB", "is no limit for SC-008: give a number above 0, in %"),
        ("SC-099=1", "names no limit that can be set: those are of SC-001-wall, "),
        ("SC-007=3", "names no limit that can be set"),
        ("SC-00=3", "sets no limit"),
    ],
)
def test_what_is_no_limit(setting: str, told: str) -> None:
    with pytest.raises(ConfigError, match="--todo-limit") as caught:
        limits.parse([setting], "--todo-limit")
    assert told in str(caught.value)


def test_looser_limits_are_told_with_the_promised_ones() -> None:
    given = limits.parse(["SC-008-backend-cpu=90", "SC-001=200", "SC-002-backend=300"], "x")
    assert limits.looser(given) == {"SC-008-backend-cpu": "80 -> 90 %"}


def test_strict_lets_an_open_criterion_fail() -> None:
    evidence = green()
    assert evidence.measure
    assert evidence.measure.backend
    times = [1.5 if number % 20 == 0 else 0.1 for number in range(181)]
    evidence.measure.backend.samples = [Sample(duration_s=duration_s, ok=True) for duration_s in times]
    assert judge(evidence)[4].verdict is Verdict.BORDERLINE
    evidence.run.strict = True
    assert judge(evidence)[4].verdict is Verdict.FAIL
    assert judge(evidence)[4].reason.startswith("borderline, which a strict run does not let pass: p95 ")


def test_what_was_not_asked_for_is_not_run() -> None:
    evidence = green()
    evidence.run.only = ["SC-003", "SC-008"]
    verdicts = {result.id: result.verdict for result in judge(evidence)}
    assert {name for name, verdict in verdicts.items() if verdict is Verdict.PASS} == {"SC-003", "SC-008"}
    assert set(verdicts.values()) == {Verdict.PASS, Verdict.NOT_RUN}


def test_a_limit_of_ones_own_stands_beside_the_promised_one() -> None:
    assert beside("SC-008", "backend-cpu", 70.0) == " (default 80 %)"
    assert beside("SC-001", "wall", 400.0) == " (default 300 s, LOOSER)"
    assert beside("SC-008", "backend-cpu", 80.0) == ""
    assert beside("SC-007", "logs", 0.0) == ""
    assert beside("SC-008", None, 70.0) == ""


def test_the_report_and_the_summary_show_both() -> None:
    evidence = green()
    evidence.run.limits = {"SC-001-wall": 400.0}
    evidence.criteria = judge(evidence)
    assert overview.rows(evidence)[0].limit == "< 400 s (default 300 s, LOOSER)"
    told = summary.lines(evidence, narrowed=None, status=0, report=None)
    assert any("limit 400 s (default 300 s, LOOSER)" in line for line in told)
