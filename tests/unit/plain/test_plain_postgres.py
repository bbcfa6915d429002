"""A real PostgreSQL of the plain application, and reading a task's row from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from pytest_todo_k8s.flows.rows import RowsUnreadableError, find_marked, find_tasks
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

        def look(email: str = "ann@example.org", **wanted: bool) -> tuple[bool, str]:
            with_driver = Secret(url.reveal().replace("postgresql:", "postgresql+asyncpg:"))
            return find_tasks(with_driver, wanted, email, Redactor())

        kept = "task 7 'kept', completed True, owner ann@example.org"
        assert look(kept=True) == (True, kept)
        assert look(kept=True, open=False) == (True, f"{kept}; task 10 'open', completed False, owner ann@example.org")
        assert look("bob@example.org", kept=True) == (False, kept)
        assert look(open=True)[0] is False
        assert look(kept=True, absent=True) == (False, kept)
        assert look(absent=True) == (False, "no row in tasks has a title of 'absent'")
        assert look(twice=True)[0] is False
        query, clean = "SELECT id, title FROM tasks WHERE title LIKE '%%' || %s", Redactor()
        assert find_marked(url, query, "wice", clean) == (True, "2 rows: (8, 'twice'); (9, 'twice')")
        assert find_marked(url, query, "mark-1", clean) == (False, "no row was found for 'mark-1'")
        with pytest.raises(RowsUnreadableError, match=r"PostgreSQL can't be asked: .*notes"):
            find_marked(url, "SELECT 1 FROM notes WHERE text = %s", "mark-1", clean)
        wrong = Secret(url.reveal().replace("todo:", "nobody:", 1))
        with pytest.raises(RowsUnreadableError, match="PostgreSQL can't be asked"):
            find_tasks(wrong, {"kept": True}, "ann@example.org", Redactor())
    assert context.journal.open_entries() == []
    assert sorted(path.name for path in context.state_dir.iterdir()) == ["journal.jsonl"]


def test_without_the_driver_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(RowsUnreadableError, match=r"pip install pytest-todo-k8s\[acceptance\]"):
        find_tasks(Secret("postgresql://x"), {"kept": True}, "ann@example.org", Redactor())
