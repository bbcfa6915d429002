"""Servers of the plain application: started, journalled, started again, ended."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.plain import server as module
from pytest_todo_k8s.plain.host import PlainError
from pytest_todo_k8s.plain.server import EndedEarlyError, Server, answers, serving
from pytest_todo_k8s.tools import processes
from tests.unit.running import run_context

if TYPE_CHECKING:
    from pathlib import Path

SERVE = """
import sys
from http.server import HTTPServer, SimpleHTTPRequestHandler
HTTPServer(("127.0.0.1", int(sys.argv[1])), SimpleHTTPRequestHandler).serve_forever()
"""


def server(folder: Path, code: str) -> Server:
    return Server("the test server", lambda port: [sys.executable, "-c", code, str(port)], folder, answers("/"))


def test_it_serves_for_as_long_as_the_block_lasts(tmp_path: Path) -> None:
    context = run_context(tmp_path)
    with serving(context, server(tmp_path, SERVE)) as port:
        (entry,) = context.journal.open_entries()
        assert (entry.kind, entry.name) == ("process", f"the test server on port {port}")
        process = processes.find(int(entry.details["pid"]))
        assert process is not None
        assert process.start == entry.details["start"]
        assert len(context.background) == 1
    assert not process.alive
    assert context.journal.open_entries() == []
    assert context.background == []


def test_it_ends_when_the_block_fails(tmp_path: Path) -> None:
    context = run_context(tmp_path)

    def fail() -> None:
        with serving(context, server(tmp_path, SERVE)):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert context.journal.open_entries() == []


def test_a_server_that_lost_its_port_is_started_on_another(tmp_path: Path) -> None:
    once = f"import os; p = 'once'; e = os.path.exists(p); open(p, 'w').close(); e or exit('in use')\n{SERVE}"
    with serving(run_context(tmp_path), server(tmp_path, once)) as port:
        assert port > 0


def test_a_server_that_always_ends_is_told_with_its_last_words(tmp_path: Path) -> None:
    context = run_context(tmp_path)
    with pytest.raises(EndedEarlyError, match="the test server ended with status 1: no such database"):
        serving(context, server(tmp_path, "exit('no such database')")).__enter__()
    assert context.journal.open_entries() == []


def test_a_server_that_never_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_START_TIMEOUT_S", 0.2)
    with pytest.raises(PlainError, match="the test server did not serve within 0 s: it said nothing"):
        serving(run_context(tmp_path), server(tmp_path, "import time; time.sleep(60)")).__enter__()


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    absent = Server("the test server", lambda _port: [tmp_path / "absent"], tmp_path, answers("/"))
    with pytest.raises(PlainError, match="the test server can't be started"):
        serving(run_context(tmp_path), absent).__enter__()
