"""Database URLs: which forms are accepted and what may be shown of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

SCHEMES = ("postgresql", "postgres", "postgresql+psycopg", "postgresql+asyncpg", "postgres+psycopg", "postgres+asyncpg")
"""Accepted URL schemes; the driver suffix of other libraries is dropped."""

CONNECT_TIMEOUT_S = 8
"""A suspended external database may take seconds to accept its first connection; the frontend gives up after ten."""

UNACKNOWLEDGED_LIMIT_MS = 4000
"""How long the kernel waits for a peer that has vanished without a word before it breaks the connection."""


@dataclass(frozen=True)
class DatabaseAddress:
    """A checked connection string. Only ``host`` and ``name`` may be logged."""

    conninfo: str = field(repr=False)
    host: str
    name: str


def parse_database_url(url: str) -> DatabaseAddress:
    """Turn a ``DATABASE_URL`` into a connection string of libpq.

    Options in the query part (sslmode, channel_binding, ...) are kept as they are, because libpq knows them; defaults
    are added only where the URL is silent. Raises ValueError with a text that shows nothing of the URL.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in SCHEMES:
        raise ValueError("it must start with postgresql:// or postgres://")
    try:
        given = conninfo_to_dict(f"postgresql://{rest}")
    except ProgrammingError:
        raise ValueError("it is not a well-formed PostgreSQL URL (are special characters percent-encoded?)") from None
    host, name = given.get("host"), given.get("dbname")
    if not host or not name:
        raise ValueError("it must name a host and a database")
    options = {"connect_timeout": CONNECT_TIMEOUT_S, "tcp_user_timeout": UNACKNOWLEDGED_LIMIT_MS} | given
    return DatabaseAddress(conninfo=make_conninfo("", **options), host=str(host), name=str(name))
