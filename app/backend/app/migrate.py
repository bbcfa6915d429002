"""Brings the schema up to date: ``python -m app.migrate``. Needs ``DATABASE_URL`` and nothing else.

Running it twice, or twice at once, is safe: each migration is one transaction that first takes the same advisory lock.
The lock belongs to the transaction, because a session lock breaks behind a pooler in transaction mode.
"""

from __future__ import annotations

import logging
import os
import sys
import time

import psycopg

from app.config import ConfigurationError, load_database_address, load_log_level
from app.database import reason
from app.dsn import DatabaseAddress
from app.logs import configure_logging, log
from app.migrations import Migration, known_migrations, newest_version

logger = logging.getLogger(__name__)

CONNECT_PATIENCE_S = 60.0
"""How long a database that does not answer yet is tried again; the migration Job ends itself after 90 s."""

RETRY_DELAY_S = 1.0

LOCK_KEY = 7_236_514_920_117
"""Key of the advisory lock: any number, but the same in all versions."""

HISTORY_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer PRIMARY KEY,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


class MigrationError(Exception):
    """The schema could not be brought up to date; one sentence for the operator."""


def main() -> None:
    """Apply what is missing. Exits with 1 and one line on standard error when that is not possible."""
    try:
        configure_logging(load_log_level(os.environ))
        address = load_database_address(os.environ)
        with connect(address) as connection:
            applied = [migration.version for migration in known_migrations() if apply(connection, migration)]
    except (ConfigurationError, MigrationError) as problem:
        sys.exit(f"migrate: {problem}")
    except psycopg.Error as problem:
        sys.exit(f"migrate: the database refused a statement (SQLSTATE {problem.sqlstate}): {reason(problem)}.")
    log(logger, logging.INFO, "schema is up to date", applied=applied, version=newest_version())


def connect(address: DatabaseAddress, *, patience_s: float = CONNECT_PATIENCE_S) -> psycopg.Connection:
    """Connect, trying again for ``patience_s`` seconds. Raises MigrationError when the time is over."""
    deadline = time.monotonic() + patience_s
    told = ""
    while True:
        try:
            return psycopg.connect(address.conninfo, autocommit=True, prepare_threshold=None)
        except psycopg.OperationalError as problem:
            cause = reason(problem)
        if time.monotonic() + RETRY_DELAY_S >= deadline:
            raise MigrationError(
                f"database {address.name} on {address.host} not reachable for {patience_s:.0f} s: {cause}."
            )
        if cause != told:
            log(logger, logging.INFO, "waiting for the database", host=address.host, reason=cause)
            told = cause
        time.sleep(RETRY_DELAY_S)


def apply(connection: psycopg.Connection, migration: Migration) -> bool:
    """Apply one migration unless it is there already; return whether it was applied.

    Raises MigrationError when the applied one had another text.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
        connection.execute(HISTORY_TABLE)
        found = connection.execute(
            "SELECT checksum FROM schema_migrations WHERE version = %s", [migration.version]
        ).fetchone()
        if found is not None:
            if found[0] != migration.checksum:
                raise MigrationError(f"migration {migration.version:04} was changed after it had been applied.")
            return False
        connection.execute(migration.sql.encode())
        connection.execute(
            "INSERT INTO schema_migrations (version, checksum) VALUES (%s, %s)", [migration.version, migration.checksum]
        )
    log(logger, logging.INFO, "migration applied", version=migration.version, subject=migration.subject)
    return True


if __name__ == "__main__":
    main()
