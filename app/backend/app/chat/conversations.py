"""Conversations in the database, and the lease that lets one turn at a time work on one of them.

The lease is a row's value and not a lock, because a turn waits for the model with no transaction open, and it holds for
all replicas. It ends by itself, so that a killed process blocks nobody for long. Times are those of the database.
"""

from __future__ import annotations

from uuid import UUID, uuid4

from pydantic import BaseModel

from app.database import Connection
from app.text import Moment

TITLE_LENGTH = 80

CREATE = "INSERT INTO conversations (user_id, title) SELECT id, %s FROM users WHERE id = %s RETURNING id"

TAKE = """
UPDATE conversations
SET lease_id = %(lease)s, lease_until = clock_timestamp() + make_interval(secs => %(life_s)s), updated_at = now()
WHERE id = %(id)s AND user_id = %(user)s AND coalesce(lease_until < clock_timestamp(), true)
"""

HOLD = """
SELECT 1 FROM conversations
WHERE id = %s AND lease_id = %s AND lease_until > clock_timestamp() FOR NO KEY UPDATE
"""

DROP = """
UPDATE conversations SET lease_id = NULL, lease_until = NULL, updated_at = now() WHERE id = %s AND lease_id = %s
"""

EXISTS = "SELECT 1 FROM conversations WHERE id = %s AND user_id = %s"

PAGE = """
SELECT id, title, created_at, updated_at,
    (SELECT count(*) FROM messages WHERE conversation_id = conversations.id) AS message_count
FROM conversations WHERE user_id = %s
ORDER BY updated_at DESC, created_at DESC, id DESC LIMIT %s OFFSET %s
"""

COUNT = "SELECT count(*) AS total FROM conversations WHERE user_id = %s"

DELETE = "DELETE FROM conversations WHERE id = %s AND user_id = %s"


class Conversation(BaseModel):
    """A conversation as the API shows it."""

    id: UUID
    title: str | None
    created_at: Moment
    updated_at: Moment
    message_count: int


class LeaseLostError(Exception):
    """The lease has run out or another turn has it, or the conversation was deleted."""


async def create(connection: Connection, user_id: UUID, text: str) -> UUID | None:
    """Make a conversation that begins with ``text`` and return its id, or None when the user has no account."""
    row = await (await connection.execute(CREATE, [title_of(text), user_id])).fetchone()
    return row["id"] if row else None


async def take_lease(connection: Connection, user_id: UUID, conversation_id: UUID, life_s: float) -> UUID | None:
    """Take the lease for ``life_s`` seconds and return its id, or None while another turn has it."""
    lease_id = uuid4()
    values = {"id": conversation_id, "user": user_id, "lease": lease_id, "life_s": life_s}
    return lease_id if (await connection.execute(TAKE, values)).rowcount == 1 else None


async def hold_lease(connection: Connection, conversation_id: UUID, lease_id: UUID) -> None:
    """Keep others from taking the lease until the transaction ends. Raises LeaseLostError when it is not held."""
    if await (await connection.execute(HOLD, [conversation_id, lease_id])).fetchone() is None:
        raise LeaseLostError


async def drop_lease(connection: Connection, conversation_id: UUID, lease_id: UUID) -> None:
    """Give the lease back. Raises LeaseLostError when another turn has it."""
    if (await connection.execute(DROP, [conversation_id, lease_id])).rowcount != 1:
        raise LeaseLostError


async def exists(connection: Connection, user_id: UUID, conversation_id: UUID) -> bool:
    """Whether the user has this conversation."""
    return await (await connection.execute(EXISTS, [conversation_id, user_id])).fetchone() is not None


async def select(connection: Connection, user_id: UUID, limit: int, offset: int) -> tuple[list[Conversation], int]:
    """Return one page of conversations, last used first, and the number of all."""
    rows = await (await connection.execute(PAGE, [user_id, limit, offset])).fetchall()
    [count] = await (await connection.execute(COUNT, [user_id])).fetchall()
    return [Conversation(**row) for row in rows], count["total"]


async def delete(connection: Connection, user_id: UUID, conversation_id: UUID) -> bool:
    """Delete a conversation with its messages; return whether there was one."""
    return (await connection.execute(DELETE, [conversation_id, user_id])).rowcount == 1


def title_of(text: str) -> str:
    """Return the start of a message in one line, as a title."""
    line = " ".join(text.split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"
