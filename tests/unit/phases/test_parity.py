"""The parity phase with two small applications in the places of the real ones."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.cluster.provider import Endpoint
from pytest_todo_k8s.comparing import generated, rows
from pytest_todo_k8s.comparing.corpus import Corpus
from pytest_todo_k8s.comparing.request import Request
from pytest_todo_k8s.comparing.rows import Stored
from pytest_todo_k8s.context import Deployment
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.measuring import steady
from pytest_todo_k8s.phases import parity
from pytest_todo_k8s.plain import postgres
from pytest_todo_k8s.plain.application import PlainBackend
from pytest_todo_k8s.tools.redaction import Secret
from tests.unit.running import run_context
from tests.unit.todo_server import TodoServer, todo_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_todo_k8s.measurements import Parity

REQUESTS = (Request("health", "GET", "/health", user=None), Request("unknown", "GET", "/unknown", user=None))

STORED: dict[str, Stored] = {}


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[TodoServer]:
    """The plain application."""
    alike = {"users": [{"email": "a"}], "tasks": [], "messages": []}
    STORED.update({parity.PLAIN: Stored(alike), parity.CLUSTER: Stored(alike)})
    with todo_server() as server:

        @contextlib.contextmanager
        def stand_in(*_args: Any) -> Iterator[Any]:
            yield PlainBackend(server.url, Secret("postgresql://x"))

        def made(*_args: Any, chat: bool, **_keywords: Any) -> Corpus:
            return Corpus(REQUESTS if chat else (), ("GET /health",), 1, 4711)

        monkeypatch.setattr(parity, "backend_with_model", stand_in)
        monkeypatch.setattr(parity, "corpus", made)
        monkeypatch.setattr(parity, "_document", lambda _url: {})
        monkeypatch.setattr(rows, "stored", lambda _url, _run_id, _redactor, side: STORED[side])
        yield server


def run(tmp_path: Path, url: str) -> Parity | None:
    context = run_context(tmp_path)
    context.deployment = Deployment(Endpoint("", ""), url, Secret("x"))
    parity.run(context)
    return context.evidence.parity


def test_alike(tmp_path: Path) -> None:
    with todo_server() as server:
        found = run(tmp_path, server.url)
    assert found is not None
    assert (found.requests, found.differences, found.skipped) == (2, [], None)
    assert (found.generated, found.seed, found.rows, found.unasked) == (1, 4711, 1, ["GET /health"])
    assert len(found.normalised) == 7


def test_different(tmp_path: Path) -> None:
    with todo_server("health") as server:
        found = run(tmp_path, server.url)
    assert found is not None
    assert [(each.request, each.where) for each in found.differences] == [("health: GET /health", "status")]


def test_a_real_model_is_not_compared(tmp_path: Path) -> None:
    context = run_context(tmp_path)
    context.settings = dataclasses.replace(context.settings, model_key=Secret("a key"))
    with todo_server() as server:
        context.deployment = Deployment(Endpoint("", ""), server.url, Secret("x"))
        parity.run(context)
    assert context.evidence.parity is not None
    assert context.evidence.parity.requests == 0


def test_different_rows(tmp_path: Path) -> None:
    STORED[parity.CLUSTER] = Stored({"users": [{"email": "b"}], "tasks": [], "messages": [{"role": "user"}]})
    with todo_server() as server:
        found = run(tmp_path, server.url)
    assert found is not None
    assert [(each.request, each.where, each.plain, each.cluster) for each in found.differences] == [
        ("rows of users", "row 1, email", "a", "b"),
        ("rows of messages", "row 1", "(no row)", '{"role": "user"}'),
    ]


def test_without_an_api_document(monkeypatch: pytest.MonkeyPatch, plain: TodoServer) -> None:
    monkeypatch.undo()
    with pytest.raises(PhaseError, match=r"has no API document at /openapi\.json: status 200"):
        parity._document(plain.url + "/#")


def test_a_cluster_that_cannot_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "LIMIT_S", 0.0)
    with todo_server() as server:
        url = server.url
    with pytest.raises(PhaseError, match="the backend in the cluster can't be reached at http://127"):
        run(tmp_path, url)


@pytest.mark.parametrize(
    ("module", "question", "remedy"),
    [
        (postgres, "installed", postgres.REMEDY),
        (generated, "installed", generated.REMEDY),
        (rows, "readable", rows.REMEDY),
    ],
)
def test_without_what_it_needs_it_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, question: str, remedy: str
) -> None:
    monkeypatch.setattr(module, question, lambda: False)
    found = run(tmp_path, "")
    assert found is not None
    assert (found.requests, found.skipped) == (0, remedy)
