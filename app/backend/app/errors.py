"""Errors of the HTTP API: ``{"error": {"code", "message", "details"?, "request_id"}}``, without exception texts."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app.logs import log

logger = logging.getLogger(__name__)

UNIQUE_CODES: Mapping[int, str] = {
    401: "UNAUTHENTICATED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "VALIDATION_ERROR",
    429: "RATE_LIMITED",
    502: "AI_AGENT_ERROR",
    503: "DATABASE_ERROR",
    504: "AI_AGENT_TIMEOUT",
}
"""The code of each status, where no handler says a more exact one."""


class ErrorDetail(BaseModel):
    """A field and what is to be said about it: why it was refused, without its value, or what became of it."""

    field: str
    message: str


class ErrorBody(BaseModel):
    """What is known about a refused request."""

    code: str
    message: str
    details: list[ErrorDetail] | None = None
    request_id: str


class ErrorReply(BaseModel):
    """The body of every reply with a status of 400 or more."""

    error: ErrorBody


class ApiError(HTTPException):
    """A refusal with its status, code and one sentence for the client."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        details: list[ErrorDetail] | None = None,
    ) -> None:
        """``code`` defaults to the code that belongs to the status."""
        super().__init__(status, message, dict(headers or {}))
        self.code = code or UNIQUE_CODES[status]
        self.details = details


def not_found(what: str) -> ApiError:
    """The answer for an object that does not exist or belongs to somebody else: both look alike."""
    return ApiError(404, f"{what} not found.")


def error_response(
    request_id: str,
    status: int,
    code: str,
    message: str,
    *,
    details: list[ErrorDetail] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Build the reply for a refusal."""
    reply = ErrorReply(error=ErrorBody(code=code, message=message, details=details, request_id=request_id))
    return JSONResponse(reply.model_dump(exclude_none=True), status, dict(headers or {}))


def error_docs(*statuses: int, **codes: int) -> dict[int | str, dict[str, Any]]:
    """The ``responses`` of a route in the OpenAPI document.

    ``statuses`` come with the code that belongs to them, ``codes`` are more exact ones with their status.
    """
    named = [(status, UNIQUE_CODES[status]) for status in statuses] + [(status, code) for code, status in codes.items()]
    docs: dict[int | str, dict[str, Any]] = {}
    for status, code in sorted(named):
        known = docs.setdefault(status, {"model": ErrorReply, "description": code})
        if code != known["description"]:
            known["description"] += f" or {code}"
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            known["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return docs


def install_error_handlers(app: FastAPI) -> None:
    """Give every error that can reach FastAPI the common form."""
    app.exception_handler(ApiError)(_refusal)
    app.exception_handler(HTTPException)(_http_problem)
    app.exception_handler(RequestValidationError)(_validation_problem)
    for kind in (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.UndefinedTable):
        app.exception_handler(kind)(_database_problem)


async def _refusal(request: Request, problem: ApiError) -> JSONResponse:
    return error_response(
        request.state.request_id,
        problem.status_code,
        problem.code,
        problem.detail,
        details=problem.details,
        headers=problem.headers,
    )


def allowed_methods(request: Request) -> str:
    """Return the methods of a path in the form of the header ``Allow``; the framework knows those of one route only."""
    segments = request.url.path.split("/")
    document: dict[str, dict[str, Any]] = request.app.openapi()["paths"]
    fitting = [methods for template, methods in document.items() if _fits(template.split("/"), segments)]
    return ", ".join(sorted({method.upper() for methods in fitting for method in methods}))


def _fits(template: list[str], segments: list[str]) -> bool:
    return len(template) == len(segments) and all(
        part.startswith("{") or part == segment for part, segment in zip(template, segments, strict=True)
    )


async def _http_problem(request: Request, problem: HTTPException) -> JSONResponse:
    # The framework knows 404, 405 and, for a body that it cannot read at all, 400: one more kind of invalid body.
    message = {404: "No such path.", 405: "The path does not know this method."}.get(problem.status_code)
    status = problem.status_code if message else 422
    headers = dict(problem.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = allowed_methods(request) or headers["Allow"]
    return error_response(
        request.state.request_id, status, UNIQUE_CODES[status], message or "The body cannot be read.", headers=headers
    )


async def _validation_problem(request: Request, problem: RequestValidationError) -> JSONResponse:
    details = [
        ErrorDetail(
            field=".".join(str(part) for part in item["loc"]), message=item["msg"].removeprefix("Value error, ")
        )
        for item in problem.errors()
    ]
    return error_response(
        request.state.request_id, 422, UNIQUE_CODES[422], "The request is not valid.", details=details[:20]
    )


async def _database_problem(request: Request, _problem: psycopg.Error) -> JSONResponse:
    log(logger, logging.WARNING, "database did not answer a request", request_id=request.state.request_id)
    return error_response(request.state.request_id, 503, UNIQUE_CODES[503], "The database does not answer; try again.")
