"""Answers to /health that are late or wrong."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tests.integrity import pods
from tests.integrity.fault import Fault

if TYPE_CHECKING:
    import contextlib

    from tests.integrity.world import Trial


def through(trial: Trial, **told: Any) -> contextlib.AbstractContextManager[None]:
    return pods.relayed(trial, "backend", **told)


def fault(name: str, cause: str, **told: Any) -> Fault:
    return Fault("SC-005", name, cause, ("measure",), partial(through, **told), only=("SC-005",))


FAULTS = (
    fault(
        "every fifth answer takes 1.3 s",
        r"of \d+ requests failed or took 1 s or more",
        delay=[r"^GET /health HTTP", 1.3, 5],
    ),
    fault("status 200 with a wrong body", r"the body is not", answer=[[r'"status":"healthy"', '"status":"kaputt!"']]),
    fault("an answer with status 404", r"status 404", ask=[[r"^GET /health HTTP", "GET /helth HTTP"]]),
)
