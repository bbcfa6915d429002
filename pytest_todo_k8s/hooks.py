"""The controller's hooks, in the one order in which a deployment outlives its tests and no test outlives it.

pytest calls one hook of a name for each plugin object, so each moment of the session's end has an object of its own.
All of them are registered before any other plugin configures itself: among hooks that ask to come last, the one
registered last does, and the HTML report must be written after our clean-up.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.criteria.outcome import outcome

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.gate import Gate


class Beginning:
    """Begins the run, and counts the rows that arrive."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Remember the session; pytest-xdist starts its workers in this hook, later."""
        self._gate.session = session

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker where the run's state will be."""
        self._gate.workers += 1
        node.workerinput["todo_state"] = self._gate.folder()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Without workers: deploy and measure before the first test."""
        if not session.config.pluginmanager.has_plugin("dsession"):
            self._gate.begin_here(session)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """With workers: the same, when the first one has collected and none has been given a test."""
        self._gate.begin_for_workers(ids)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str, report: pytest.TestReport) -> None:
        """Let the report of a test whose worker died close its row: pytest-html closes rows at `teardown` only."""
        report.when = "teardown"
        self._gate.rows.crashed(crashitem)

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A test file that can't be collected is red, whatever the other rows are."""
        if report.failed:
            self._gate.rows.broken(report.nodeid)

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count it."""
        self._gate.rows.add(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """The run is broken off: nothing may break its clean-up too."""
        self._gate.interrupted()


class Completing:
    """First moment of the end: workers still live, every report that comes has come, no file is written yet."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Add the rows that are missing, and what the JUnit file says of the whole run."""
        self._gate.protect()
        self._gate.complete(session)
        if self._gate.evidence:
            _suite_properties(session.config, self._gate.evidence)


class TakingDown:
    """Second moment of the end: the workers are gone, the JUnit file is written, the HTML report is not."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Take everything down and set the exit status."""
        self._gate.close(session)


class Reporting:
    """The HTML report: pytest-html writes it, our part stands first in it."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._page: Any = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: Any) -> None:
        """Keep the page: its title is known at the end only."""
        self._page = report

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """Hand over verdict, criteria and evidence."""
        if evidence := self._gate.evidence:
            from pytest_todo_k8s.report import hooks  # noqa: PLC0415  only where a report is written

            with self._told():
                self._page.title = hooks.title(evidence)
                prefix.append(hooks.summary_html(evidence))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Last moment of the end: both files are written and pytest has said its word. Finish the report, say ours."""
        result = None
        try:
            result = yield
        except OSError as error:  # pytest's own files can't be written, and the hooks behind that were not called
            self._gate.close(session)
            self._gate.report_failed(error)
        path = _report_path(session.config)
        if path and path.exists() and (evidence := self._gate.evidence):
            from pytest_todo_k8s.report import hooks  # noqa: PLC0415  see above

            with self._told():
                hooks.finish(path, evidence)
        self._gate.announce(path)
        return result

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn an error of the report into one line: the verdict stands without it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  whatever breaks the report must not hide the verdict
            self._gate.report_failed(error)


def _report_path(config: pytest.Config) -> Path | None:
    """Where pytest-html writes, if it does; it expands the path in the same way."""
    path = getattr(config.option, "htmlpath", None)
    return Path(os.path.expandvars(path)).expanduser().absolute() if path else None


def _suite_properties(config: pytest.Config, evidence: Evidence) -> None:
    """Name run and verdict in the JUnit file; pytest's own fixture for it does nothing with workers (pytest #7767)."""
    try:
        from _pytest.junitxml import xml_key  # noqa: PLC0415  private: a pytest without it only lacks these lines
    except ImportError:
        return
    if xml := config.stash.get(xml_key, None):
        xml.add_global_property("todo_run_id", evidence.run.id)
        xml.add_global_property("todo_verdict", outcome(evidence).value)
