"""A backend in the cluster that answers otherwise than the plain one, in one thing."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_todo_k8s.cluster.forward import PortForward
from tests.integrity import pods
from tests.integrity.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integrity.world import Trial


@contextlib.contextmanager
def through(trial: Trial, **told: Any) -> Iterator[None]:
    with pods.relayed(trial, "backend", **told):
        forward = PortForward(trial.context, "todo-backend-service", 8080)
        try:
            deployed = trial.context.deployed()
            trial.context.deployment = replace(deployed, backend_url=f"http://127.0.0.1:{forward.port}")
            yield
        finally:
            forward.stop()


def fault(name: str, cause: str, old: str, new: str) -> Fault:
    return Fault("SC-011", name, cause, ("parity",), partial(through, answer=[[old, new]]))


FAULTS = (
    fault("another status", r"status is '404' plain and '410'", r"^HTTP/1\.1 404 Not Found", "HTTP/1.1 410 Not Found"),
    fault("a header that is missing", r"(?i)location", r"^(?i:location): ", "x-where-: "),
    fault("another field", r"tota1|total", r'"total":', '"tota1":'),
)
