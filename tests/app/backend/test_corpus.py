"""The requests that the gate compares two applications with get the same answers from the same application twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.comparing.answers import Answer, ask, differences
from pytest_todo_k8s.comparing.scenario import scenario
from tests.app.backend.conftest import MODEL_KEY, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from gemini_emulator.server import Emulator

    from tests.app.backend.conftest import SettingsFor, StartBackend

REQUESTS = scenario("run-1", {"ann": PASSWORD, "bob": PASSWORD}, chat=True)


@pytest.fixture
def new_answers(
    start_backend: StartBackend, new_schema: Callable[[], str], settings_for: SettingsFor, emulator: Emulator
) -> Callable[[], list[Answer]]:
    """Ask a backend with a database of its own."""

    def answers() -> list[Answer]:
        settings = settings_for(new_schema(), GEMINI_API_KEY=MODEL_KEY, GEMINI_BASE_URL=emulator.url)
        with start_backend(settings) as backend:
            return ask(backend.url, REQUESTS, "the backend")

    return answers


def test_the_same_application_differs_in_nothing(new_answers: Callable[[], list[Answer]]) -> None:
    first, second = new_answers(), new_answers()
    assert differences(REQUESTS, first, second) == []
    statuses = {request.name: answer.status for request, answer in zip(REQUESTS, first, strict=True)}
    assert [name for name, status in statuses.items() if status is None] == []
    chat = {name.removeprefix("chat"): status for name, status in statuses.items() if name.startswith("chat")}
    assert chat == {
        ", task": 200,
        ", list": 200,
        ", done": 200,
        ", rename": 200,
        ", small talk": 200,
        ", absent task": 200,
        ", model out of order": 502,
        " by user": 200,
        ", another user's path": 403,
        ", blank": 422,
        ", too long": 422,
        " without a token": 401,
        ", unknown conversation": 404,
        ", somebody else's conversation": 404,
    }
    listed = first[[request.name for request in REQUESTS].index("list after the chat")].body
    assert isinstance(listed, dict)
    assert ("buy two loaves", True) in [(task["title"], task["completed"]) for task in listed["tasks"]]
