"""The controller's part: when the run begins, what rows must arrive, when it ends, and the exit status."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s import exit_codes, state, summary
from pytest_todo_k8s.criteria import CRITERIA, limits
from pytest_todo_k8s.criteria.criterion import row_name
from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.fixtures import STATE_FOLDER, needs_deployment
from pytest_todo_k8s.offline import OfflineRun
from pytest_todo_k8s.progress import PREFIX
from pytest_todo_k8s.report import workflow
from pytest_todo_k8s.report.workflow import Actions
from pytest_todo_k8s.run import Run
from pytest_todo_k8s.settings import NO_CLUSTER
from pytest_todo_k8s.signals import Signals
from pytest_todo_k8s.tally import Tally, narrowing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.settings import Settings
    from pytest_todo_k8s.tools.toolchain import Toolchain

EXPECTED = tuple(row_name(criterion.id, part) for criterion in CRITERIA for part in criterion.parts)
"""Names of the rows of a full run."""


class Gate:
    """Owns the one run of a pytest session; every method may be called when there is none."""

    def __init__(self, config: pytest.Config, settings: Settings, toolchain: Toolchain) -> None:
        self._config, self._settings, self._toolchain = config, settings, toolchain
        self._run: Run | OfflineRun | None = None
        self._begun = False
        self._ids: Sequence[str] = ()
        self._status: int | None = None
        self._announced = False
        self.rows = Tally()
        self.session: pytest.Session | None = None
        self.workers = 0
        self.signals = Signals()
        self._actions = Actions(settings.environment)
        self.signals.end_as_interrupt()

    @property
    def evidence(self) -> Evidence | None:
        """The evidence of the run, once its first phase has begun."""
        return self._run.evidence if self._run and self._run.evidence.phases else None

    def say(self, text: str) -> None:
        """Print one line of progress."""
        self._write(f"{PREFIX}{text}")

    def _write(self, line: str) -> None:
        if not self._config.pluginmanager.has_plugin("terminalreporter"):
            sys.stderr.write(f"{line}\n")
            return
        terminal = self._config.get_terminal_writer()
        if terminal.width_of_current_line:
            terminal.line()
        terminal.line(line)
        terminal.flush()

    def folder(self) -> str:
        """Make the run's folder, where workers look for its state, and return its path.

        Raises:
            pytest.UsageError: It can't be made.
        """
        if self._run is None:
            try:
                offline = self._settings.cluster.provider == NO_CLUSTER
                self._run = (OfflineRun if offline else Run)(self._settings, self._toolchain, self.say)
            except OSError as error:
                raise pytest.UsageError(
                    f"the cache folder can't be used: {error}: let TODO_K8S_CACHE name one that can be written to"
                ) from None
            self._config.stash[STATE_FOLDER] = str(self._run.folder)
        return str(self._run.folder)

    def begin(self, ids: Sequence[str], *, wanted: bool) -> None:
        """Deploy and measure, once, unless no collected test needs it or a test file is broken.

        Args:
            ids: Node ids of the collected tests.
            wanted: Whether one of them needs the deployment.
        """
        if self._begun:
            return
        self._begun, self._ids = True, ids
        self.rows.narrowed = narrowing(self._config) or self._less_asked() or self._elsewhere()
        if not wanted:
            return
        for line in self._actions.begin():
            self._write(line)
        self.folder()
        if self._run:
            self._go(self._run)

    def _go(self, run: Run | OfflineRun) -> None:
        self.rows.only = run.evidence.run.only
        for status in run.carried:
            self.rows.carry(status)
        self._narrow(run)
        run.evidence.run.workers = self.workers
        if self.session and self.session.testsfailed:
            run.block(ConfigError("a test file could not be collected", "repair it, then run again"))
        else:
            run.go()
            self._narrow(run)  # that a kept deployment was upgraded turns out on the way

    def _narrow(self, run: Run | OfflineRun) -> None:
        self.rows.narrowed = run.narrowed or self.rows.narrowed
        run.evidence.run.partial = self.rows.narrowed is not None
        run.evidence.run.partial_reason = self.rows.narrowed

    def begin_here(self, session: pytest.Session) -> None:
        """`begin` without workers."""
        self.begin([item.nodeid for item in session.items], wanted=needs_deployment(session.items))

    def begin_for_workers(self, ids: Sequence[str]) -> None:
        """`begin` once the first worker has collected; nothing but an interruption is raised, for xdist would hang."""
        self.begin(ids, wanted=self._run is not None and (self._run.folder / state.WANTED).exists())

    def interrupted(self) -> None:
        """Note that the user, or a signal, broke the run off."""
        self.protect()
        if evidence := self.evidence:
            evidence.run.interrupted = True
            self.say(f"interrupted: taking everything down; by hand: {self._by_hand}")

    def protect(self) -> None:
        """From now on no signal breaks the clean-up, if there is one to come."""
        if self.evidence:
            self.signals.shield(lambda: self.say(f"clean-up is under way; by hand: {self._by_hand}"))

    @property
    def _by_hand(self) -> str:
        return self._run.by_hand if self._run else ""

    def complete(self, session: pytest.Session) -> None:
        """Give every row that should have arrived and did not a report of its own, so that all files show it."""
        stopped = session.shouldfail or session.shouldstop or session.exitstatus == pytest.ExitCode.INTERRUPTED
        if self.evidence is None or self.rows.narrowed or stopped:
            return
        for name in self.rows.missing(EXPECTED):
            node_id = next((each for each in self._ids if each.endswith(f"[{name}]")), f"todo-k8s::row[{name}]")
            for report in _lost(node_id):
                self._config.hook.pytest_runtest_logreport(report=report)

    def close(self, session: pytest.Session) -> None:
        """Take everything down and set the session's exit status."""
        self._status = int(session.exitstatus)
        before = self._refined(left=False)
        keep = (
            self._settings.reuse
            or self._settings.keep == "always"
            or (self._settings.keep == "failed" and before != exit_codes.OK)
        )
        cleanup = self._run.down(keep=keep) if self._run else None
        if self._begun:
            self._set_status(self._refined(left=cleanup is not None and not cleanup.ok))

    def _refined(self, *, left: bool) -> int:
        """Pytest's status, refined by what the gate has counted."""
        results = self.evidence.criteria if self.evidence else []
        return self.rows.status(self._status or exit_codes.OK, EXPECTED, results, left=left)

    def _set_status(self, status: int) -> None:
        """Set the exit status, also in the evidence; evidence that can't be written makes a green run incomplete."""
        if self._run and self.evidence:
            self.evidence.tests = dict(self.rows.words)
            self._run.conclude(status)
            if self._run.unsaved and status == exit_codes.OK:
                status = exit_codes.INCOMPLETE
        self._status = status
        if self.session:
            self.session.exitstatus = status

    def announce(self, report: Path | None) -> None:
        """Print the table of criteria and the verdict; once."""
        if self._announced or self._status is None or not self._begun:
            return
        self._announced = True
        if self.evidence:
            shown = _shown(report, self._config.invocation_params.dir)
            told = _tasks(self.evidence) if self._settings.tasks else []
            told += summary.lines(self.evidence, narrowed=self.rows.narrowed, status=self._status, report=shown)
        elif self._status == exit_codes.INCOMPLETE:
            told = ["INCOMPLETE: no test of a success criterion was collected, nothing was deployed"]
        else:
            told = ["nothing was deployed: no collected test needs it"]
        for line in [*told, *self._actions.end(self.evidence)]:
            self._write(line)
        self._summarise()

    def _summarise(self) -> None:
        """Keep a summary in Markdown beside the report, and append it to that of a GitHub Actions step."""
        if evidence := self.evidence:
            text = workflow.summary(evidence)
            try:
                (self._settings.out / "summary.md").write_text(text, encoding="utf-8")
                self._actions.append(text)
            except OSError as error:
                self.say(f"the summary can't be written: {error}")

    def report_failed(self, error: Exception) -> None:
        """Tell that the report could not be written; evidence without its report is incomplete."""
        self.say(f"the report could not be written: {type(error).__name__}: {' '.join(str(error).split())[:300]}")
        if self._status == exit_codes.OK:
            self._set_status(exit_codes.INCOMPLETE)

    def end(self) -> None:
        """Last call of all, when pytest gives its configuration up: whatever was broken off before is done now."""
        if self.session and self._status is None:
            self.protect()
            self.close(self.session)
            self.announce(None)
        self.signals.restore()

    def _less_asked(self) -> str | None:
        """Tell that the options ask for less than the eleven promises."""
        if self._settings.only:
            return f"narrowed by --todo-only to {', '.join(self._settings.only)}"
        if self._settings.load.lighter:
            return f"a lighter load: {self._settings.load}"
        looser = limits.looser(self._settings.limits)
        return f"looser limits: {', '.join(f'{row} {change}' for row, change in looser.items())}" if looser else None

    def _elsewhere(self) -> str | None:
        """Tell that the user asked for files which hold no criterion."""
        named = self._config.args_source is pytest.Config.ArgsSource.ARGS
        if named and not any(node_id.endswith(f"[{name}]") for node_id in self._ids for name in EXPECTED):
            return "the named files test no success criterion"
        return None


def _tasks(evidence: Evidence) -> list[str]:
    """Lines of the task list with what came of each task."""
    from pytest_todo_k8s.tasks import catalogue, outcomes, table  # noqa: PLC0415  only where it is asked for

    return table.lines(outcomes.outcomes(catalogue.tasks(), evidence))


def _lost(node_id: str) -> list[pytest.TestReport]:
    """Reports of a test whose own never came: an error, then the end of its row."""
    location = (node_id.partition("::")[0], None, node_id)
    text = "CRASHED: no verdict arrived for this row"
    return [
        pytest.TestReport(node_id, location, {}, "failed", text, "setup"),
        pytest.TestReport(node_id, location, {}, "passed", None, "teardown"),
    ]


def _shown(report: Path | None, folder: Path) -> str | None:
    """The report's path as the user would type it."""
    if report is None or not report.exists():
        return None
    return str(report.relative_to(folder) if report.is_relative_to(folder) else report)
