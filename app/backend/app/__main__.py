"""Runs the web process: ``python -m app``."""

from __future__ import annotations

import logging
import os
import sys
from types import FrameType

import uvicorn

from app import __version__
from app.api import create_app
from app.config import ConfigurationError, load_settings
from app.logs import configure_logging, log
from app.operations import Lifecycle

logger = logging.getLogger(__name__)

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


def main() -> None:
    """Serve until SIGTERM or SIGINT. Exits with 1 and one line on standard error for an unusable configuration."""
    try:
        settings = load_settings(os.environ)
    except ConfigurationError as problem:
        sys.exit(f"backend: {problem}")
    configure_logging(settings.log_level)
    app = create_app(settings)
    log(
        logger,
        logging.INFO,
        "starting",
        version=__version__,
        port=settings.port,
        database_host=settings.database.host,
        database=settings.database.name,
    )
    config = uvicorn.Config(
        app,
        # All addresses of the pod: probes and other pods come from outside it.
        host="0.0.0.0",  # noqa: S104
        port=settings.port,
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    Server(config, app.state.lifecycle).run()


if __name__ == "__main__":
    main()
