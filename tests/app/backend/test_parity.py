"""The corpus of SC-011 against two real backends, each with a database of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.comparing import rows
from pytest_todo_k8s.comparing.answers import ask, differences
from pytest_todo_k8s.comparing.corpus import USERS, Corpus, corpus
from pytest_todo_k8s.tools.redaction import Redactor, Secret
from tests.app.backend.conftest import MODEL_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from gemini_emulator.server import Emulator

    from pytest_todo_k8s.comparing.answers import Answer
    from tests.app.backend.conftest import Backend, SettingsFor, StartBackend

RUN_ID = "20261125-160000-abcdef"


@pytest.fixture(scope="module")
def made(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    document = backend.client().get("/openapi.json").json()
    folder = tmp_path_factory.mktemp("hypothesis")
    return corpus(document, RUN_ID, dict.fromkeys(USERS, "a password"), seed=4711, folder=folder, chat=True)


@pytest.fixture(scope="module")
def side(
    made: Corpus,
    new_schema: Callable[[], str],
    settings_for: SettingsFor,
    start_backend: StartBackend,
    emulator: Emulator,
) -> Callable[..., tuple[list[Answer], rows.Stored]]:
    """Answers to all requests, or the first of them, and rows of a new backend on an empty database."""

    def answered(first: int | None = None, **variables: str) -> tuple[list[Answer], rows.Stored]:
        url = new_schema()
        model = {"GEMINI_API_KEY": MODEL_KEY, "GEMINI_BASE_URL": emulator.url}
        with start_backend(settings_for(url, **model, **variables)) as started:
            answers = ask(started.url, made.requests[:first], "this side")
        return answers, rows.stored(Secret(url), RUN_ID, Redactor(), "this side")

    return answered


@pytest.fixture(scope="module")
def reference(side: Any) -> tuple[list[Answer], rows.Stored]:
    answered: tuple[list[Answer], rows.Stored] = side()
    return answered


def test_the_same_backend_twice_answers_alike(made: Corpus, reference: Any, side: Any) -> None:
    answers, stored = side()
    assert differences(made.requests, reference[0], answers) == []
    assert rows.row_differences(reference[1], stored) == []
    assert stored.count > 10
    assert len(made.requests) > 500
    assert made.unasked == []


def test_every_request_is_answered_and_none_by_an_accident(made: Corpus, reference: Any) -> None:
    """A 500 would hide a difference behind its one text; 502 is what the model's own failure makes."""
    odd = [
        (request.name, answer.status, answer.error)
        for request, answer in zip(made.requests, reference[0], strict=True)
        if answer.error or answer.status is None or (answer.status >= 500 and "model out of order" not in request.name)
    ]
    assert odd == []


def test_another_configuration_shows(made: Corpus, side: Any) -> None:
    few = 12  # the foreign origin is among the first
    (answers, _), (others, _) = side(few), side(few, CORS_ALLOW_ORIGINS="https://example.org")
    found = differences(made.requests[:few], answers, others)
    assert {each.where for each in found if each.request.startswith("foreign origin")} == {
        "header access-control-allow-origin"
    }
