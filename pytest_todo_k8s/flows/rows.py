"""Reads a task's row from PostgreSQL itself, past the application."""

from __future__ import annotations

import importlib.util
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pytest_todo_k8s.tools.redaction import Redactor, Secret

REMEDY: Final = "psycopg is not installed: run `pip install pytest-todo-k8s[acceptance]`"
_CONNECT_TIMEOUT_S: Final = 10
_DRIVER: Final = re.compile(r"^(postgres(?:ql)?)\+\w+://")
"""The application takes URLs with the driver's name, as other libraries write them; libpq does not."""
_QUERY: Final = (
    "SELECT tasks.id, tasks.completed, users.email FROM tasks JOIN users ON users.id = tasks.user_id "
    "WHERE tasks.title = %s"
)


class RowsUnreadableError(Exception):
    """PostgreSQL could not be asked; the text says why and what to do."""


def find_task(database_url: Secret, title: str, email: str, redactor: Redactor) -> tuple[bool, str]:
    """Look for the row of a completed task with this title and owner.

    Args:
        database_url: PostgreSQL as this machine reaches it.
        title: A title that only this run uses.
        email: Owner of the task.
        redactor: Cleans what the driver says.

    Returns:
        Whether there is exactly that row, and what there is.

    Raises:
        RowsUnreadableError: The database could not be asked.
    """
    if importlib.util.find_spec("psycopg") is None:
        raise RowsUnreadableError(REMEDY)
    import psycopg  # noqa: PLC0415  an optional dependency

    url = _DRIVER.sub(r"\1://", database_url.reveal())
    try:
        # A pooler in transaction mode keeps no prepared statements and no settings outside a transaction.
        connection = psycopg.connect(url, connect_timeout=_CONNECT_TIMEOUT_S, prepare_threshold=None)
        with connection, connection.transaction():
            connection.execute("SET LOCAL statement_timeout = '10s'")
            rows = connection.execute(_QUERY, [title]).fetchall()
    except psycopg.Error as error:
        raise RowsUnreadableError(
            f"PostgreSQL can't be asked: {redactor.clean(' '.join(str(error).split()))}"
        ) from None
    if len(rows) != 1:
        return False, f"{len(rows)} rows in tasks have the title {title!r}"
    task_id, completed, owner = rows[0]
    return (owner, completed) == (email, True), f"task {task_id}, completed {completed}, owner {owner}"
