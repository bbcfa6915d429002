"""Reads tasks' rows from PostgreSQL itself, past the application."""

from __future__ import annotations

import importlib.util
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_todo_k8s.tools.redaction import Redactor, Secret

REMEDY: Final = "psycopg is not installed: run `pip install pytest-todo-k8s[acceptance]`"
_CONNECT_TIMEOUT_S: Final = 10
_DRIVER: Final = re.compile(r"^(postgres(?:ql)?)\+\w+://")
"""The application takes URLs with the driver's name, as other libraries write them; libpq does not."""
_SHOWN: Final = 300
"""Characters of what there is."""
_SHOWN_ROWS: Final = 3
_QUERY: Final = (
    "SELECT tasks.title, tasks.id, tasks.completed, users.email FROM tasks JOIN users ON users.id = tasks.user_id "
    "WHERE tasks.title = ANY(%s) ORDER BY tasks.title"
)


class RowsUnreadableError(Exception):
    """PostgreSQL could not be asked; the text says why and what to do."""


def find_tasks(database_url: Secret, wanted: Mapping[str, bool], email: str, redactor: Redactor) -> tuple[bool, str]:
    """Look for the rows of tasks of one owner.

    Args:
        database_url: PostgreSQL as this machine reaches it.
        wanted: Titles that only this run uses, and whether the task is completed.
        email: Owner of the tasks.
        redactor: Cleans what the driver says.

    Returns:
        Whether there are exactly those rows, and what there is.

    Raises:
        RowsUnreadableError: The database could not be asked.
    """
    rows = _read(database_url, _QUERY, [list(wanted)], redactor)
    described = [f"task {number} {title!r}, completed {done}, owner {owner}" for title, number, done, owner in rows]
    detail = "; ".join(described) or f"no row in tasks has a title of {', '.join(map(repr, wanted))}"
    found = sorted((title, done, owner) for title, _, done, owner in rows)
    return found == sorted((title, done, email) for title, done in wanted.items()), detail


def find_marked(database_url: Secret, query: str, mark: str, redactor: Redactor) -> tuple[bool, str]:
    """Look for rows by a query of the application's settings.

    Args:
        database_url: PostgreSQL as this machine reaches it.
        query: With `%s` in the place of the mark.
        mark: A text of this run alone.
        redactor: Cleans what the driver says.

    Returns:
        Whether there is a row at least, and what there is.

    Raises:
        RowsUnreadableError: The database could not be asked.
    """
    rows = _read(database_url, query, [mark], redactor)
    shown = redactor.clean("; ".join(str(row) for row in rows[:_SHOWN_ROWS]))
    return bool(rows), f"{len(rows)} rows: {shown}"[:_SHOWN] if rows else f"no row was found for {mark!r}"


def _read(database_url: Secret, query: str, parameters: Sequence[object], redactor: Redactor) -> list[tuple[Any, ...]]:
    if importlib.util.find_spec("psycopg") is None:
        raise RowsUnreadableError(REMEDY)
    import psycopg  # noqa: PLC0415  an optional dependency

    url = _DRIVER.sub(r"\1://", database_url.reveal())
    try:
        # A pooler in transaction mode keeps no prepared statements and no settings outside a transaction.
        connection = psycopg.connect(url, connect_timeout=_CONNECT_TIMEOUT_S, prepare_threshold=None)
        with connection, connection.transaction():
            connection.execute("SET LOCAL statement_timeout = '10s'")
            return connection.execute(query.encode(), parameters).fetchall()
    except psycopg.Error as error:
        raise RowsUnreadableError(
            f"PostgreSQL can't be asked: {redactor.clean(' '.join(str(error).split()))}"
        ) from None
