"""No fault at all: everything must be green, else no red of a fault means anything."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tests.integrity.fault import Fault
from tests.integrity.faults.sc_011 import through

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integrity.world import Trial


@contextlib.contextmanager
def nothing(_trial: Trial) -> Iterator[None]:
    yield


CONTROLS = (
    Fault("", "control: nothing is broken", "", ("settle", "measure", "exercise", "parity"), nothing),
    Fault("", "control: a relay that changes nothing", "", ("exercise", "parity"), through),
)
