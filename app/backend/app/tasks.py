"""Tasks in the database. Every function works on the tasks of one user only."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg.sql import SQL, Composed, Identifier
from pydantic import BaseModel

from app.database import Connection
from app.text import Moment

TASKS_PER_USER = 500

COLUMNS = SQL("id, user_id, title, description, completed, due_date, created_at, updated_at")


class Task(BaseModel):
    """A task as the API shows it."""

    id: UUID
    user_id: UUID
    title: str
    description: str | None
    completed: bool
    due_date: Moment | None
    created_at: Moment
    updated_at: Moment


class Status(StrEnum):
    """Which tasks a list shows."""

    ALL = "all"
    PENDING = "pending"
    COMPLETED = "completed"


class Sort(StrEnum):
    """What a list is sorted by."""

    CREATED_AT = "created_at"
    DUE_DATE = "due_date"
    TITLE = "title"


class Order(StrEnum):
    """Direction of a list."""

    ASC = "asc"
    DESC = "desc"


SORT_KEYS = {
    Sort.CREATED_AT: SQL("created_at"),
    Sort.DUE_DATE: SQL("due_date"),
    # The same order in every database, whatever its collation is.
    Sort.TITLE: SQL('lower(title) COLLATE "C"'),
}

DIRECTIONS = {Order.ASC: SQL("ASC"), Order.DESC: SQL("DESC")}

LOCK_USER = "SELECT 1 FROM users WHERE id = %s FOR NO KEY UPDATE"

COUNT = "SELECT count(*) AS total FROM tasks WHERE user_id = %s"

INSERT = SQL(
    "INSERT INTO tasks (user_id, title, description, completed, due_date) "
    "VALUES (%(user_id)s, %(title)s, %(description)s, %(completed)s, %(due_date)s) RETURNING {}"
).format(COLUMNS)

GET = SQL("SELECT {} FROM tasks WHERE id = %s AND user_id = %s").format(COLUMNS)

TOGGLE = SQL(
    "UPDATE tasks SET completed = NOT completed, updated_at = now() WHERE id = %s AND user_id = %s RETURNING {}"
).format(COLUMNS)

DELETE = "DELETE FROM tasks WHERE id = %s AND user_id = %s"


class UnknownUserError(Exception):
    """The user has no account any more."""


class TooManyTasksError(Exception):
    """The user has as many tasks as one user may have."""


class Selection(BaseModel):
    """Which part of a user's tasks a list shows."""

    completed: bool | None = None
    text: str = ""
    sort: Sort = Sort.CREATED_AT
    order: Order = Order.DESC
    limit: int = 50
    offset: int = 0


async def create(connection: Connection, user_id: UUID, values: dict[str, Any]) -> Task:
    """Store a new task. ``values`` holds title, description, completed and due_date. Needs a transaction.

    Raises UnknownUserError or TooManyTasksError.
    """
    # The lock on the account lets parallel requests of one user count one after the other.
    if await (await connection.execute(LOCK_USER, [user_id])).fetchone() is None:
        raise UnknownUserError
    [count] = await (await connection.execute(COUNT, [user_id])).fetchall()
    if count["total"] >= TASKS_PER_USER:
        raise TooManyTasksError
    [row] = await (await connection.execute(INSERT, {"user_id": user_id} | values)).fetchall()
    return Task(**row)


async def get(connection: Connection, user_id: UUID, task_id: UUID) -> Task | None:
    """Return one task, or None."""
    row = await (await connection.execute(GET, [task_id, user_id])).fetchone()
    return Task(**row) if row else None


async def select(connection: Connection, user_id: UUID, selection: Selection) -> tuple[list[Task], int]:
    """Return one page of tasks and the number of all that match."""
    condition, values = _condition(user_id, selection)
    # Among equals the age decides; the id alone would be chance.
    query = SQL(
        "SELECT {} FROM tasks WHERE {} ORDER BY {} {direction} NULLS LAST, created_at {direction}, id {direction} "
        "LIMIT %s OFFSET %s"
    ).format(COLUMNS, condition, SORT_KEYS[selection.sort], direction=DIRECTIONS[selection.order])
    page = await connection.execute(query, [*values, selection.limit, selection.offset])
    found = [Task(**row) for row in await page.fetchall()]
    counted = await connection.execute(SQL("SELECT count(*) AS total FROM tasks WHERE {}").format(condition), values)
    [count] = await counted.fetchall()
    return found, count["total"]


async def update(connection: Connection, user_id: UUID, task_id: UUID, changes: dict[str, Any]) -> Task | None:
    """Change the given columns of a task and return it, or None when there is no such task."""
    if not changes:
        return await get(connection, user_id, task_id)
    assignments = SQL(", ").join(SQL("{} = %s").format(Identifier(column)) for column in changes)
    query = SQL("UPDATE tasks SET {}, updated_at = now() WHERE id = %s AND user_id = %s RETURNING {}").format(
        assignments, COLUMNS
    )
    row = await (await connection.execute(query, [*changes.values(), task_id, user_id])).fetchone()
    return Task(**row) if row else None


async def toggle(connection: Connection, user_id: UUID, task_id: UUID) -> Task | None:
    """Turn a pending task into a completed one or back, and return it, or None when there is no such task."""
    row = await (await connection.execute(TOGGLE, [task_id, user_id])).fetchone()
    return Task(**row) if row else None


async def delete(connection: Connection, user_id: UUID, task_id: UUID) -> bool:
    """Delete a task; return whether there was one."""
    return (await connection.execute(DELETE, [task_id, user_id])).rowcount == 1


def _condition(user_id: UUID, selection: Selection) -> tuple[Composed, list[object]]:
    parts: list[SQL] = [SQL("user_id = %s")]
    values: list[object] = [user_id]
    if selection.completed is not None:
        parts.append(SQL("completed = %s"))
        values.append(selection.completed)
    if selection.text:
        parts.append(SQL("(strpos(lower(title), lower(%s)) > 0 OR strpos(lower(description), lower(%s)) > 0)"))
        values += [selection.text, selection.text]
    return SQL(" AND ").join(parts), values
