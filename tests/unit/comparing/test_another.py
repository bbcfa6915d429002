"""Another application's backend as a plain process beside a second one, which stands for the one in the cluster."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s import application_settings, project_settings
from pytest_todo_k8s.cluster.provider import Endpoint
from pytest_todo_k8s.comparing import another
from pytest_todo_k8s.comparing.request import Request
from pytest_todo_k8s.context import Deployment
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.phases import parity
from pytest_todo_k8s.tools.redaction import Secret
from tests.unit.running import run_context

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.measurements import Parity

ELSEWHERE = Path(__file__).parents[2] / "elsewhere"
TOKEN = "a-token-that-is-secret"
TWICE = """
from pytest_todo_k8s.comparing.request import Request
def requests(mark): return [Request("a", "GET", "/"), Request("a", "GET", "/x")]
"""
Compared = tuple["Parity", "RunContext"]


@pytest.fixture
def compare(tmp_path: Path) -> Callable[..., Compared]:
    """Return what compares the notes with a second process of theirs, that gets other variables."""

    def compare(**other: str) -> Compared:
        root = tmp_path / "notes"
        shutil.copytree(ELSEWHERE, root, dirs_exist_ok=True)
        run = run_context(tmp_path)
        application = application_settings.read(project_settings.table(root), root)
        assert application.plain
        assert application.backend.health
        settings = dataclasses.replace(run.settings, root=root, application=application)
        run = dataclasses.replace(run, settings=settings)
        secret = Secret(TOKEN)
        run.redactor.add(secret)
        known = {"NOTES_TOKEN": TOKEN, **other}
        with another.backend(run, root, application.plain, application.backend.health.path, known) as port:
            url = f"http://127.0.0.1:{port}"
            run.deployment = Deployment(Endpoint("", ""), url, None, {"NOTES_TOKEN": secret})
            parity.run(run)
        assert run.background == []
        assert run.journal.open_entries() == []
        assert run.evidence.parity
        return run.evidence.parity, run

    return compare


def test_two_that_are_alike(compare: Callable[..., Compared]) -> None:
    found, _ = compare()
    assert found.differences == []
    assert (found.built_in, found.requests, found.seed) == (False, 8, None)


def test_one_that_knows_another_token(compare: Callable[..., Compared]) -> None:
    found, run = compare(NOTES_TOKEN="another")
    assert ("no note yet: GET", "status", "200", "401") in {
        (each.request.partition(" /")[0], each.where, each.plain, each.cluster) for each in found.differences
    }
    assert TOKEN not in run.evidence.model_dump_json()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "notes_requests.py has no function requests"),
        ("def requests(mark): return [mark]", "TypeError: 'mark-"),
        ("def requests(mark): return 3", "TypeError: 'int' object is not iterable"),
        ("def requests(mark): return []", "ValueError: there is none"),
        ("def requests(mark):\n    raise OSError(5)", "OSError: 5 (notes_requests.py, line 2)"),
        (TWICE, "two requests are called 'a'"),
    ],
)
def test_requests_that_are_none(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "notes_requests.py").write_text(text, encoding="utf-8")
    with pytest.raises(PhaseError) as caught:
        another.requests(tmp_path, "notes_requests:requests", "mark-1")
    assert caught.value.cause.startswith("notes_requests:requests gives no requests: ")
    assert told in caught.value.cause


def test_a_request_that_needs_what_nobody_gave(
    compare: Callable[..., Compared], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(another, "requests", lambda *_: (Request("it", "GET", "/{unknown}", user=None),))
    with pytest.raises(PhaseError, match="the request 'it' needs 'unknown', which no earlier one captures"):
        compare()
