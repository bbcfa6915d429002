"""Routes for the operation of the service: probes, metrics and the index."""

from __future__ import annotations

import asyncio
import time

import psycopg
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from app import __version__
from app.access import Shared
from app.database import Connection, Database
from app.metrics import CONTENT_TYPE
from app.migrations import newest_version

router = APIRouter(tags=["operations"])

READY_TIMEOUT_S = 1.5
"""Time for all checks of ``/ready``, which has to answer within two seconds."""


class Lifecycle:
    """Age of the process, and whether it is about to end."""

    def __init__(self) -> None:
        """Start the clock."""
        self.started = time.monotonic()
        self.stopping = False

    def stop(self) -> None:
        """Note that the process has been asked to end: no new traffic from now on."""
        self.stopping = True


class Health(BaseModel):
    """The process is alive."""

    status: str
    version: str
    uptime_s: float


class DatabaseCheck(BaseModel):
    """Whether the database answers, and in which time (milliseconds)."""

    ok: bool
    latency_ms: float | None


class MigrationsCheck(BaseModel):
    """Whether the newest migration this process knows is applied, and the newest that is."""

    ok: bool
    version: int | None


class Checks(BaseModel):
    """The parts of readiness."""

    database: DatabaseCheck
    migrations: MigrationsCheck


class Readiness(BaseModel):
    """Whether the process can serve users: ready, not_ready or stopping."""

    status: str
    checks: Checks


UNREACHABLE = Checks(
    database=DatabaseCheck(ok=False, latency_ms=None), migrations=MigrationsCheck(ok=False, version=None)
)


class Index(BaseModel):
    """What this service is."""

    message: str
    version: str
    docs: str | None


@router.get("/health")
async def health(request: Request) -> Health:
    """Say that the process is alive. Looks at nothing outside it."""
    lifecycle: Lifecycle = request.app.state.lifecycle
    return Health(status="healthy", version=__version__, uptime_s=round(time.monotonic() - lifecycle.started, 3))


@router.get("/ready", responses={503: {"model": Readiness, "description": "NOT_READY"}})
async def ready(request: Request, response: Response, shared: Shared) -> Readiness:
    """Say whether the process can serve users: database, schema, and not about to end."""
    lifecycle: Lifecycle = request.app.state.lifecycle
    checks = await check(shared.database)
    status = "stopping" if lifecycle.stopping else "ready" if checks.migrations.ok else "not_ready"
    response.status_code = 200 if status == "ready" else 503
    return Readiness(status=status, checks=checks)


@router.get("/metrics", response_class=PlainTextResponse)
async def exposition(shared: Shared) -> PlainTextResponse:
    """Return the counters in the Prometheus text format."""
    return PlainTextResponse(shared.metrics.exposition(shared.database.pool_counts()), media_type=CONTENT_TYPE)


@router.get("/")
async def index(shared: Shared) -> Index:
    """Say what this service is."""
    return Index(message="Todo backend", version=__version__, docs="/docs" if shared.settings.enable_docs else None)


async def check(database: Database) -> Checks:
    """Ask the database for its schema version, within the time of a probe."""
    started = time.monotonic()
    try:
        async with asyncio.timeout(READY_TIMEOUT_S), database.connection() as connection:
            version = await _schema_version(connection)
    except (psycopg.Error, TimeoutError):
        return UNREACHABLE
    return Checks(
        database=DatabaseCheck(ok=True, latency_ms=round((time.monotonic() - started) * 1000, 1)),
        migrations=MigrationsCheck(ok=version is not None and version >= newest_version(), version=version),
    )


async def _schema_version(connection: Connection) -> int | None:
    """Return the newest applied migration, or None before the first one.

    The table is looked for before it is read: asking for one that is not there yet would put an ERROR into the
    database's log at every normal first start.
    """
    cursor = await connection.execute("SELECT to_regclass('schema_migrations') IS NOT NULL AS there")
    [row] = await cursor.fetchall()
    if not row["there"]:
        return None
    cursor = await connection.execute("SELECT max(version) AS version FROM schema_migrations")
    [row] = await cursor.fetchall()
    version: int | None = row["version"]
    return version
