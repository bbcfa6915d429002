"""Runs the web process: ``python -m app``."""

from __future__ import annotations

import logging
import os
import sys

from app import __version__
from app.api import create_app
from app.config import ConfigurationError, load_settings
from app.logs import configure_logging, log
from app.server import build_server

logger = logging.getLogger(__name__)


def main() -> None:
    """Serve until SIGTERM or SIGINT. Exits with 1 and one line on standard error for an unusable configuration."""
    try:
        settings = load_settings(os.environ)
    except ConfigurationError as problem:
        sys.exit(f"backend: {problem}")
    configure_logging(settings.log_level)
    place = {"database_host": settings.database.host, "database": settings.database.name}
    log(logger, logging.INFO, "starting", version=__version__, port=settings.port, **place)
    build_server(create_app(settings), settings.port).run()


if __name__ == "__main__":
    main()
