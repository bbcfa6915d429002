"""The word and the exit status of a run, over all ways it can end."""

from __future__ import annotations

import pytest

from pytest_todo_k8s import exit_codes
from pytest_todo_k8s.criteria.outcome import Outcome, outcome, status_of
from pytest_todo_k8s.evidence import Verdict
from tests.unit.criteria.sample_run import green

ENDINGS = [
    ([], exit_codes.OK, Outcome.PASS),
    ([Verdict.BORDERLINE], exit_codes.OK, Outcome.PASS),
    ([Verdict.FAIL], exit_codes.FAILED, Outcome.FAIL),
    ([Verdict.BLOCKED], exit_codes.INFRASTRUCTURE, Outcome.INCOMPLETE),
    ([Verdict.BLOCKED] * 11, exit_codes.INFRASTRUCTURE, Outcome.INCOMPLETE),
    ([Verdict.INCOMPLETE], exit_codes.INCOMPLETE, Outcome.INCOMPLETE),
    ([Verdict.NOT_RUN], exit_codes.INCOMPLETE, Outcome.INCOMPLETE),
    ([Verdict.CRASHED], exit_codes.INCOMPLETE, Outcome.INCOMPLETE),
    ([Verdict.BLOCKED, Verdict.INCOMPLETE], exit_codes.INCOMPLETE, Outcome.INCOMPLETE),
    ([Verdict.BLOCKED, Verdict.FAIL], exit_codes.FAILED, Outcome.FAIL),
    ([Verdict.CRASHED, Verdict.FAIL], exit_codes.FAILED, Outcome.FAIL),
]


@pytest.mark.parametrize(("others", "status", "word"), ENDINGS)
def test_word_and_status_agree(others: list[Verdict], status: int, word: Outcome) -> None:
    evidence = green()
    for result, verdict in zip(evidence.criteria, others, strict=False):
        result.verdict = verdict
    assert status_of(result.verdict for result in evidence.criteria) == status
    assert outcome(evidence) is word
    assert (word is Outcome.PASS) == (status == exit_codes.OK)
    assert (word is Outcome.FAIL) == (status == exit_codes.FAILED)


@pytest.mark.parametrize("count", [0, 10])
def test_a_missing_criterion_is_never_a_pass(count: int) -> None:
    evidence = green()
    evidence.criteria = evidence.criteria[:count]
    assert status_of(result.verdict for result in evidence.criteria) == exit_codes.INCOMPLETE
    assert outcome(evidence) is Outcome.INCOMPLETE


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (None, Outcome.PASS),
        (0, Outcome.PASS),
        (1, Outcome.FAIL),
        (2, Outcome.INCOMPLETE),
        (5, Outcome.INCOMPLETE),
        (12, Outcome.INCOMPLETE),
    ],
)
def test_the_status_of_the_process_has_its_say(status: int | None, word: Outcome) -> None:
    evidence = green()
    evidence.run.status = status
    assert outcome(evidence) is word


def test_an_interrupted_run_and_one_that_left_something_are_incomplete() -> None:
    evidence = green()
    evidence.run.interrupted = True
    assert outcome(evidence) is Outcome.INCOMPLETE
    evidence = green()
    assert evidence.cleanup
    evidence.cleanup.leftovers = ["namespace todo-app-dev"]
    assert outcome(evidence) is Outcome.INCOMPLETE
