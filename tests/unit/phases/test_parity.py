"""The parity phase with two small applications in the places of the real ones."""

from __future__ import annotations

import contextlib
import dataclasses
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.browsing import visits
from pytest_todo_k8s.cluster.provider import Endpoint
from pytest_todo_k8s.comparing import generated, rows
from pytest_todo_k8s.comparing.corpus import Corpus
from pytest_todo_k8s.comparing.request import Request
from pytest_todo_k8s.comparing.rows import Stored
from pytest_todo_k8s.context import Deployment
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.measurements import FlowStep, Walk
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
WALKS: dict[str, Walk] = {}
"""By the frontend's address."""


def walked(**changes: Any) -> Walk:
    """A way of two steps."""
    steps = [FlowStep(name=name, ok=True, start_s=1, duration_s=1) for name in ("sign-up", "create")]
    return Walk(browser="Chromium", steps=steps).model_copy(update=changes)


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

        @contextlib.contextmanager
        def page(*_args: Any) -> Iterator[str]:
            yield "http://plain-page"

        monkeypatch.setattr(parity, "Node", SimpleNamespace(found=lambda *_args: None))
        monkeypatch.setattr(parity, "frontend", SimpleNamespace(make=lambda *_args: None, frontend=page))
        monkeypatch.setattr(visits, "walk", lambda _context, url, *_who: WALKS[url])
        WALKS.update(dict.fromkeys(("http://plain-page", ""), walked()))
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
    assert len(found.normalised) == 8
    assert (found.steps, found.unwalked) == (2, None)


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


def test_a_way_in_a_browser_that_differs(tmp_path: Path) -> None:
    failed = FlowStep(name="create", ok=False, start_s=1, duration_s=1, detail="no answer of http://10.0.0.1:30080/x")
    plain = walked(problems=["GET http://127.0.0.1:9/y answered with status 500"])
    WALKS.update({"http://plain-page": plain, "": walked(steps=[walked().steps[0], failed])})
    with todo_server() as server:
        found = run(tmp_path, server.url)
    assert found is not None
    assert [(each.request, each.where, each.plain, each.cluster) for each in found.differences] == [
        ("browser: create", "step", "done", "no answer of /x"),
        ("browser", "complaints", "GET /y answered with status 500", "none"),
    ]


def test_without_a_browser_its_way_is_not_compared(tmp_path: Path) -> None:
    WALKS[""] = Walk(error="there is no browser")
    with todo_server() as server:
        found = run(tmp_path, server.url)
    assert found is not None
    assert (found.steps, found.unwalked, found.differences) == (0, "there is no browser", [])
