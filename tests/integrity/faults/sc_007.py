"""Pods that have something to say while the application starts."""

from __future__ import annotations

import contextlib
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.integrity import pods
from tests.integrity.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integrity.world import Trial

NAME = "todo-noise"
WAIT = "\nimport time\ntime.sleep(600)\n"
TRACEBACK = "import traceback\ntry:\n    {}['key']\nexcept KeyError:\n    traceback.print_exc()"
LINE = """print('{"time":"2026-01-01T00:00:00Z","level":"error","message":"the pool is empty"}')"""
REJECTION = """print("UnhandledPromiseRejection: fetch failed")"""


@contextlib.contextmanager
def says(script: str, ready: bool, trial: Trial, **container: Any) -> Iterator[None]:
    with pods.made(trial, pods.pod(trial, NAME, script + WAIT, **container)):
        condition = "condition=Ready" if ready else "jsonpath={.status.phase}=Running"
        trial.kubectl("wait", f"--for={condition}", f"pod/{NAME}", "--timeout=60s")
        time.sleep(5)
        yield


def fault(name: str, cause: str, seed: Any) -> Fault:
    return Fault("SC-007", name, cause, ("settle",), seed)


PROBE = {"tcpSocket": {"port": 9}, "periodSeconds": 1}
FAULTS = (
    fault("a traceback in a log", r"todo-noise.*(Traceback|KeyError)", partial(says, TRACEBACK, True)),
    fault("a JSON line of level error", r"the pool is empty", partial(says, LINE, True)),
    fault("an unhandled promise rejection", r"UnhandledPromiseRejection", partial(says, REJECTION, True)),
    fault("a readiness probe that fails", r"Unhealthy", partial(says, "print('up')", False, readinessProbe=PROBE)),
)
