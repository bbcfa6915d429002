"""A real PostgreSQL of the plain application, and reading a task's row from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from pytest_todo_k8s.flows.rows import RowsUnreadableError, find_task
from pytest_todo_k8s.plain.postgres import postgres
from pytest_todo_k8s.tools.redaction import Redactor, Secret
from tests.unit.running import run_context

if TYPE_CHECKING:
    from pathlib import Path

TABLES = """
CREATE TABLE users (id int, email text);
CREATE TABLE tasks (id int, user_id int, title text, completed bool);
INSERT INTO users VALUES (1, 'ann@example.org');
INSERT INTO tasks VALUES (7, 1, 'kept', true), (8, 1, 'twice', true), (9, 1, 'twice', true), (10, 1, 'open', false)
"""


def test_rows_are_read_back_and_nothing_is_left(tmp_path: Path) -> None:
    context = run_context(tmp_path)
    with postgres(context) as url:
        with psycopg.connect(url.reveal()) as connection:
            connection.execute(TABLES)

        def look(title: str, email: str = "ann@example.org") -> tuple[bool, str]:
            return find_task(
                Secret(url.reveal().replace("postgresql:", "postgresql+asyncpg:")), title, email, Redactor()
            )

        assert look("kept") == (True, "task 7, completed True, owner ann@example.org")
        assert look("kept", "bob@example.org")[0] is False
        assert look("open")[0] is False
        assert look("absent") == (False, "0 rows in tasks have the title 'absent'")
        assert look("twice") == (False, "2 rows in tasks have the title 'twice'")
        wrong = Secret(url.reveal().replace("todo:", "nobody:", 1))
        with pytest.raises(RowsUnreadableError, match="PostgreSQL can't be asked"):
            find_task(wrong, "kept", "ann@example.org", Redactor())
    assert context.journal.open_entries() == []
    assert sorted(path.name for path in context.state_dir.iterdir()) == ["journal.jsonl"]


def test_without_the_driver_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(RowsUnreadableError, match=r"pip install pytest-todo-k8s\[acceptance\]"):
        find_task(Secret("postgresql://x"), "kept", "ann@example.org", Redactor())
