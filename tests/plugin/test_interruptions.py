"""The run is broken off from outside, at the worst moments."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.plugin.project import Project


def test_signal_while_the_clean_up_runs_changes_nothing(project: Project) -> None:
    project.api.delete_s = 3
    process = project.start()
    while "DELETE /api/v1/namespaces/todo-app-dev" not in project.api.writes and process.poll() is None:
        time.sleep(0.02)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process.send_signal(number)
    status, output = project.finish(process)
    assert (status, project.left()) == (0, []), output
    assert "PASS: 11 of 11 criteria met" in output
