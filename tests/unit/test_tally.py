from __future__ import annotations

import pytest

from pytest_todo_k8s.criteria import judge
from pytest_todo_k8s.evidence import CriterionResult, Verdict
from pytest_todo_k8s.tally import Tally, narrowing
from pytest_todo_k8s.verdicts import PROPERTY
from tests.unit.criteria.sample_run import green

EXPECTED = ["SC-001-wall", "SC-005-health"]


def row(name: str, *, when: str = "call", outcome: str = "passed", verdict: str = "") -> pytest.TestReport:
    properties = [(PROPERTY, verdict)] if verdict else []
    node_id = f"tests/test_x.py::test_criterion[{name}]" if name.startswith("SC") else name
    return pytest.TestReport(node_id, ("x", 0, "x"), {}, outcome, None, when, user_properties=properties)  # type: ignore[arg-type]


def results(**verdicts: Verdict) -> list[CriterionResult]:
    """Eleven passes, apart from the named ones (`sc_003=...`)."""
    found = judge(green())
    for result in found:
        result.verdict = verdicts.get(result.id.lower().replace("-", "_"), result.verdict)
    return found


def status(*reports: pytest.TestReport, left: bool = False, narrowed: bool = False, **verdicts: Verdict) -> int:
    tally = Tally()
    tally.narrowed = "narrowed" if narrowed else None
    for report in [*(row(name) for name in EXPECTED), *reports]:
        tally.add(report)
    red = any(report.failed for report in reports)
    return tally.status(1 if red else 0, EXPECTED, results(**verdicts), left=left)


FAILED = row("SC-001-wall", outcome="failed")
BLOCKED = row("SC-005-health", when="setup", outcome="failed", verdict="BLOCKED")
VOID = row("SC-005-health", when="setup", outcome="failed", verdict="INCOMPLETE")
OTHER = row("test_mine.py::test_mine", outcome="failed")


@pytest.mark.parametrize(
    ("reports", "left", "expected"),
    [
        ([], False, 0),
        ([], True, 12),
        ([BLOCKED], False, 10),
        ([BLOCKED], True, 10),
        ([VOID], False, 11),
        ([VOID, BLOCKED], True, 11),
        ([FAILED], False, 1),
        ([FAILED, VOID, BLOCKED], True, 1),
        ([OTHER], False, 1),
        ([OTHER, BLOCKED], False, 1),
        ([row("SC-005-health", when="teardown", outcome="failed")], False, 11),
        ([row("SC-005-health", when="setup", outcome="failed")], False, 11),
        ([row("test_mine.py::test_mine", when="setup", outcome="failed")], False, 1),
        ([row("test_mine.py::test_mine", when="setup", outcome="failed", verdict="BLOCKED")], False, 10),
        ([row("test_mine.py::test_mine", when="setup", outcome="skipped")], False, 0),
    ],
)
def test_which_status_wins(reports: list[pytest.TestReport], left: bool, expected: int) -> None:
    assert status(*reports, left=left) == expected


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict.FAIL, 1),
        (Verdict.BLOCKED, 10),
        (Verdict.INCOMPLETE, 11),
        (Verdict.CRASHED, 11),
        (Verdict.NOT_RUN, 11),
        (Verdict.BORDERLINE, 0),
    ],
)
def test_verdict_counts_even_if_its_row_is_green(verdict: Verdict, expected: int) -> None:
    assert status(sc_003=verdict) == expected


@pytest.mark.parametrize(
    ("reports", "left", "expected"), [([], False, 0), ([], True, 1), ([BLOCKED], False, 1), ([VOID], False, 1)]
)
def test_narrowed_run_knows_good_and_bad_only(reports: list[pytest.TestReport], left: bool, expected: int) -> None:
    assert status(*reports, left=left, narrowed=True, sc_003=Verdict.FAIL) == expected


@pytest.mark.parametrize(
    ("verdict", "expected"), [(Verdict.PASS, 0), (Verdict.BORDERLINE, 0), (Verdict.NOT_RUN, 1), (Verdict.BLOCKED, 1)]
)
def test_criterion_that_was_asked_for_by_name_needs_a_verdict(verdict: Verdict, expected: int) -> None:
    tally = Tally()
    tally.narrowed, tally.only = "narrowed by --todo-only to SC-003", ["SC-003"]
    assert tally.status(0, EXPECTED, results(sc_003=verdict, sc_008=Verdict.FAIL), left=False) == expected


@pytest.mark.parametrize("given", [2, 3, 4, 5, 6])
def test_endings_of_pytest_itself_stay(given: int) -> None:
    assert Tally().status(given, EXPECTED, [], left=True) == given


def test_row_that_never_came_is_missing() -> None:
    tally = Tally()
    tally.add(row("SC-001-wall"))
    assert tally.missing(EXPECTED) == ["SC-005-health"]
    assert tally.status(0, EXPECTED, results(), left=False) == 11


@pytest.mark.parametrize("when", ["setup", "call"])
def test_skipped_row_came_but_has_no_verdict(when: str) -> None:
    tally = Tally()
    tally.add(row("SC-001-wall"))
    tally.add(row("SC-005-health", when=when, outcome="skipped"))
    assert tally.missing(EXPECTED) == []
    assert tally.status(0, EXPECTED, results(), left=False) == 11


def test_expected_failure_is_judged() -> None:
    tally = Tally()
    quarantined = row("SC-005-health", outcome="skipped")
    quarantined.wasxfail = "until next month"
    for report in (row("SC-001-wall"), quarantined):
        tally.add(report)
    assert tally.status(0, EXPECTED, results(), left=False) == 0


def test_crashed_worker_is_no_failure_of_the_product() -> None:
    tally = Tally()
    crash = row("test_mine.py::test_mine", when="teardown", outcome="failed")
    tally.crashed(crash.nodeid)
    for report in (*(row(name) for name in EXPECTED), crash):
        tally.add(report)
    assert tally.status(1, EXPECTED, results(), left=False) == 11


def test_red_for_another_reason_stays_red() -> None:
    tally = Tally()
    for name in EXPECTED:
        tally.add(row(name))
    assert tally.status(1, EXPECTED, results(), left=True) == 1
    tally.broken("test_broken.py")
    assert tally.status(1, EXPECTED, results(), left=False) == 1


def test_missing_criterion_is_incomplete() -> None:
    tally = Tally()
    for name in EXPECTED:
        tally.add(row(name))
    assert tally.status(0, EXPECTED, results()[:10], left=False) == 11


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), None),
        (("tests",), None),
        (("-x",), None),
        (("-k", "x"), "narrowed by -k"),
        (("-m", "x"), "narrowed by -m"),
        (("--lf",), "narrowed by --lf"),
        (("--sw",), "narrowed by --sw"),
        (("--deselect=x",), "narrowed by --deselect"),
        (("--ignore=x",), "narrowed by --ignore"),
        (("--ignore-glob=x",), "narrowed by --ignore-glob"),
        (("x.py::test",), "narrowed by a test's id"),
    ],
)
def test_what_narrows(pytester: pytest.Pytester, arguments: tuple[str, ...], told: str | None) -> None:
    pytester.mkdir("tests")
    pytester.makepyfile(x="")
    config = pytester.parseconfig(*arguments)
    assert narrowing(config) == told
