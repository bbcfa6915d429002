"""SC-006: whether a user's way through frontend, backend and database works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.criterion import Aspect, Criterion, Finding, none_of, void
from pytest_todo_k8s.evidence import Verdict

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Evidence

REQUIRED: Final = (
    *("sign-up", "log-in", "create", "list", "edit", "toggle", "delete", "chat", "second user"),
    *("log-out", "protected page", "helm test"),
)
"""Steps without which a flow proves nothing, by name."""
BY_BROWSER: Final = (
    *("sign-up", "log-in", "create", "list", "edit", "toggle", "delete", "chat", "log-out", "protected page"),
)
"""The same for the way in the browser."""
PAGE: Final = "page"
"""The one step of a browser in an application of which only the page is known."""


def _flow(evidence: Evidence) -> Finding:
    steps = evidence.exercise.steps if evidence.exercise else []
    problems = [f"step {step.name!r} failed: {step.detail or 'no detail'}" for step in steps if not step.ok]
    done = {step.name for step in steps}
    required = REQUIRED if evidence.exercise is None or evidence.exercise.built_in else ()
    missing = [name for name in required if name not in done]
    if not steps:
        raise void("the flow was not walked")
    if missing and not problems:
        raise void(f"the flow was not walked to its end: no step {', '.join(missing)}")
    return none_of(problems, f"all {len(steps)} steps through the frontend")


def _browser(evidence: Evidence) -> Finding:
    walk = evidence.exercise.walk if evidence.exercise else None
    if walk is None:
        raise void("the way was not walked in a browser")
    if walk.error:
        raise void(f"the way was not walked in a browser: {walk.error}")
    problems = [f"step {step.name!r} in the browser failed: {step.detail}" for step in walk.steps if not step.ok]
    problems += walk.problems
    required = BY_BROWSER if evidence.exercise and evidence.exercise.built_in else (PAGE,)
    missing = [name for name in required if name not in {step.name for step in walk.steps}]
    if missing and not problems:
        raise void(f"the way was not walked to its end in the browser: no step {', '.join(missing)}")
    return none_of(problems, f"all {len(walk.steps)} steps in {walk.browser}, no error in its console")


def _row(evidence: Evidence) -> Finding:
    exercise = evidence.exercise
    if exercise is None or exercise.row_found is None:
        detail = exercise.row_detail if exercise else None
        raise void(f"the rows were not read back from PostgreSQL: {detail or 'the flow did not come that far'}")
    detail = exercise.row_detail or "no detail"
    if exercise.row_found:
        return Finding(Verdict.PASS, 1, f"the tasks' rows were read back from PostgreSQL: {detail}")
    return Finding(Verdict.FAIL, 0, f"the tasks' rows are not in PostgreSQL: {detail}")


CRITERION: Final = Criterion(
    id="SC-006",
    title="frontend, backend and database work together",
    promise="End-to-end application flow (frontend → backend → database) completes successfully",
    method=(
        "A scripted user's way by HTTP through the frontend only, with a second user who must see nothing of it, and "
        "the same by clicks and keys in a real browser, whose console must stay free of errors; then for both the rows "
        "of two tasks, one made by hand and one by the assistant, are read back from PostgreSQL itself, by a "
        "connection of the gate's own, and once more after the backend's pod was replaced; last the chart's own test, "
        "from inside the cluster"
    ),
    aspects=(
        Aspect("flow", "problems", 0, ("exercise",), _flow, settings=("flow",)),
        Aspect("browser", "problems", 0, ("exercise",), _browser, settings=("flow", "frontend.element")),
        Aspect("row", "rows", None, ("exercise",), _row, settings=("flow", "database.rows")),
    ),
)
