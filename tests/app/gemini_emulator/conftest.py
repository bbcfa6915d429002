"""A running emulator and the clients of both dialects."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

FOLDER = Path(__file__).resolve().parents[3] / "app" / "gemini_emulator"
sys.path.insert(0, str(FOLDER))

from gemini_emulator.server import Emulator, running_emulator  # noqa: E402  # not installed, only on the path above

from tests.app.gemini_emulator.genai_client import MODEL, Chat, connect  # noqa: E402
from tests.app.gemini_emulator.task_tools import TaskTools  # noqa: E402
from tests.app.gemini_emulator.wire import KEY  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from google import genai


@pytest.fixture(scope="session")
def shared_emulator() -> Iterator[Emulator]:
    with running_emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(shared_emulator: Emulator) -> Emulator:
    """An emulator whose request log is empty."""
    shared_emulator.requests.clear()
    return shared_emulator


@pytest.fixture(scope="session")
def http(shared_emulator: Emulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=shared_emulator.url, headers=KEY, timeout=10.0) as client:
        yield client


@pytest.fixture(scope="session")
def keyless(shared_emulator: Emulator) -> Iterator[httpx.Client]:
    """A client that has no key of its own; it asks other emulators too, by whole addresses."""
    with httpx.Client(base_url=shared_emulator.url, timeout=10.0) as client:
        yield client


@pytest.fixture(scope="session")
def client(shared_emulator: Emulator) -> Iterator[genai.Client]:
    client = connect(shared_emulator)
    yield client
    client.close()


@pytest.fixture
def chat(client: genai.Client) -> Callable[..., Chat]:
    return lambda *titles, model=MODEL: Chat(client, TaskTools(list(titles)), model)
