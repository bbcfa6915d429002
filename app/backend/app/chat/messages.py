"""Messages of conversations in the database, and the record of what tools did.

While a turn runs, its user message is ``pending`` and collects the tool invocations, each stored in the transaction of
its effect. Whatever happens to the process, the record says exactly what was done.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from psycopg.types.json import Jsonb
from pydantic import BaseModel, Field

from app.database import Connection
from app.text import Moment

ADD_USER = """
INSERT INTO messages (conversation_id, role, content, status) VALUES (%s, 'user', %s, 'pending') RETURNING id
"""

ADD_ASSISTANT = """
INSERT INTO messages (conversation_id, role, content, status, tool_invocations, model_content)
VALUES (%s, 'assistant', %s, %s, %s, %s) RETURNING id, created_at
"""

RECORD = """
UPDATE messages SET tool_invocations = coalesce(tool_invocations, '[]') || %s WHERE id = %s
"""

UNFINISHED = """
SELECT id, tool_invocations FROM messages
WHERE conversation_id = %s AND role = 'user' AND status = 'pending' ORDER BY seq
"""

# The record moves to the assistant message of the turn.
SETTLE = "UPDATE messages SET status = %s, tool_invocations = NULL WHERE id = %s"

# A turn whose lease is over was left by a process that ended.
PAGE = """
SELECT m.id, m.role, m.content, m.tool_invocations, m.created_at,
    CASE WHEN m.status = 'pending' AND coalesce(c.lease_until < clock_timestamp(), true) THEN 'failed'
    ELSE m.status END AS status
FROM messages m JOIN conversations c ON c.id = m.conversation_id
WHERE m.conversation_id = %s ORDER BY m.seq LIMIT %s OFFSET %s
"""

COUNT = "SELECT count(*) AS total FROM messages WHERE conversation_id = %s"

NEWEST_OK = """
SELECT role, content, model_content FROM messages
WHERE conversation_id = %s AND status = 'ok' ORDER BY seq DESC LIMIT %s
"""

LAST_LIST = """
SELECT tool_invocations FROM messages
WHERE conversation_id = %s AND status = 'ok'
  AND tool_invocations @> '[{"tool_name": "list_tasks", "result": {"tasks": []}}]'
ORDER BY seq DESC LIMIT 1
"""


class Invocation(BaseModel):
    """One tool call: what the model asked for, what came of it, and when (UTC)."""

    tool_name: str
    parameters: dict[str, Any]
    result: dict[str, Any]
    timestamp: Moment = Field(default_factory=lambda: datetime.now(UTC))

    @property
    def done(self) -> bool:
        """Whether the call had no error."""
        return "error" not in self.result


class Message(BaseModel):
    """A message as the API shows it."""

    id: UUID
    role: Literal["user", "assistant"]
    content: str
    status: Literal["pending", "ok", "failed"]
    tool_invocations: list[Invocation] | None
    created_at: Moment


class Stored(BaseModel):
    """What the history needs to know of a message."""

    role: Literal["user", "assistant"]
    content: str
    model_content: dict[str, Any] | None


async def add_user(connection: Connection, conversation_id: UUID, content: str) -> UUID:
    """Store what the user says as pending and return the id of the message."""
    [row] = await (await connection.execute(ADD_USER, [conversation_id, content])).fetchall()
    added: UUID = row["id"]
    return added


async def add_assistant(
    connection: Connection,
    conversation_id: UUID,
    content: str,
    invocations: Sequence[Invocation],
    *,
    status: Literal["ok", "failed"],
    model_content: dict[str, Any] | None,
) -> Message:
    """Store what the assistant says and return it."""
    record = [invocation.model_dump(mode="json") for invocation in invocations] or None
    values = [conversation_id, content, status, _json(record), _json(model_content)]
    [row] = await (await connection.execute(ADD_ASSISTANT, values)).fetchall()
    return Message(role="assistant", content=content, status=status, tool_invocations=list(invocations) or None, **row)


async def record(connection: Connection, message_id: UUID, invocation: Invocation) -> None:
    """Add a tool invocation to the record of a pending user message."""
    await connection.execute(RECORD, [Jsonb([invocation.model_dump(mode="json")]), message_id])


async def unfinished(connection: Connection, conversation_id: UUID) -> list[tuple[UUID, list[Invocation]]]:
    """Return the ids of pending user messages with what their turns have done."""
    rows = await (await connection.execute(UNFINISHED, [conversation_id])).fetchall()
    return [(row["id"], [Invocation(**each) for each in row["tool_invocations"] or []]) for row in rows]


async def settle(connection: Connection, message_id: UUID, status: Literal["ok", "failed"]) -> None:
    """End the pending state of a user message."""
    await connection.execute(SETTLE, [status, message_id])


async def select(connection: Connection, conversation_id: UUID, limit: int, offset: int) -> tuple[list[Message], int]:
    """Return one page of messages, oldest first, and the number of all."""
    rows = await (await connection.execute(PAGE, [conversation_id, limit, offset])).fetchall()
    [count] = await (await connection.execute(COUNT, [conversation_id])).fetchall()
    return [Message(**row) for row in rows], count["total"]


async def newest_ok(connection: Connection, conversation_id: UUID, limit: int) -> list[Stored]:
    """Return the last messages of turns that succeeded, oldest first."""
    rows = await (await connection.execute(NEWEST_OK, [conversation_id, limit])).fetchall()
    return [Stored(**row) for row in reversed(rows)]


async def last_listed(connection: Connection, conversation_id: UUID) -> list[UUID] | None:
    """Return the ids in the last result of list_tasks of a conversation, in order, or None if there is none."""
    row = await (await connection.execute(LAST_LIST, [conversation_id])).fetchone()
    if row is None:
        return None
    results = [each["result"] for each in row["tool_invocations"] if each["tool_name"] == "list_tasks"]
    return [UUID(task["id"]) for task in [result for result in results if "tasks" in result][-1]["tasks"]]


def _json(value: Any) -> Jsonb | None:
    return None if value is None else Jsonb(value)
