"""Access to PostgreSQL: a pool of connections that answers quickly when the database is away.

The pool of psycopg lets its clients wait out their whole time while it retries in the background. A request cannot wait
that long, so this module ends the wait at the first attempt that does not succeed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self, TypeAlias

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from app.dsn import DatabaseAddress
from app.logs import log

logger = logging.getLogger(__name__)

ACQUIRE_TIMEOUT_S = 8.0
"""Longest wait for a connection: enough for a suspended external database to wake, less than the frontend's ten."""

ACQUIRE_TIMEOUT_AWAY_S = 0.3
"""Longest wait while the database is known to be away: the answer 503 has to come in less than a second."""

RECONNECT_S = 5.0
"""How long the pool goes on by itself after an attempt that did not succeed: after 1, 2 and 2 s. The next request or
readiness probe starts it again, so a database that is back is found within seconds."""

IDLE_S = 240.0
"""Idle connections are closed before the five minutes after which serverless databases suspend."""

Connection: TypeAlias = AsyncConnection[DictRow]


class Reachability:
    """What the last attempt to connect said, and a way to wait for the next one that does not succeed."""

    def __init__(self, address: DatabaseAddress) -> None:
        """Assume that the database is there until an attempt says otherwise."""
        self._address = address
        self._refused = asyncio.Event()
        self.away = False

    def connected(self) -> None:
        """Note an attempt that succeeded."""
        if self.away:
            log(logger, logging.INFO, "database reachable again", **self._place())
        self.away = False
        self._refused.clear()

    def refused(self, problem: psycopg.Error) -> None:
        """Note an attempt that did not succeed; only the change is logged."""
        if not self.away:
            log(logger, logging.WARNING, "database not reachable", **self._place(), reason=reason(problem))
        self.away = True
        # Wake those who wait now; whoever comes later waits for the next attempt.
        self._refused.set()
        self._refused = asyncio.Event()

    async def wait_refused(self) -> None:
        """Return when the next attempt did not succeed."""
        await self._refused.wait()

    def _place(self) -> dict[str, object]:
        return {"host": self._address.host, "database": self._address.name}


class WatchedConnection(AsyncConnection[DictRow]):
    """A connection that tells a Reachability how connecting went."""

    @classmethod
    async def connect(  # type: ignore[override]  # the pool passes its keywords through; the base class has overloads
        cls, conninfo: str = "", *, reachability: Reachability, **options: Any
    ) -> Self:
        """Connect as the base class does and report the outcome."""
        try:
            connection = await super().connect(conninfo, **options)
        except psycopg.Error as problem:
            reachability.refused(problem)
            raise
        reachability.connected()
        return connection


class Database:
    """The connection pool of one process. Safe to make while the database is down."""

    def __init__(self, address: DatabaseAddress, *, pool_min: int, pool_max: int) -> None:
        """Prepare the pool; ``open`` starts it."""
        self._reachability = Reachability(address)
        self._abandoned: set[asyncio.Task[None]] = set()
        self._pool = AsyncConnectionPool(
            address.conninfo,
            connection_class=WatchedConnection,
            kwargs={
                "reachability": self._reachability,
                "row_factory": dict_row,
                # One statement needs no transaction block; larger units ask for one (see transaction).
                "autocommit": True,
                # Server-side prepared statements do not survive a pooler in transaction mode.
                "prepare_threshold": None,
                "application_name": "todo-backend",
            },
            min_size=pool_min,
            max_size=pool_max,
            max_idle=IDLE_S,
            reconnect_timeout=RECONNECT_S,
            open=False,
            name="todo",
        )

    async def open(self) -> None:
        """Start the pool without waiting for a connection."""
        await self._pool.open()

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close(timeout=5.0)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection on which each statement is a transaction of its own.

        Raises psycopg.OperationalError when the database does not answer.
        """
        connection = await self._acquire()
        try:
            yield connection
        finally:
            await self._pool.putconn(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection inside one transaction, committed at the end and rolled back when an error passes."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    def pool_counts(self) -> dict[str, int]:
        """Return the number of connections by state: open, idle, and requests that wait for one."""
        stats = self._pool.get_stats()
        return {"open": stats["pool_size"], "idle": stats["pool_available"], "waiting": stats["requests_waiting"]}

    async def _acquire(self) -> WatchedConnection:
        timeout_s = ACQUIRE_TIMEOUT_AWAY_S if self._reachability.away else ACQUIRE_TIMEOUT_S
        lending = asyncio.create_task(self._lend(timeout_s))
        refused = asyncio.create_task(self._reachability.wait_refused())
        try:
            await asyncio.wait({lending, refused}, return_when=asyncio.FIRST_COMPLETED)
            # After a refusal another connection may still come back from its request: a server can be merely full.
            await asyncio.wait({lending}, timeout=ACQUIRE_TIMEOUT_AWAY_S)
            if lending.done():
                connection = lending.result()
                self._reachability.connected()
                return connection
        finally:
            refused.cancel()
            if not lending.done():
                self._abandon(lending)
        raise psycopg.OperationalError("the database does not answer")

    async def _lend(self, timeout_s: float) -> WatchedConnection:
        deadline = time.monotonic() + timeout_s
        while True:
            connection = await self._pool.getconn(deadline - time.monotonic())
            try:
                await self._pool.check_connection(connection)
            except psycopg.Error:
                # What broke this one has mostly broken its neighbours too. The pool's own option for checks would
                # find them one by one, with a growing pause after each.
                await self._pool.putconn(connection)
                await self._pool.check()
            except BaseException:
                await self._pool.putconn(connection)
                raise
            else:
                return connection

    def _abandon(self, lending: asyncio.Task[WatchedConnection]) -> None:
        # In the background: to cancel a question to a server that has vanished can take seconds.
        task = asyncio.create_task(self._give_back(lending))
        self._abandoned.add(task)
        task.add_done_callback(self._abandoned.discard)

    async def _give_back(self, lending: asyncio.Task[WatchedConnection]) -> None:
        lending.cancel()
        await asyncio.wait({lending})
        if not lending.cancelled() and lending.exception() is None:
            await self._pool.putconn(lending.result())


def reason(problem: psycopg.Error) -> str:
    """Name the cause of a connection problem in plain words; the driver's text may quote the user name."""
    text = str(problem).lower()
    causes = {
        "certificate": "certificate not accepted",
        "channel binding": "channel binding not agreed",
        "no encryption": "TLS demanded",
        "refused": "connection refused",
        "timeout": "no answer in time",
        "timed out": "no answer in time",
        "resolve": "host name not resolved",
        "name or service": "host name not resolved",
        "password": "credentials not accepted",
        "does not exist": "no such database or role",
        "starting up": "server is starting up",
        "shutting down": "server is shutting down",
        "permission denied": "permission denied",
        "no such file": "no server listens there",
        "ssl": "TLS not agreed",
    }
    return next((words for mark, words in causes.items() if mark in text), "connection lost or not made")
