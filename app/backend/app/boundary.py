"""What happens to every request before and after the routes: id, body limits, last resort, log line and metrics."""

from __future__ import annotations

import logging
import re
import time
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import UNIQUE_CODES, error_response
from app.logs import FIELDS, log
from app.metrics import Metrics

logger = logging.getLogger(__name__)

BODY_LIMIT_BYTES = 64 * 1024

DISCARDED_AT_MOST_BYTES = 1024 * 1024
"""Up to this size a body that is too large is read to its end and thrown away: a client that was cut off while it
sends could lose the answer."""

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

QUIET_ROUTES = frozenset({"/health", "/ready", "/metrics"})
"""Asked by probes every few seconds; a line for each would hide the rest."""


class BodyRefusedError(Exception):
    """The body cannot be accepted; carries the status of the answer."""

    def __init__(self, status: int, message: str) -> None:
        """``message`` is one sentence for the client."""
        super().__init__(message)
        self.status = status


class DisconnectedError(Exception):
    """The client went away before its body was complete."""


class RequestBoundary:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Wrap ``app`` and count its requests in ``metrics``."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or pass start-up and shutdown through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(scope, send)
        try:
            await self._serve(exchange, receive)
        except DisconnectedError:
            return
        self._record(exchange)

    async def _serve(self, exchange: Exchange, receive: Receive) -> None:
        scope = exchange.scope
        try:
            body = await read_body(Headers(scope=scope), receive)
            await self._app(scope, replay(body, receive), exchange.send)
        except BodyRefusedError as refusal:
            await exchange.refuse(refusal.status, str(refusal))
        except DisconnectedError:
            raise
        except Exception:
            logger.exception("request not served", extra={FIELDS: {"request_id": exchange.request_id}})
            if exchange.status is None:
                await exchange.refuse(500, "The server could not do this.", "INTERNAL_ERROR")

    def _record(self, exchange: Exchange) -> None:
        seconds = time.monotonic() - exchange.started
        route = route_template(exchange.scope)
        method = exchange.scope["method"] if exchange.scope["method"] in METHODS else "other"
        status = exchange.status or 500
        self._metrics.request(method, route, status, seconds)
        if route in QUIET_ROUTES:
            return
        log(
            logger,
            logging.INFO,
            "request",
            request_id=exchange.request_id,
            method=method,
            route=route,
            status=status,
            duration_ms=round(seconds * 1000, 1),
        )


class Exchange:
    """One request and what is known of its answer so far."""

    def __init__(self, scope: Scope, send: Send) -> None:
        """Take over the client's request id if it is harmless, else make one."""
        given = Headers(scope=scope).get("x-request-id", "")
        self.request_id = given if REQUEST_ID.fullmatch(given) else uuid4().hex
        self.scope = scope
        self.scope.setdefault("state", {})["request_id"] = self.request_id
        self.started = time.monotonic()
        self.status: int | None = None
        self._send = send

    async def send(self, message: Message) -> None:
        """Pass a message on, with the request id among the headers."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)["X-Request-ID"] = self.request_id
        await self._send(message)

    async def refuse(self, status: int, message: str, code: str = "") -> None:
        """Answer with an error and close the connection, whose body may be unread."""
        response = error_response(
            self.request_id, status, code or UNIQUE_CODES[status], message, headers={"Connection": "close"}
        )
        await response(self.scope, _nothing, self.send)


def route_template(scope: Scope) -> str:
    """Return the path with its parameters as names, such as ``/api/tasks/{task_id}``, or ``unmatched``."""
    if "endpoint" not in scope:
        return "unmatched"
    segments = scope["path"].split("/")
    for name, value in scope.get("path_params", {}).items():
        # The framework keeps no template of a router that is mounted twice, but it says what it took from the path.
        if value in segments:
            segments[segments.index(value)] = f"{{{name}}}"
    return "/".join(segments)


async def read_body(headers: Headers, receive: Receive) -> bytes:
    """Read the whole body. Raises BodyRefusedError (413, 415) or DisconnectedError."""
    too_large = BodyRefusedError(413, f"The body is larger than {BODY_LIMIT_BYTES} bytes.")
    announced = headers.get("content-length", "0")
    # The server has checked the form of the header; a long number must not reach int().
    if len(announced) > len(str(DISCARDED_AT_MOST_BYTES)) or int(announced) > DISCARDED_AT_MOST_BYTES:
        raise too_large
    body = bytearray()
    received = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        received += len(message.get("body", b""))
        if received <= BODY_LIMIT_BYTES:
            body += message.get("body", b"")
        elif received > DISCARDED_AT_MOST_BYTES:
            raise too_large
        more = message.get("more_body", False)
    if received > BODY_LIMIT_BYTES:
        raise too_large
    if body and headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise BodyRefusedError(415, "The body must be application/json.")
    return bytes(body)


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a receive function that gives the body that was read, then what comes after it."""
    pending = [body]

    async def again() -> Message:
        if pending:
            return {"type": "http.request", "body": pending.pop(), "more_body": False}
        return await receive()

    return again


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
