"""Builds that take too long: against a limit of 20 s, so that the proof takes no five minutes."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from tests.integrity.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integrity.world import Trial

SLOW = """ARG PYTHON_BUILD=python:3.13-slim-trixie
FROM ${{PYTHON_BUILD}} AS slow
RUN sleep {seconds} && touch /slow
FROM {image}
COPY --from=slow /slow /slow
"""
LIMITS = {"SC-001-wall": 20.0}


@contextlib.contextmanager
def slow(part: str, seconds: str, trial: Trial) -> Iterator[None]:
    file = trial.copy() / f"Dockerfiles/{part}.Dockerfile"
    image = file.read_text(encoding="utf-8").removeprefix("FROM ").strip()
    file.write_text(SLOW.format(seconds=seconds, image=image), encoding="utf-8")
    yield


@contextlib.contextmanager
def endless(trial: Trial) -> Iterator[None]:
    trial.set(timeout_s=trial.context.elapsed_s() + 40)
    with slow("backend", "infinity", trial):
        yield


FAULTS = (
    Fault(
        "SC-001",
        "a slow step in the backend's Dockerfile",
        r"not under the limit of 20",
        ("build",),
        partial(slow, "backend", "25"),
        limits=LIMITS,
    ),
    Fault(
        "SC-001",
        "a slow step in the frontend's Dockerfile",
        r"not under the limit of 20",
        ("build",),
        partial(slow, "frontend", "25"),
        limits=LIMITS,
    ),
    Fault("SC-001", "a step that never ends", r"a build was not done after", ("build",), endless, limits=LIMITS),
)
