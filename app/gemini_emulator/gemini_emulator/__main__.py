"""Runs the emulator: ``python -m gemini_emulator --port 8090``."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from dataclasses import replace

from gemini_emulator import __version__
from gemini_emulator.api import create_app
from gemini_emulator.config import ConfigurationError, Settings, load_settings, parse_port
from gemini_emulator.logs import configure_logging, log
from gemini_emulator.server import build_server

logger = logging.getLogger(__name__)


def main() -> None:
    """Serve until SIGTERM or SIGINT. Exits with 1 and one line on standard error for an unusable configuration."""
    try:
        settings = _settings()
    except ConfigurationError as problem:
        sys.exit(f"gemini-emulator: {problem}")
    configure_logging(settings.log_level)
    log(logger, logging.INFO, "starting", version=__version__, port=settings.port, strict=settings.strict)
    build_server(create_app(settings), settings.port).run()


def _settings() -> Settings:
    parser = argparse.ArgumentParser(prog="gemini_emulator", description="Emulator of the Gemini API.")
    parser.add_argument("--port", help="port to listen on; 0 lets the system choose (default: PORT, else 8090)")
    options = parser.parse_args()
    settings = load_settings(os.environ)
    return settings if options.port is None else replace(settings, port=parse_port(options.port, "--port"))


if __name__ == "__main__":
    main()
