"""A process that has imported the libraries already and forks nested runs: half of a run's time is importing them.

Called as `python -m tests.plugin.preloaded pytest`: the word says what its forks become. Each line of its input is an
order, each line of its output the answer: to words for pytest, folder, environment and file for the output the id of
the process that runs them; to such an id the process's exit status, when it has one.
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
    running: set[int] = set()
    try:
        for line in sys.stdin:
            order: dict[str, Any] = json.loads(line)
            if child := order.get("wait"):
                _, status = os.waitpid(child, 0)
                running.remove(child)
                _answer(os.waitstatus_to_exitcode(status))
            elif child := os.fork():
                running.add(child)
                _answer(child)
            else:
                running.clear()
                return order
    finally:
        for child in running:
            _kill(child)
    return None


def _answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


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
