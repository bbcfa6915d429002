"""Criteria whose settings are absent: not run, with the key to set, and no gate is green without them."""

from __future__ import annotations

from pytest_todo_k8s import exit_codes
from pytest_todo_k8s.criteria import judge
from pytest_todo_k8s.criteria.outcome import Outcome, outcome, status_of
from pytest_todo_k8s.evidence import Evidence, Verdict
from pytest_todo_k8s.measurements import Difference, FlowStep
from tests.unit.criteria.sample_run import green


def verdicts(evidence: Evidence) -> dict[str, tuple[Verdict, str]]:
    return {f"{each.id}-{part.name}": (part.verdict, part.reason) for each in judge(evidence) for part in each.parts}


def test_a_row_whose_setting_is_absent_is_not_run_whatever_was_measured() -> None:
    evidence = green()
    evidence.run.unset = {"SC-005-health": "backend.health", "SC-006-row": "database.rows"}
    evidence.criteria = judge(evidence)
    found = verdicts(evidence)
    assert found["SC-005-health"] == (
        Verdict.NOT_RUN,
        "not set up for this application: set tool.todo-k8s.backend.health",
    )
    assert {name for name, (verdict, _) in found.items() if verdict is not Verdict.PASS} == set(evidence.run.unset)
    assert {each.id: each.verdict for each in evidence.criteria if each.verdict is not Verdict.PASS} == {
        "SC-005": Verdict.NOT_RUN,
        "SC-006": Verdict.NOT_RUN,
    }
    assert status_of(each.verdict for each in evidence.criteria) == exit_codes.INCOMPLETE
    assert outcome(evidence) is Outcome.INCOMPLETE


def test_criteria_that_were_not_asked_for_have_no_say() -> None:
    evidence = green()
    evidence.run.unset = {"SC-005-health": "backend.health"}
    evidence.run.only = ["SC-001", "SC-003"]
    evidence.criteria = judge(evidence)
    assert verdicts(evidence)["SC-005-health"] == (Verdict.NOT_RUN, "not asked for")
    evidence.run.status = exit_codes.OK
    assert outcome(evidence) is Outcome.PASS


def test_a_flow_of_the_settings_needs_none_of_this_project_s_steps() -> None:
    evidence = green()
    assert evidence.exercise
    evidence.exercise.built_in = False
    evidence.exercise.steps = [FlowStep(name="write a note", ok=True, start_s=1.0, duration_s=0.1)]
    assert verdicts(evidence)["SC-006-flow"][0] is Verdict.PASS
    evidence.exercise.steps[0].ok = False
    assert verdicts(evidence)["SC-006-flow"][0] is Verdict.FAIL
    evidence.exercise.steps = []
    assert verdicts(evidence)["SC-006-flow"][0] is Verdict.INCOMPLETE


def test_requests_of_a_project_s_own_need_no_number_and_no_rows() -> None:
    evidence = green()
    assert evidence.parity
    evidence.parity.built_in, evidence.parity.requests, evidence.parity.rows = False, 3, 0
    verdict, reason = verdicts(evidence)["SC-011-differences"]
    assert (verdict, reason) == (Verdict.PASS, "3 requests of the project's own answered alike")
    evidence.parity.differences = [Difference(request="GET /", where="status", plain="200", cluster="404")]
    assert verdicts(evidence)["SC-011-differences"][0] is Verdict.FAIL


def test_the_title_and_the_pods_are_those_of_the_run() -> None:
    evidence = green()
    assert evidence.measure
    assert evidence.measure.page
    evidence.measure.page.title_wanted = "Notes"
    evidence.run.apps = {"backend": "notes-api", "frontend": "todo-frontend"}
    found = verdicts(evidence)
    assert found["SC-004-page"][0] is Verdict.FAIL
    assert "without 'Notes'" in found["SC-004-page"][1]
    assert found["SC-008-backend-cpu"] == (Verdict.INCOMPLETE, "use of notes-api was not measured")
    assert found["SC-008-frontend-cpu"][0] is Verdict.PASS
