"""Hooks around the rows, in workers and without them: what a report tells, and that it can be told at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s import state
from pytest_todo_k8s.fixtures import needs_deployment
from pytest_todo_k8s.verdicts import PROPERTY, NoVerdict
from pytest_todo_k8s.wire import plain

if TYPE_CHECKING:
    from collections.abc import Generator


class RowHooks:
    """Registered in every process that runs tests."""

    @pytest.hookimpl
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """In a worker: tell the controller, which sees ids only, that a test needs the deployment."""
        folder = getattr(session.config, "workerinput", {}).get("todo_state")
        if folder and needs_deployment(session.items):
            (Path(folder) / state.WANTED).touch(mode=0o600)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Let the report of a test that had nothing to judge carry the reason's kind."""
        report = yield
        if call.excinfo and isinstance(call.excinfo.value, NoVerdict):
            report.user_properties.append((PROPERTY, call.excinfo.value.verdict.value))
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_report_to_serializable(self) -> Generator[None, dict[str, Any] | None, Any]:
        """Send plain values only: anything else would end the worker, its lost tests unnoticed."""
        data = yield
        return data and plain(data)
