"""Images that are too large."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from tests.integrity.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integrity.world import Trial

LAYER = """ARG PYTHON_BUILD=python:3.13-slim-trixie
FROM ${{PYTHON_BUILD}} AS fat
RUN dd if=/dev/zero of=/fat bs=1000000 count={megabytes}
FROM {image}
COPY --from=fat /fat /fat
"""
HIDDEN = """ARG PYTHON_BUILD=python:3.13-slim-trixie
FROM ${{PYTHON_BUILD}}
RUN dd if=/dev/zero of=/fat bs=1000000 count={megabytes}
RUN rm /fat
"""


@contextlib.contextmanager
def fat(part: str, text: str, megabytes: int, trial: Trial) -> Iterator[None]:
    file = trial.copy() / f"Dockerfiles/{part}.Dockerfile"
    image = file.read_text(encoding="utf-8").removeprefix("FROM ").strip()
    file.write_text(text.format(megabytes=megabytes, image=image), encoding="utf-8")
    yield


FAULTS = (
    Fault(
        "SC-002",
        "a layer of 260 MB too many in the backend's image",
        r"backend image, unpacked: .* not under",
        ("build",),
        partial(fat, "backend", LAYER, 260),
    ),
    Fault(
        "SC-002",
        "a layer of 420 MB too many in the frontend's image",
        r"frontend image, unpacked: .* not under",
        ("build",),
        partial(fat, "frontend", LAYER, 420),
    ),
    Fault(
        "SC-002",
        "300 MB in the backend's image that a later layer hides",
        r"backend image, unpacked: .* not under",
        ("build",),
        partial(fat, "backend", HIDDEN, 300),
    ),
)
