"""The HTTP server around the application."""

from __future__ import annotations

import asyncio
import socket
from types import FrameType

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.operations import Lifecycle

DRAIN_S = 4.5
"""Longest time after SIGTERM for which open connections are still served, each answer being its connection's last.

A connection that is closed at once may have a request on its way, which would be lost. Node's clients drop a connection
that was idle for 4 s, so after this time nobody holds one any more.
"""

GRACE_S = 34
"""Time for requests in flight after that: the longest answer takes 30 s, the pod is killed 40 s after SIGTERM."""

KEEP_ALIVE_S = 30
"""Life of an idle connection; longer than the few seconds for which clients keep theirs, so that they close first."""


class Server(uvicorn.Server):
    """A server that turns unready at once when it is asked to end, and for which that is a normal end."""

    def __init__(self, config: uvicorn.Config, lifecycle: Lifecycle) -> None:
        """``lifecycle`` is told when a signal arrives."""
        super().__init__(config)
        self._lifecycle = lifecycle

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin the shutdown; a second SIGINT ends it at once."""
        self._lifecycle.stop()
        super().handle_exit(sig, frame)
        # The base class raises what it captured again at the end, and the process would not exit with 0.
        self._captured_signals.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let clients leave their connections, then close what is left and wait for the requests in flight."""
        loop = asyncio.get_running_loop()
        end = loop.time() + DRAIN_S
        # The server tells nobody when a connection is gone.
        while self.server_state.connections and not self.force_exit and loop.time() < end:  # noqa: ASYNC110  # see above
            await asyncio.sleep(0.05)
        await super().shutdown(sockets)


class LastAnswers:
    """Says in each answer of a process that is about to end that the connection closes."""

    def __init__(self, app: ASGIApp, lifecycle: Lifecycle) -> None:
        """``app`` is the application, ``lifecycle`` knows whether the process ends."""
        self._app = app
        self._lifecycle = lifecycle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on."""

        async def send_last(message: Message) -> None:
            if message["type"] == "http.response.start" and self._lifecycle.stopping:
                message = {**message, "headers": [*message.get("headers", ()), (b"connection", b"close")]}
            await send(message)

        await self._app(scope, receive, send_last)


def build_server(app: FastAPI, port: int) -> Server:
    """Return the server of an application, on all addresses of the pod: probes and other pods come from outside it."""
    return Server(
        uvicorn.Config(
            LastAnswers(app, app.state.lifecycle),
            host="0.0.0.0",  # noqa: S104  # see above
            port=port,
            http="h11",
            loop="asyncio",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            # Whether forwarded addresses count is decided in app.access.
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
        ),
        app.state.lifecycle,
    )
