"""Accounts in the database."""

from __future__ import annotations

from uuid import UUID

from psycopg.sql import SQL
from pydantic import BaseModel

from app.database import Connection
from app.text import Moment

COLUMNS = SQL("id, email, name, created_at, updated_at")

INSERT = SQL(
    "INSERT INTO users (email, name, password_hash) VALUES (%s, %s, %s) "
    "ON CONFLICT (lower(email)) DO NOTHING RETURNING {}"
).format(COLUMNS)

BY_ID = SQL("SELECT {} FROM users WHERE id = %s").format(COLUMNS)

BY_EMAIL = SQL("SELECT {}, password_hash FROM users WHERE lower(email) = lower(%s)").format(COLUMNS)


class User(BaseModel):
    """An account as the API shows it."""

    id: UUID
    email: str
    name: str | None
    created_at: Moment
    updated_at: Moment


async def create(connection: Connection, email: str, name: str | None, password_hash: str) -> User | None:
    """Store a new account; return None when the e-mail address is taken."""
    row = await (await connection.execute(INSERT, [email, name, password_hash])).fetchone()
    return User(**row) if row else None


async def by_id(connection: Connection, user_id: UUID) -> User | None:
    """Return the account with this id, or None."""
    row = await (await connection.execute(BY_ID, [user_id])).fetchone()
    return User(**row) if row else None


async def with_hash(connection: Connection, email: str) -> tuple[User, str] | None:
    """Return the account with this e-mail address and its password hash, or None."""
    row = await (await connection.execute(BY_EMAIL, [email])).fetchone()
    return (User(**row), row["password_hash"]) if row else None
