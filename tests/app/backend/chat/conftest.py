"""A model that says what a test tells it to, and backends with models of several kinds."""

from __future__ import annotations

import json
import threading
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from tests.app.backend.conftest import MODEL_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.app.backend.conftest import Backend, SettingsFor, StartBackend, User


@dataclass(frozen=True)
class Scripted:
    """One reply of the model: a body as bytes or as JSON, and what happens before it is sent."""

    body: bytes | dict[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None

    @property
    def content(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def says(*parts: dict[str, Any] | str, finish: str = "STOP", before: Callable[[], None] = lambda: None) -> Scripted:
    """A reply whose parts are texts or whole parts."""
    whole = [{"text": part} if isinstance(part, str) else part for part in parts]
    candidate = {"content": {"role": "model", "parts": whole}, "finishReason": finish}
    return Scripted({"candidates": [candidate]}, before=before)


def calls(name: str, number: str = "fc-1", **args: Any) -> dict[str, Any]:
    """The part of a reply that calls a function."""
    return {"functionCall": {"id": number, "name": name, "args": args}, "thoughtSignature": f"c2lnbg{number}=="}


@dataclass
class Model:
    """A server in the place of the model API. Replies are given in turn; the last one is repeated."""

    url: str = ""
    replies: deque[Scripted] = field(default_factory=deque)
    requests: list[dict[str, Any]] = field(default_factory=list)

    def will(self, *replies: Scripted) -> None:
        self.replies = deque(replies)
        self.requests.clear()

    def answer(self, body: bytes, path: str, headers: dict[str, str]) -> Scripted:
        self.requests.append({"path": path, "headers": headers, "body": json.loads(body)})
        reply = self.replies[0] if len(self.replies) == 1 else self.replies.popleft()
        reply.before()
        return reply


class Handler(BaseHTTPRequestHandler):
    """Passes requests to the model of the test."""

    model: ClassVar[Model]
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.model.answer(body, self.path, headers)
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.content)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # name in the base class
        """Write nothing."""


@contextmanager
def serving_model() -> Iterator[Model]:
    model = Model()
    handler = type("HandlerOfModel", (Handler,), {"model": model})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        model.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield model
        finally:
            server.shutdown()
            thread.join(10)


@pytest.fixture(scope="session")
def shared_model() -> Iterator[Model]:
    with serving_model() as model:
        yield model


@pytest.fixture
def model(shared_model: Model) -> Model:
    """The scripted model behind ``scripted``."""
    shared_model.will()
    return shared_model


@pytest.fixture(scope="session")
def scripted(
    shared_model: Model, database_url: str, settings_for: SettingsFor, start_backend: StartBackend
) -> Iterator[Backend]:
    """A backend with a scripted model, on the same database as ``backend``, and with three rounds and 4 s a turn."""
    variables = {"GEMINI_BASE_URL": f"{shared_model.url}/prefix", "CHAT_MAX_ROUNDS": "3", "CHAT_DEADLINE_S": "4"}
    with start_backend(settings_for(database_url, GEMINI_API_KEY=MODEL_KEY, **variables)) as running:
        yield running


@pytest.fixture
def scripted_user(scripted: Backend) -> User:
    """An account that no other test knows, on the backend with a scripted model."""
    return scripted.user()
