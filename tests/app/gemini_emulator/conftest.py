"""A running emulator and the clients of both dialects."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "app" / "gemini_emulator"
sys.path.insert(0, str(FOLDER))

from gemini_emulator.server import Emulator, running_emulator  # noqa: E402  # not installed, only on the path above

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def shared_emulator() -> Iterator[Emulator]:
    with running_emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator: Emulator) -> Emulator:
    """An emulator whose request log is empty."""
    shared_emulator.requests.clear()
    return shared_emulator
