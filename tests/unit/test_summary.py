from __future__ import annotations

import pytest

from pytest_todo_k8s.evidence import Verdict
from pytest_todo_k8s.summary import lines
from tests.unit.criteria.sample_run import green, stopped_at


def test_good_run() -> None:
    evidence = green()
    told = lines(evidence, narrowed=None, status=0, report="out/report.html")
    assert len(told) == 13
    assert told[0].startswith("SC-001 images build in under 5 minutes")
    assert told[0].split()[-6:] == ["PASS", "85.3", "s", "limit", "300", "s"]
    assert evidence.cleanup
    assert f"namespace todo-app-dev (UID {evidence.cleanup.uid}) gone after 11.2 s, nothing left" in told[-2]
    assert told[-1] == "PASS: 11 of 11 criteria met - report: out/report.html"


def test_blocked_run_names_the_cause_once_a_row() -> None:
    evidence = stopped_at("deploy", "no\nroom")
    evidence.run.status = 10
    told = lines(evidence, narrowed=None, status=10, report=None)
    row = next(line for line in told if line.startswith("SC-003"))
    assert row.endswith("BLOCKED     by deploy: no room")
    assert told[-1].startswith("INCOMPLETE: ")
    assert told[-1].endswith("criteria met (exit status 10)")


@pytest.mark.parametrize("narrowed", [None, "narrowed by -k"])
def test_narrowed_run_says_so_first(narrowed: str | None) -> None:
    told = lines(green(), narrowed=narrowed, status=0, report=None)
    assert (told[0] == "partial run: not a gate (narrowed by -k)") is (narrowed is not None)


def test_leftovers_are_told_one_by_one() -> None:
    evidence = green()
    assert evidence.cleanup
    evidence.cleanup.leftovers = ["image a: in use", "process 1: does not end"]
    told = lines(evidence, narrowed=None, status=12, report=None)
    assert told[-3:-1] == ["clean-up LEFT: image a: in use", "clean-up LEFT: process 1: does not end"]
    assert told[-1] == "INCOMPLETE: 11 of 11 criteria met (exit status 12)"


def test_failed_row_shows_its_reason() -> None:
    evidence = green()
    evidence.criteria[0].verdict = Verdict.FAIL
    evidence.criteria[0].reason = "wall time: 301 s,\n not under the limit"
    told = lines(evidence, narrowed=None, status=1, report=None)
    assert told[0].endswith("FAIL        wall time: 301 s, not under the limit")
    assert told[-1].startswith("FAIL: 10 of 11")
