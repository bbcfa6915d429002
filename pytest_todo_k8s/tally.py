"""From rows and verdicts to the exit status: the gate counts for itself and trusts no row to have arrived."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s import exit_codes
from pytest_todo_k8s.criteria.outcome import status_of
from pytest_todo_k8s.evidence import Verdict
from pytest_todo_k8s.verdicts import PROPERTY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pytest

    from pytest_todo_k8s.evidence import CriterionResult

_ROW: Final = re.compile(r"\[(SC-\d{3}-[a-z0-9-]+)\]$")


class Tally:
    """The rows that arrived: one for each test that ended, with the exit status that it alone would give.

    Attributes:
        narrowed: Why the run is no gate, in words; None: the full set of criteria was meant.
        only: Ids of the criteria that were asked for by name; none: all.
        words: Test id to `passed`, `failed`, `skipped` or `error`.
    """

    def __init__(self) -> None:
        self.narrowed: str | None = None
        self.only: Sequence[str] = ()
        self.words: dict[str, str] = {}
        self._codes: dict[str, int] = {}
        self._judged: set[str] = set()
        self._seen: set[str] = set()
        self._crashed: set[str] = set()

    def crashed(self, node_id: str) -> None:
        """Note that the worker of a test died; its report follows."""
        self._crashed.add(node_id)

    def broken(self, node_id: str) -> None:
        """Note that a test file could not be collected."""
        self._codes[node_id] = exit_codes.FAILED

    def carry(self, status: int) -> None:
        """Note an exit status that no row of this session tells of."""
        self._codes[f"carried {status}"] = status

    def add(self, report: pytest.TestReport) -> None:
        """Take a report of one of a test's three steps."""
        if report.when == "call" or not report.passed:
            self.words[report.nodeid] = "error" if report.failed and report.when != "call" else report.outcome
        found = _ROW.search(report.nodeid)
        name = found.group(1) if found else None
        if name:
            self._seen.add(name)
        verdict = dict(report.user_properties).get(PROPERTY)
        skipped = report.skipped and not hasattr(report, "wasxfail")
        if name and (verdict or (report.when == "call" and not skipped)):
            self._judged.add(name)
        code = self._code(report, criterion=name is not None, verdict=str(verdict or ""))
        self._codes[report.nodeid] = exit_codes.worst([code, self._codes.get(report.nodeid, exit_codes.OK)])

    def missing(self, expected: Iterable[str]) -> list[str]:
        """Return the names of the expected rows that never arrived."""
        return [name for name in expected if name not in self._seen]

    def status(
        self, pytest_status: int, expected: Iterable[str], results: Iterable[CriterionResult], *, left: bool
    ) -> int:
        """Return the exit status of a run that pytest itself took to its end.

        Args:
            pytest_status: What pytest would exit with; 2 and up stay as they are.
            expected: Names of all rows of the full set.
            results: The verdicts, as judged by the controller.
            left: Whether clean-up left something behind.
        """
        if pytest_status not in {exit_codes.OK, exit_codes.FAILED}:
            return pytest_status
        codes = list(self._codes.values())
        if pytest_status == exit_codes.FAILED and not any(codes):
            codes.append(exit_codes.FAILED)  # something other than a test was red: it never becomes green
        if left:
            codes.append(exit_codes.LEFTOVERS)
        if self.narrowed:
            named = status_of((result.verdict for result in results if result.id in self.only), len(self.only))
            return exit_codes.FAILED if named or any(codes) else exit_codes.OK
        codes.append(status_of(result.verdict for result in results))
        codes += [exit_codes.INCOMPLETE for name in expected if name not in self._judged]
        return exit_codes.worst(codes)

    def _code(self, report: pytest.TestReport, *, criterion: bool, verdict: str) -> int:
        if not report.failed:
            return exit_codes.OK
        if report.nodeid in self._crashed:
            return exit_codes.INCOMPLETE
        if verdict == Verdict.BLOCKED.value:
            return exit_codes.INFRASTRUCTURE
        if verdict or (criterion and report.when != "call"):
            return exit_codes.INCOMPLETE
        return exit_codes.FAILED


def narrowing(config: pytest.Config) -> str | None:
    """Tell which option of the user leaves out tests, in words; None: none does."""
    options = {
        "-k": "keyword",
        "-m": "markexpr",
        "--lf": "lf",
        "--sw": "stepwise",
        "--deselect": "deselect",
        "--ignore": "ignore",
        "--ignore-glob": "ignore_glob",
    }
    for flag, name in options.items():
        if getattr(config.option, name, None):
            return f"narrowed by {flag}"
    return "narrowed by a test's id" if any("::" in argument for argument in config.args) else None
