"""What `helm test` runs, against a small application: it passes or names the step, and removes its account."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.tools.command import CommandResult, CommandRunner
from tests.chart.conftest import FOLDER
from tests.unit.todo_server import todo_server

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = "def load_database_address(environ):\n    return environ['DATABASE_URL']\n"
MIGRATE = """\
import contextlib, pathlib, types

@contextlib.contextmanager
def connect(address, *, patience_s):
    if address == "away":
        raise OSError("database not reachable")
    yield types.SimpleNamespace(execute=execute)

def execute(statement, values):
    pathlib.Path("removed").write_text(f"{statement} {values[0]}")
    return types.SimpleNamespace(rowcount=1)
"""
"""Stands in for the part of the backend that reaches the database."""


def _run(folder: Path, url: str, *, database: str = "there") -> CommandResult:
    package = folder / "app"
    package.mkdir()
    for name, text in (("__init__", ""), ("config", CONFIG), ("migrate", MIGRATE)):
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    script = (FOLDER / "files" / "user-flow.py").read_text(encoding="utf-8")
    environment = {**os.environ, "FRONTEND_URL": url, "DATABASE_URL": database, "PYTHONPATH": "", "NO_PROXY": "*"}
    return CommandRunner(environment).run([sys.executable, "-c", script], cwd=folder, timeout_s=60, check=False)


def _removed(folder: Path) -> str:
    return (folder / "removed").read_text(encoding="utf-8")


def test_every_step_works(tmp_path: Path) -> None:
    with todo_server() as server:
        result = _run(tmp_path, server.url)
        (account,) = server.users
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "sign up: done",
        "log in: done",
        "make a task: done",
        "list the tasks: done",
        "remove the account: 1 removed",
    ]
    assert _removed(tmp_path).split() == ["DELETE", "FROM", "users", "WHERE", "email", "=", "%s", account]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("list", "helm test failed: list the tasks: the new task is not the one that is listed"),
        ("log-in", "helm test failed: log in: POST /api/auth/login answered 401"),
    ],
)
def test_a_broken_step_is_named_and_the_account_removed(tmp_path: Path, fault: str, sentence: str) -> None:
    with todo_server(fault) as server:
        result = _run(tmp_path, server.url)
    assert result.exit_code == 1
    assert result.stderr.startswith(sentence)
    assert "DELETE FROM users" in _removed(tmp_path)


def test_a_frontend_that_is_not_there(tmp_path: Path) -> None:
    result = _run(tmp_path, "http://127.0.0.1:1")
    assert result.exit_code == 1
    assert result.stderr.startswith("helm test failed: sign up: POST /api/auth/signup was not answered")
    assert len(result.stderr.splitlines()) == 1


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    with todo_server() as server:
        result = _run(tmp_path, server.url, database="away")
    assert (result.exit_code, result.stderr.strip()) == (1, "helm test failed: database not reachable")
