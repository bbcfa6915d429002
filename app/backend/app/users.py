"""Accounts in the database."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel

from app.database import Connection
from app.text import Moment

COLUMNS = "id, email, name, created_at, updated_at"


class User(BaseModel):
    """An account as the API shows it."""

    id: UUID
    email: str
    name: str | None
    created_at: Moment
    updated_at: Moment


async def create(connection: Connection, email: str, name: str | None, password_hash: str) -> User | None:
    """Store a new account; return None when the e-mail address is taken."""
    row = await _one(
        connection,
        "INSERT INTO users (email, name, password_hash) VALUES (%s, %s, %s) "
        f"ON CONFLICT (lower(email)) DO NOTHING RETURNING {COLUMNS}",
        email,
        name,
        password_hash,
    )
    return User(**row) if row else None


async def by_id(connection: Connection, user_id: UUID) -> User | None:
    """Return the account with this id, or None."""
    row = await _one(connection, f"SELECT {COLUMNS} FROM users WHERE id = %s", user_id)
    return User(**row) if row else None


async def with_hash(connection: Connection, email: str) -> tuple[User, str] | None:
    """Return the account with this e-mail address and its password hash, or None."""
    row = await _one(connection, f"SELECT {COLUMNS}, password_hash FROM users WHERE lower(email) = lower(%s)", email)
    return (User(**row), row["password_hash"]) if row else None


async def _one(connection: Connection, query: str, *values: object) -> dict[str, Any] | None:
    return await (await connection.execute(query.encode(), values)).fetchone()
