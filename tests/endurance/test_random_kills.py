"""Runs with stub executables that are killed at random moments: their reaper, or `todo-k8s reap`, leaves nothing.

The second comes in where the reaper was killed too, and where the run died before it had one.

`TODO_KILLS` says how many (default: 200); the moments come from the seed `TODO_KILLS_SEED` (default: 1).
"""

from __future__ import annotations

import os
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.plugin.conftest import api, forks, project

if TYPE_CHECKING:
    from tests.plugin.project import Project

__all__ = ["api", "forks", "project"]
KILLS = int(os.environ.get("TODO_KILLS", "200"))
SEED = int(os.environ.get("TODO_KILLS_SEED", "1"))
LIMIT_S = 60.0
PHASES = ("preflight", "build", "load", "deploy", "settle", "measure", "exercise", "parity")


@pytest.mark.parametrize("number", range(KILLS))
def test_killed_at_a_random_moment(project: Project, number: int) -> None:
    chance = random.Random(f"{SEED}-{number}")  # noqa: S311  moments, not secrets
    project.api.delete_s = chance.choice([0, 0.5, 2])
    project.knobs(**{chance.choice(PHASES): "hang"} if chance.random() < 0.5 else {})
    process = project.start_anew(*chance.choice([("-p", "no:xdist", "-p", "no:html"), ("-n2",)]))
    time.sleep(chance.uniform(0.5, 8))
    if chance.random() < 0.3:
        project.kill_reaper()
    (os.killpg if chance.random() < 0.5 else os.kill)(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + LIMIT_S
    while any("pytest_todo_k8s.reaper" in line for _, line in project.processes()) and time.monotonic() < deadline:
        time.sleep(0.2)
    if project.left():
        status, output = project.todo_k8s("reap")
        assert status == 0, output
    assert project.left() == []
    assert time.monotonic() < deadline
