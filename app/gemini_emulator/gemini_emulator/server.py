"""The HTTP server around the application: as a process, and inside a test's process."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from gemini_emulator.api import create_app
from gemini_emulator.config import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from starlette.applications import Starlette

    from gemini_emulator.request_log import RequestLog

GRACE_S = 5
"""Time for requests in flight after SIGTERM; answers take milliseconds, and slow ones end when the server stops."""

START_TIMEOUT_S = 30.0


class Server(uvicorn.Server):
    """A server for which a signal to end is a normal end."""

    def __init__(self, config: uvicorn.Config, stopping: threading.Event) -> None:
        """``stopping`` is set when the end begins."""
        super().__init__(config)
        self._stopping = stopping

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin the shutdown; a second SIGINT ends it at once."""
        self._stopping.set()
        super().handle_exit(sig, frame)
        # The base class raises what it captured again at the end, and the process would not exit with 0.
        self._captured_signals.clear()

    def stop(self) -> None:
        """Begin the shutdown from another thread."""
        self._stopping.set()
        self.should_exit = True


@dataclass(frozen=True)
class Emulator:
    """An emulator that serves on ``url``; ``requests`` is what reached it."""

    url: str
    requests: RequestLog


def build_server(app: Starlette, port: int) -> Server:
    """Return the server of an application, on all addresses of the pod: probes and other pods come from outside it."""
    config = uvicorn.Config(
        app,
        host="0.0.0.0",  # noqa: S104  # see above
        port=port,
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    return Server(config, app.state.stopping)


@contextmanager
def running_emulator(settings: Settings | None = None) -> Iterator[Emulator]:
    """Run an emulator in a thread of this process, on a loopback port that the system chooses.

    Raises TimeoutError if it does not start or end in time, RuntimeError if it ends while it starts.
    """
    app = create_app(settings or Settings())
    server = build_server(app, port=0)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        # asyncio does this for listeners of its own; without it, an answer's body waits 40 ms for its head's receipt.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="gemini-emulator")
        thread.start()
        try:
            _wait_started(server, thread)
            yield Emulator(f"http://127.0.0.1:{listener.getsockname()[1]}", app.state.request_log)
        finally:
            server.stop()
            thread.join(START_TIMEOUT_S)
        if thread.is_alive():
            raise TimeoutError(f"the emulator did not end within {START_TIMEOUT_S:g} s")


def _wait_started(server: Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the emulator ended while it started")
        if time.monotonic() > deadline:
            raise TimeoutError(f"the emulator did not start within {START_TIMEOUT_S:g} s")
        time.sleep(0.01)
