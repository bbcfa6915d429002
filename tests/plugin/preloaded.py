"""A process that has imported the libraries already and forks nested runs: half of a run's time is importing them.

Called as `python -m tests.plugin.preloaded pytest`: the word says what its forks become. Each line of its input is an
order: words for pytest, folder, environment, file for the output, time limit. Each line of its output is a run's exit
status.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import sys
from typing import Any

from _pytest.config import default_plugins

from pytest_todo_k8s.report import hooks
from tests.unit.criteria import sample_run

LIBRARIES = (
    *(f"_pytest.{name}" for name in default_plugins),
    "execnet",
    "kubernetes",
    "kubernetes.client.models",
    "unittest.mock",
)
"""What a run imports besides what the report does. Not `pytest_todo_k8s.plugin` and the other plugins, which pytest
rewrites while it imports them."""


def serve() -> dict[str, Any] | None:
    """Fork for each order; return it in the child, None when there are no more."""
    for name in LIBRARIES:
        importlib.import_module(name)
    hooks.summary_html(sample_run.green())  # so that models and templates are compiled
    gc.freeze()
    for line in sys.stdin:
        order: dict[str, Any] = json.loads(line)
        child = os.fork()
        if child == 0:
            return order
        sys.stdout.write(f"{_status(child, order['timeout_s'])}\n")
        sys.stdout.flush()
    return None


def _status(child: int, timeout_s: int) -> int:
    """Wait for a run's end, which comes after the time limit, or with this process, at the latest."""
    signal.signal(signal.SIGALRM, lambda _number, _frame: _kill(child))
    signal.alarm(timeout_s)
    try:
        _, status = os.waitpid(child, 0)
    except BaseException:
        _kill(child)
        raise
    signal.alarm(0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    return os.waitstatus_to_exitcode(status)


def _kill(child: int) -> None:
    """Kill a run with its session, or before it has one."""
    for kill in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError):
            kill(child, signal.SIGKILL)


def become(order: dict[str, Any]) -> None:
    """Be what a process is that was started as `python -m pytest` with these words."""
    os.setsid()
    os.chdir(order["folder"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.closerange(3, output + 1)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.path[0] = order["folder"]
    sys.argv = ["pytest", *order["words"]]
    runpy.run_module("pytest", run_name="__main__", alter_sys=True)


if __name__ == "__main__" and (order := serve()):
    become(order)
