"""The HTTP server around the application."""

from __future__ import annotations

from types import FrameType

import uvicorn
from fastapi import FastAPI

from app.operations import Lifecycle

GRACE_S = 35
"""Time for requests in flight after SIGTERM: the longest answer takes 30 s, the pod is killed after 45 s."""

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


def build_server(app: FastAPI, port: int) -> Server:
    """Return the server of an application, on all addresses of the pod: probes and other pods come from outside it."""
    return Server(
        uvicorn.Config(
            app,
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
