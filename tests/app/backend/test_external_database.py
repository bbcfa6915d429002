"""A database outside the cluster: TLS, passwords bound to the channel, and a start that takes seconds after a pause."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest
from app.dsn import parse_database_url
from app.migrate import apply, connect
from app.migrations import known_migrations, newest_version

from tests.app.backend.postgres_with_tls.server import PASSWORD, running_tls_postgres
from tests.app.backend.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.app.backend.conftest import Backend, SettingsFor, StartBackend
    from tests.app.backend.postgres_with_tls.server import TlsPostgres

COLD_START_S = 4.0

OPTIONS = "sslmode=require&channel_binding=require"
"""What the provider writes into its connection strings."""


@pytest.fixture(scope="module")
def server() -> Iterator[TlsPostgres]:
    with running_tls_postgres() as running:
        yield running


@pytest.fixture
def sleeper(server: TlsPostgres) -> Iterator[Proxy]:
    """The server behind a proxy, asleep."""
    proxy = Proxy(server.port, cold_start_s=COLD_START_S)
    yield proxy
    proxy.end()


def url_of(port: int, options: str = OPTIONS, password: str = PASSWORD) -> str:
    return f"postgres://todo:{quote(password, safe='')}@127.0.0.1:{port}/postgres?{options}"


def migrate(url: str) -> None:
    with connect(parse_database_url(url)) as connection:
        for migration in known_migrations():
            apply(connection, migration)


def wait_idle(backend: Backend, limit_s: float = 10.0) -> None:
    """Wait until no connection is being made: one that is cut before it is there means a database that is away."""
    deadline = time.monotonic() + limit_s
    while (counts := backend.services.database.pool_counts())["open"] != counts["idle"]:
        assert time.monotonic() < deadline, counts
        time.sleep(0.02)


@pytest.fixture
def backend(
    server: TlsPostgres, sleeper: Proxy, settings_for: SettingsFor, start_backend: StartBackend
) -> Iterator[Backend]:
    """A backend whose database sleeps."""
    migrate(url_of(server.port))
    with start_backend(settings_for(url_of(sleeper.port))) as running:
        yield running


def test_connection_is_encrypted_and_bound_to_its_channel(server: TlsPostgres) -> None:
    with connect(parse_database_url(url_of(server.port)), patience_s=0) as connection:
        row = connection.execute("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone()
        assert row == (True, "TLSv1.3")
        assert connection.info.get_parameters()["channel_binding"] == "require"


def test_a_server_that_cannot_bind_the_channel_is_refused(postgres: object) -> None:
    with pytest.raises(psycopg.OperationalError, match="channel binding"):
        psycopg.connect(f"host={postgres} user=postgres dbname=postgres channel_binding=require")


@pytest.mark.parametrize(
    ("options", "password", "words"),
    [
        ("sslmode=disable", PASSWORD, "TLS demanded"),
        (OPTIONS, "another one", "credentials not accepted"),
        ("sslmode=verify-full&sslrootcert=/nowhere", PASSWORD, "certificate not accepted"),
    ],
)
def test_refusals_are_told_in_own_words(
    *,
    server: TlsPostgres,
    settings_for: SettingsFor,
    start_backend: StartBackend,
    caplog: pytest.LogCaptureFixture,
    options: str,
    password: str,
    words: str,
) -> None:
    settings = settings_for(url_of(server.port, options, password))
    with caplog.at_level(logging.WARNING), start_backend(settings) as backend:
        client = backend.client()
        assert client.get("/ready").status_code == 503
        assert client.get("/health").status_code == 200
    [record] = [record for record in caplog.records if record.getMessage() == "database not reachable"]
    assert record.__dict__["fields"]["reason"] == words
    assert PASSWORD not in str(record.__dict__)


def test_migrations_wait_for_a_cold_start(sleeper: Proxy) -> None:
    started = time.monotonic()
    migrate(url_of(sleeper.port))
    assert time.monotonic() - started >= COLD_START_S
    with psycopg.connect(url_of(sleeper.port)) as connection:
        assert connection.execute("SELECT max(version) FROM schema_migrations").fetchone() == (newest_version(),)


def test_requests_wait_for_a_cold_start_and_the_probes_do_not(backend: Backend) -> None:
    started = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        users = [pool.submit(backend.user) for _ in range(4)]
        ready = pool.submit(backend.client().get, "/ready")
        health = pool.submit(backend.client().get, "/health")
        assert health.result().status_code == 200
        assert ready.result().status_code == 503
        assert time.monotonic() - started < COLD_START_S
        for user in users:
            assert user.result().task()["title"] == "buy milk"
    assert time.monotonic() - started >= COLD_START_S
    assert backend.client().get("/ready").status_code == 200


def test_a_database_that_falls_asleep_again_is_woken_by_the_next_request(backend: Backend, sleeper: Proxy) -> None:
    user = backend.user()
    task = user.task()
    for _ in range(2):
        wait_idle(backend)
        sleeper.sleep()
        started = time.monotonic()
        assert user.client.get("/api/tasks").json()["tasks"] == [task]
        assert time.monotonic() - started >= COLD_START_S
        assert user.client.get("/api/tasks").json()["tasks"] == [task]
