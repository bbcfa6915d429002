"""One log line for each request, without keys and without what users wrote."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from gemini_emulator.logs import log

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

FAULT = "emulator.fault"
"""The key of the scope under which a route leaves the kind of fault that was asked for."""

QUIET_PATHS = frozenset({"/healthz"})
"""Asked by probes every few seconds; a line for each would hide the rest."""

PATH_CHARACTERS = 100


class AccessLog:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and log it, or pass start-up and shutdown through."""
        if scope["type"] != "http" or scope["path"] in QUIET_PATHS:
            await self._app(scope, receive, send)
            return
        started, status = time.monotonic(), 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            _record(scope, status, time.monotonic() - started)


def _record(scope: Scope, status: int, seconds: float) -> None:
    path = scope["path"][:PATH_CHARACTERS] if "endpoint" in scope else "unmatched"
    fault = {"fault": scope[FAULT]} if FAULT in scope else {}
    fields = {"method": scope["method"], "path": path, "status": status, "duration_ms": round(seconds * 1000, 1)}
    log(logger, logging.INFO, "request", **fields, **fault)
