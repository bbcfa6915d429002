"""The routes of both dialects."""

from __future__ import annotations

import asyncio
import hmac
import json
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import uuid4

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from gemini_emulator import __version__, gemini_dialect, openai_dialect
from gemini_emulator.access_log import FAULT, AccessLog
from gemini_emulator.catalogue import find_model
from gemini_emulator.errors import STATUSES, ApiError, key_not_valid
from gemini_emulator.faults import HEADER, parse_fault
from gemini_emulator.model import active_fault, answer
from gemini_emulator.request_log import KEY_PARAMETER, RequestLog

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gemini_emulator.config import Settings
    from gemini_emulator.conversation import ModelRequest, Reply
    from gemini_emulator.faults import Fault

BODY_LIMIT_BYTES = 1024 * 1024
BROKEN_JSON = '{"candidates": ['
STATUS_TOO_LARGE = 413
NAP_S = 0.1
PAGING = (("pageSize", "page_size"), ("pageToken", "page_token"))

Json: TypeAlias = "dict[str, Any] | list[Any]"


def create_app(settings: Settings) -> Starlette:
    """Build the application. Its state holds the request log and the event that ends waiting when it stops."""
    endpoints = Endpoints(settings, RequestLog(), threading.Event())
    app = Starlette(
        routes=endpoints.routes(),
        exception_handlers={ApiError: _refused, HTTPException: _no_route, ClientDisconnect: _gone},
        middleware=[Middleware(AccessLog)],
    )
    app.router.redirect_slashes = False
    app.state.request_log = endpoints.request_log
    app.state.stopping = endpoints.stopping
    return app


class Endpoints:
    """What the routes do, with the state they share."""

    def __init__(self, settings: Settings, request_log: RequestLog, stopping: threading.Event) -> None:
        """``stopping`` is set when the server is about to end."""
        self.request_log = request_log
        self.stopping = stopping
        self._settings = settings

    def routes(self) -> list[Route]:
        """Return the routes of both dialects, of the probe and of the request log."""
        routes = [
            Route("/healthz", _health),
            Route("/emulator/requests", self.logged_requests),
            Route("/emulator/requests", self.clear_requests, methods=["DELETE"]),
        ]
        routes += [
            Route("/v1/chat/completions", self.chat_completions, methods=["POST"]),
            Route("/v1beta/openai/chat/completions", self.chat_completions, methods=["POST"]),
            Route("/v1beta/openai/models", self.list_models),
            Route("/v1beta/openai/models/{model:path}", self.get_model),
        ]
        for prefix in ("/v1beta", "/v1"):
            routes += [
                Route(f"{prefix}/models", self.list_models),
                Route(f"{prefix}/models/{{model:path}}", self.get_model),
                Route(f"{prefix}/models/{{call:path}}", self.call_model, methods=["POST"]),
            ]
        return routes

    async def logged_requests(self, _request: Request) -> Response:
        """The requests since the log was cleared, oldest first."""
        return JSONResponse({"requests": [asdict(each) for each in self.request_log.entries()]})

    async def clear_requests(self, _request: Request) -> Response:
        """Forget the requests."""
        self.request_log.clear()
        return Response(status_code=204)

    async def list_models(self, request: Request) -> Response:
        """All models, in the dialect of the path or, where both have it, of the credential."""
        await self._accept(request)
        if _speaks_openai(request):
            return JSONResponse(openai_dialect.model_list())
        query = request.query_params
        size, token = (query.get(name) or query.get(other, "") for name, other in PAGING)
        return JSONResponse(gemini_dialect.model_list(size, token))

    async def get_model(self, request: Request) -> Response:
        """One model."""
        await self._accept(request)
        model = find_model(request.path_params["model"])
        return JSONResponse(openai_dialect.model_object(model) if _speaks_openai(request) else model.resource())

    async def call_model(self, request: Request) -> Response:
        """``models/{model}:{method}`` of the Gemini dialect."""
        body, seen_before = await self._accept(request)
        name, _, method = request.path_params["call"].rpartition(":")
        if method not in ("generateContent", "streamGenerateContent", "countTokens"):
            raise ApiError(404, "No such method of a model.")
        model = find_model(name)
        if method == "countTokens":
            return JSONResponse(gemini_dialect.count_tokens(body))
        model_request = gemini_dialect.parse_request(body, model)
        reply, broken = await self._answer(request, model_request, seen_before, always_ids=False)
        response_id = uuid4().hex[:22]
        if method == "generateContent":
            return _json(gemini_dialect.render(reply, model_request, response_id), broken)
        chunks = gemini_dialect.chunks(reply, model_request, response_id)
        if request.query_params.get("alt") == "sse":
            return _events(chunks, "\r\n\r\n", (), broken)
        return _json(list(chunks), broken)

    async def chat_completions(self, request: Request) -> Response:
        """``chat/completions`` of the OpenAI dialect."""
        body, seen_before = await self._accept(request)
        model_request, stream = openai_dialect.parse_request(body)
        reply, broken = await self._answer(request, model_request, seen_before, always_ids=True)
        response_id = "chatcmpl-" + uuid4().hex[:22]
        if stream:
            return _events(openai_dialect.chunks(reply, model_request, response_id), "\n\n", ("[DONE]",), broken)
        return _json(openai_dialect.render(reply, model_request, response_id), broken)

    async def _accept(self, request: Request) -> tuple[bytes, int]:
        """Read and log a request and check its key; return the body and how many like it came before.

        Raises ApiError 400 or 413.
        """
        body = await _read_body(request)
        seen_before = self.request_log.add(
            request.method,
            request.url.path,
            request.url.query,
            dict(request.headers),
            body.decode(errors="replace"),
        )
        key, expected = _key(request), self._settings.expected_api_key
        if not key or (expected and not hmac.compare_digest(key.encode(), expected.encode())):
            raise key_not_valid()
        return body, seen_before

    async def _answer(
        self, request: Request, model_request: ModelRequest, seen_before: int, *, always_ids: bool
    ) -> tuple[Reply, bool]:
        """Return the model's reply and whether it must arrive broken. Raises ApiError."""
        header = request.headers.get(HEADER)
        fault = active_fault(model_request, parse_fault(header) if header else None, seen_before)
        if fault:
            request.scope[FAULT] = fault.kind
            await self._wait(request, fault)
        reply = answer(model_request, fault, strict=self._settings.strict, always_ids=always_ids)
        return reply, fault is not None and fault.breaks_json

    async def _wait(self, request: Request, fault: Fault) -> None:
        """Wait as long as the fault says, unless client or server end before."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + fault.delay_s
        while (left := deadline - loop.time()) > 0:
            if self.stopping.is_set():
                raise ApiError(503, "The emulator is about to stop.")
            if await request.is_disconnected():
                raise ClientDisconnect
            await asyncio.sleep(min(left, NAP_S))


async def _health(_request: Request) -> Response:
    return JSONResponse({"status": "healthy", "version": __version__})


async def _read_body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_LIMIT_BYTES:
            raise ApiError(413, f"Request payload size exceeds the limit: {BODY_LIMIT_BYTES} bytes.")
    return bytes(body)


def _key(request: Request) -> str:
    if _speaks_openai(request):
        return _bearer(request)
    return request.headers.get("x-goog-api-key") or request.query_params.get(KEY_PARAMETER, "")


def _bearer(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _speaks_openai(request: Request) -> bool:
    """Whether the path is of the OpenAI dialect; the lists of models under /v1 go by the kind of credential."""
    path = request.url.path
    if path.startswith("/v1/models"):
        return request.method == "GET" and bool(_bearer(request))
    return path.startswith("/v1beta/openai/") or path == "/v1/chat/completions"


def _json(content: Json, broken: bool) -> Response:
    return Response(BROKEN_JSON, media_type="application/json") if broken else JSONResponse(content)


def _events(chunks: Iterable[Json], end: str, last: tuple[str, ...], broken: bool) -> Response:
    texts = [BROKEN_JSON] if broken else [json.dumps(chunk, ensure_ascii=False) for chunk in chunks]

    def lines() -> Iterator[str]:
        for text in (*texts, *last):
            yield f"data: {text}{end}"

    return StreamingResponse(lines(), media_type="text/event-stream")


def _error(request: Request, problem: ApiError) -> Response:
    body = problem.body()
    return JSONResponse([body] if _speaks_openai(request) else body, problem.code)


async def _refused(request: Request, problem: Exception) -> Response:
    if not isinstance(problem, ApiError):
        raise problem
    response = _error(request, problem)
    if problem.code == STATUS_TOO_LARGE:
        # The rest of the body is unread.
        response.headers["Connection"] = "close"
    return response


async def _no_route(request: Request, problem: Exception) -> Response:
    code = problem.status_code if isinstance(problem, HTTPException) else 404
    return _error(request, ApiError(code if code in STATUSES else 404, "No such path or method."))


async def _gone(_request: Request, _problem: Exception) -> Response:
    # Nobody reads this answer.
    return Response(status_code=499)
