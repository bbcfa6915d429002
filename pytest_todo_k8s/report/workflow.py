"""What a run tells GitHub Actions: a summary in Markdown and one annotation for each failed criterion.

Sources: GitHub's documentation, "Workflow commands for GitHub Actions" (a step's summary has at most 1 MiB and is
dropped whole above it; ten annotations of a kind are shown for a step; what `%`, CR, LF, `:` and `,` become), and
"GitHub Flavored Markdown" (a backslash before ASCII punctuation makes it literal).
"""

from __future__ import annotations

import html
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.figures import figure
from pytest_todo_k8s.criteria.outcome import outcome
from pytest_todo_k8s.evidence import Verdict
from pytest_todo_k8s.report import overview
from pytest_todo_k8s.report.text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_todo_k8s.evidence import CriterionResult, Evidence

CAP_BYTES: Final = 200_000
CELL: Final = 300
"""Characters of one cell."""
ANNOTATIONS: Final = 9
"""Criteria that get an annotation of their own; the tenth tells of the rest."""
_PUNCTUATION: Final = re.compile(r"([\\`*_{}\[\]()#+!|~$:@-])")
_UNMET: Final = frozenset({Verdict.FAIL, Verdict.CRASHED, Verdict.INCOMPLETE, Verdict.BLOCKED})


def summary(evidence: Evidence) -> str:
    """Return the summary: verdict and table first, everything else folded; under 200 kB whatever the evidence."""
    results = overview.results(evidence)
    lines = [f"## {_text(overview.title(evidence))}", "", _text(overview.cause(evidence)), ""]
    lines += ["| Criterion | Verdict | Measured | Limit |", "|---|---|---|---|"]
    lines += [_row(result) for result in results]
    lines += ["", f"Clean-up: {_text(overview.cleanup(evidence))}", "", "<details><summary>Details</summary>", ""]
    lines += [f"- {_text(f'{result.id}: {result.reason}')}" for result in results]
    lines += [f"- {_text(f'{name}: {value}')}" for name, value in overview.identity(evidence)]
    lines += ["", "</details>", ""]
    return _capped("\n".join(lines))


def failures(evidence: Evidence) -> list[str]:
    """Return one `::error` for each criterion that is not met, at most nine, then one for the rest."""
    unmet = [result for result in overview.results(evidence) if result.verdict in _UNMET]
    lines = [_error(f"{each.id} {each.verdict.value}", each.reason) for each in unmet[:ANNOTATIONS]]
    if rest := unmet[ANNOTATIONS:]:
        lines.append(_error("todo-k8s", f"and {len(rest)} more: {', '.join(each.id for each in rest)}"))
    if not unmet and outcome(evidence) != "PASS":
        lines.append(_error(f"todo-k8s {outcome(evidence)}", overview.cause(evidence)))
    return lines


@dataclass
class Actions:
    """The run's side of a GitHub Actions step; elsewhere it says nothing.

    Between `begin` and `end` the runner takes no line for a command: what pods and tests print is printed there.

    Attributes:
        environment: The caller's.
    """

    environment: Mapping[str, str]
    _token: str = field(default_factory=lambda: secrets.token_hex(16))
    _open: bool = False

    @property
    def here(self) -> bool:
        """Whether this is a step of GitHub Actions."""
        return self.environment.get("GITHUB_ACTIONS") == "true"

    def begin(self) -> list[str]:
        """Return the line that makes the runner deaf to commands."""
        if not self.here or self._open:
            return []
        self._open = True
        return [f"::stop-commands::{self._token}"]

    def end(self, evidence: Evidence | None) -> list[str]:
        """Return the line that makes it listen again, and the annotations."""
        if not self._open:
            return []
        self._open = False
        return [f"::{self._token}::", *(failures(evidence) if evidence else [])]

    def append(self, text: str) -> None:
        """Append a summary to the step's own, which other tools may have begun.

        Raises:
            OSError: It can't be written.
        """
        if self.here and (name := self.environment.get("GITHUB_STEP_SUMMARY")):
            with Path(name).open("a", encoding="utf-8") as stream:
                stream.write(text)


def _row(result: CriterionResult) -> str:
    measured = "not measured" if result.measured is None else figure(result.measured, result.unit)
    cells = (f"{result.id} {result.title}", result.verdict.value, measured, overview.limit(result.limit, result.unit))
    return f"| {' | '.join(map(_text, cells))} |"


def _text(text: str) -> str:
    """Return text as Markdown that shows it as it is, on one line."""
    line = " ".join(clean(text, CELL).split())
    return _PUNCTUATION.sub(r"\\\1", html.escape(line, quote=False))


def _error(title: str, message: str) -> str:
    data = " ".join(clean(message, CELL).split())
    return f"::error title={_property(title)}::{_data(data)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _capped(text: str) -> str:
    data = text.encode()
    if len(data) <= CAP_BYTES:
        return text
    return data[:CAP_BYTES].decode(errors="ignore") + "\n\n(the rest was left out)\n"
