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

COLUMNS = "id, user_id, title, description, completed, due_date, created_at, updated_at"


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
    Sort.CREATED_AT: "created_at",
    Sort.DUE_DATE: "due_date",
    # The same order in every database, whatever its collation is.
    Sort.TITLE: 'lower(title) COLLATE "C"',
}


class UnknownUser(Exception):
    """The user has no account any more."""


class TooManyTasks(Exception):
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

    Raises UnknownUser or TooManyTasks.
    """
    # The lock on the account lets parallel requests of one user count one after the other.
    owner = await connection.execute("SELECT 1 FROM users WHERE id = %s FOR NO KEY UPDATE", [user_id])
    if await owner.fetchone() is None:
        raise UnknownUser
    count = await connection.execute("SELECT count(*) AS n FROM tasks WHERE user_id = %s", [user_id])
    if (await count.fetchone() or {"n": 0})["n"] >= TASKS_PER_USER:
        raise TooManyTasks
    row = await _one(
        connection,
        "INSERT INTO tasks (user_id, title, description, completed, due_date) "
        f"VALUES (%s, %s, %s, %s, %s) RETURNING {COLUMNS}",
        user_id,
        values["title"],
        values["description"],
        values["completed"],
        values["due_date"],
    )
    assert row is not None
    return Task(**row)


async def get(connection: Connection, user_id: UUID, task_id: UUID) -> Task | None:
    """Return one task, or None."""
    row = await _one(connection, f"SELECT {COLUMNS} FROM tasks WHERE id = %s AND user_id = %s", task_id, user_id)
    return Task(**row) if row else None


async def select(connection: Connection, user_id: UUID, selection: Selection) -> tuple[list[Task], int]:
    """Return one page of tasks and the number of all that match."""
    condition, values = _condition(user_id, selection)
    key, direction = SORT_KEYS[selection.sort], selection.order.value
    page = await connection.execute(
        f"SELECT {COLUMNS} FROM tasks WHERE {condition} "
        f"ORDER BY {key} {direction} NULLS LAST, id {direction} LIMIT %s OFFSET %s".encode(),
        [*values, selection.limit, selection.offset],
    )
    found = [Task(**row) for row in await page.fetchall()]
    total = await _one(connection, f"SELECT count(*) AS n FROM tasks WHERE {condition}", *values)
    return found, total["n"] if total else 0


async def update(connection: Connection, user_id: UUID, task_id: UUID, changes: dict[str, Any]) -> Task | None:
    """Change the given columns of a task and return it, or None when there is no such task."""
    if not changes:
        return await get(connection, user_id, task_id)
    cursor = await connection.execute(_update_query(tuple(changes)), [*changes.values(), task_id, user_id])
    row = await cursor.fetchone()
    return Task(**row) if row else None


async def toggle(connection: Connection, user_id: UUID, task_id: UUID) -> Task | None:
    """Turn a pending task into a completed one or back, and return it, or None when there is no such task."""
    row = await _one(
        connection,
        "UPDATE tasks SET completed = NOT completed, updated_at = now() "
        f"WHERE id = %s AND user_id = %s RETURNING {COLUMNS}",
        task_id,
        user_id,
    )
    return Task(**row) if row else None


async def delete(connection: Connection, user_id: UUID, task_id: UUID) -> bool:
    """Delete a task; return whether there was one."""
    cursor = await connection.execute("DELETE FROM tasks WHERE id = %s AND user_id = %s", [task_id, user_id])
    return cursor.rowcount == 1


def _condition(user_id: UUID, selection: Selection) -> tuple[str, list[object]]:
    parts, values = ["user_id = %s"], [user_id]  # type: tuple[list[str], list[object]]
    if selection.completed is not None:
        parts.append("completed = %s")
        values.append(selection.completed)
    if selection.text:
        parts.append("(strpos(lower(title), lower(%s)) > 0 OR strpos(lower(description), lower(%s)) > 0)")
        values += [selection.text, selection.text]
    return " AND ".join(parts), values


def _update_query(columns: tuple[str, ...]) -> Composed:
    assignments = SQL(", ").join(SQL("{} = %s").format(Identifier(column)) for column in columns)
    return SQL("UPDATE tasks SET {}, updated_at = now() WHERE id = %s AND user_id = %s RETURNING {}").format(
        assignments, SQL(COLUMNS)
    )


async def _one(connection: Connection, query: str, *values: object) -> dict[str, Any] | None:
    return await (await connection.execute(query.encode(), values)).fetchone()
