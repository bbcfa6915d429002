"""Real runs on the Minikube that `todo-k8s setup` raised, killed at random moments: nothing is left within a minute.

`TODO_REAL_KILLS` says how many, or which: `10`, or `10-19`; the moments come from the seed `TODO_KILLS_SEED` (default:
1). Most lie in the first 100 seconds, in which a run makes all that it makes; every sixth in the minutes after that.
What became of each is printed (`-s`): moment, phase, what the kill left, and the seconds until nothing was.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.resilience.conftest import leftovers, project, reapers
from tests.resilience.leftovers import OwnRuns

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.resilience.conftest import Project

__all__ = ["leftovers", "project"]
FIRST, _, LAST = os.environ.get("TODO_REAL_KILLS", "0").rpartition("-")
NUMBERS = range(int(FIRST), int(LAST) + 1) if FIRST else range(int(LAST))
SEED = int(os.environ.get("TODO_KILLS_SEED", "1"))
LIMIT_S = 60.0
EARLY_S, LATE_S = 100.0, 300.0
SIXTH = 6


@pytest.fixture(scope="session")
def own_runs() -> OwnRuns:
    """They have a namespace of their own: other runs may go on beside them."""
    return OwnRuns("todo-kills")


def _kill(process: subprocess.Popen[str], *, group: bool, reaper: bool) -> None:
    if reaper:
        for pid in reapers(process.pid):
            os.kill(pid, signal.SIGKILL)
    (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize("number", NUMBERS)
def test_killed_at_a_random_moment(project: Project, number: int, leftovers: Callable[[], list[str]]) -> None:
    assert leftovers() == []
    chance = random.Random(f"{SEED}-{number}")  # noqa: S311  moments, not secrets
    late = number % SIXTH == SIXTH - 1
    moment_s = chance.uniform(EARLY_S, LATE_S) if late else chance.uniform(0, EARLY_S)
    process = project.start(*chance.choice([("-p", "no:xdist"), ("-n2",)]))
    try:
        process.communicate(timeout=moment_s)
    except subprocess.TimeoutExpired:
        reaper = chance.random() < 0.5
        _kill(process, group=chance.random() < 0.5, reaper=reaper)
    else:
        pytest.fail("the run ended before it could be killed")
    killed, phases, left = time.monotonic(), project.phases(), leftovers()
    while not reaper and leftovers() and time.monotonic() - killed < LIMIT_S:
        time.sleep(1)
    if leftovers():
        argv = [sys.executable, "-m", "pytest_todo_k8s.cli", "reap"]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
    clean_s = time.monotonic() - killed
    by = "reap" if reaper else "its reaper"
    after = phases[-1] if phases else "nothing"
    sys.stdout.write(
        f"\nkill {number}: {moment_s:.0f} s, after {after}, {len(left)} left, clean after {clean_s:.0f} s ({by})\n"
    )
    assert leftovers() == []
    assert clean_s < LIMIT_S
