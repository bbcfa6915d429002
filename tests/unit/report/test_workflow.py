from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.criteria.outcome import outcome
from pytest_todo_k8s.evidence import Verdict
from pytest_todo_k8s.report import workflow
from pytest_todo_k8s.report.workflow import ANNOTATIONS, CAP_BYTES, Actions, failures, summary
from tests.unit.criteria.sample_run import green

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.evidence import Evidence

HOSTILE = "bad <script>x</script>\n::error::owned | `code` [link](http://x) \x1b[31m\u202e, 100 %: end"


def red(count: int, reason: str = HOSTILE) -> Evidence:
    evidence = green()
    for result in evidence.criteria[:count]:
        result.verdict, result.reason = Verdict.FAIL, reason
    return evidence


@pytest.mark.parametrize("count", [0, 1, 11])
def test_the_word_agrees_with_the_verdict(count: int) -> None:
    evidence = red(count)
    assert summary(evidence).splitlines()[0].startswith(f"## {outcome(evidence)}\\:")


def test_a_row_for_each_criterion_whatever_they_hold() -> None:
    lines = summary(red(11)).splitlines()
    rows = [line for line in lines if line.startswith("| SC")]
    assert len(rows) == 11
    assert all(row.count(" | ") == 3 for row in rows)


def test_hostile_text_shows_as_text() -> None:
    text = summary(red(3))
    assert "<script" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not any(line.startswith("::") for line in text.splitlines())
    assert "\\[link\\]\\(http" in text


def test_a_summary_is_never_too_large() -> None:
    evidence = red(11, "x" * 10_000_000)
    evidence.run.namespace = "y" * 1_000_000
    assert len(summary(evidence).encode()) < CAP_BYTES + 100


def test_a_green_run_has_no_annotation() -> None:
    assert failures(green()) == []


def test_annotations_are_escaped_and_counted() -> None:
    lines = failures(red(11))
    assert len(lines) == ANNOTATIONS + 1
    assert lines[0].startswith("::error title=SC-001 FAIL::bad ")
    assert "%25" in lines[0]
    assert all("\n" not in line for line in lines)
    assert lines[-1] == "::error title=todo-k8s::and 2 more: SC-010, SC-011"


def test_a_title_holds_no_separator() -> None:
    assert workflow._error("a:b,c%", "d:e") == "::error title=a%3Ab%2Cc%25::d:e"


def test_elsewhere_nothing_is_said(tmp_path: Path) -> None:
    actions = Actions({"GITHUB_STEP_SUMMARY": str(tmp_path / "summary")})
    actions.append("text")
    assert (actions.begin(), actions.end(red(1)), list(tmp_path.iterdir())) == ([], [], [])


def test_in_a_step_commands_of_others_are_stopped_and_the_summary_is_appended(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    file.write_text("before\n")
    actions = Actions({"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(file)})
    (stop,) = actions.begin()
    token = stop.removeprefix("::stop-commands::")
    assert len(token) == 32
    assert actions.begin() == []
    assert actions.end(red(1))[:1] == [f"::{token}::"]
    assert actions.end(red(1)) == []
    actions.append("text\n")
    assert file.read_text() == "before\ntext\n"
