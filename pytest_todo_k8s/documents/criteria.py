"""docs/criteria.md: what is promised, how it is measured, and what each verdict means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria import CRITERIA
from pytest_todo_k8s.criteria.outcome import STATUS
from pytest_todo_k8s.documents.markdown import code, page, table
from pytest_todo_k8s.evidence import Verdict
from pytest_todo_k8s.project_settings import NAME
from pytest_todo_k8s.report.overview import limit

if TYPE_CHECKING:
    from pytest_todo_k8s.criteria import Criterion

_MEANING: Final = {
    Verdict.PASS: "measured, and kept",
    Verdict.BORDERLINE: "the samples leave it open; `--todo-strict` makes it fail",
    Verdict.NOT_RUN: "not asked, or a setting or tool is absent, and the reason says which",
    Verdict.INCOMPLETE: "measured, but the sample is void",
    Verdict.BLOCKED: "an earlier phase failed",
    Verdict.CRASHED: "the judge itself failed",
    Verdict.FAIL: "measured, and broken",
}


def text() -> str:
    """Return the document."""
    verdicts = [(verdict.value, _MEANING[verdict], str(STATUS[verdict])) for verdict in Verdict]
    return page(
        "The eleven success criteria",
        "Each is a promise with a figure. A row of a run is one part of one criterion; a criterion is kept when all of "
        "its parts are. A missing sample is never a pass.",
        "Of another application than this project's own a row is judged where the settings named beside it are there, "
        f"as keys of `[{NAME}]` ([other-applications.md](other-applications.md)).",
        table(("Verdict", "Means", "Exit status"), verdicts),
        *(_section(criterion) for criterion in CRITERIA),
    )


def _section(criterion: Criterion) -> str:
    rows = [
        (
            code(f"{criterion.id}-{each.name}"),
            limit(each.limit, each.unit),
            ", ".join(each.needs) or "the whole run",
            ", ".join(map(code, each.settings)) or "-",
        )
        for each in criterion.aspects
    ]
    return "\n\n".join(
        [
            f"## {criterion.id} {criterion.title}",
            f"Promise: {criterion.promise}.",
            f"{criterion.method}.",
            table(("Row", "Limit", "Judged from", "Settings"), rows),
        ]
    )
