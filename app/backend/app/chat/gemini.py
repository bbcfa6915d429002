"""Client of the Gemini API (REST, ``generateContent``): one request, one retry where it makes sense, clear failures."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Sequence
from typing import Any

import httpx
from pydantic import BaseModel, ValidationError

from app.chat.model_errors import DeadlineError, ModelError, NotConfiguredError, QuotaExceededError, UnusableReplyError
from app.chat.model_reply import MalformedCallError, Reply, read_json, read_reply
from app.config import Settings
from app.logs import log
from app.metrics import Metrics

logger = logging.getLogger(__name__)

MAX_OUTPUT_TOKENS = 1024

THINKING_BUDGET_TOKENS = 512
"""For generation 2.5, which counts tokens of thought instead of knowing levels; the least that all models accept."""

RETRY_DELAY_S = 1.0
"""Wait before the retry when the API asks for no other."""

GENERATION = re.compile(r"gemini-(\d+)(?:\.(\d+))?")

SECONDS = re.compile(r"\d{1,6}(?:\.\d{1,9})?")


class _BusyError(Exception):
    """The API answered 429 or 503: a retry may help after ``delay_s``, else it is ``outcome``."""

    def __init__(self, delay_s: float, outcome: ModelError) -> None:
        super().__init__(f"retry after {delay_s} s")
        self.delay_s = delay_s
        self.outcome = outcome


class _Detail(BaseModel):
    reason: str = ""
    retryDelay: str = ""  # noqa: N815  # name in the API


class _Problem(BaseModel):
    details: list[_Detail] = []


class _ProblemBody(BaseModel):
    error: _Problem


class Gemini:
    """One model of the API, for all requests of the process."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        """Make the HTTP client; nothing is sent yet."""
        self.model = settings.gemini_model
        self._path = f"{settings.gemini_base_url}/{settings.gemini_api_version}/models/{self.model}:generateContent"
        self._metrics = metrics
        headers = {"x-goog-api-key": settings.gemini_api_key}
        # The time for a request is what is left of the turn (see _post), not a time for each of its phases.
        self._client = httpx.AsyncClient(headers=headers, timeout=None)  # noqa: S113

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def generate(
        self,
        contents: Sequence[dict[str, Any]],
        *,
        instructions: str,
        declarations: Sequence[dict[str, Any]],
        deadline: float,
    ) -> Reply:
        """Ask the model what comes next.

        ``contents`` is the conversation in the API's form, ``deadline`` a moment of the monotonic clock in seconds.
        A busy API and a malformed function call are answered by one retry. Raises ModelError.
        """
        request = {
            "systemInstruction": {"parts": [{"text": instructions}]},
            "contents": list(contents),
            "tools": [{"functionDeclarations": list(declarations)}],
            "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
            "generationConfig": {"maxOutputTokens": MAX_OUTPUT_TOKENS} | thinking(self.model),
        }
        try:
            return await self._ask(request, deadline)
        except _BusyError as busy:
            if busy.delay_s >= deadline - time.monotonic():
                raise busy.outcome from None
            await asyncio.sleep(busy.delay_s)
        except MalformedCallError:
            pass
        try:
            return await self._ask(request, deadline)
        except _BusyError as busy:
            raise busy.outcome from None

    async def _ask(self, request: dict[str, Any], deadline: float) -> Reply:
        try:
            response = await self._post(request, deadline)
        except ModelError as problem:
            log(logger, logging.WARNING, "model did not answer", outcome=problem.outcome)
            raise
        self._metrics.model_calls.add(status=str(response.status_code))
        if response.is_success:
            return read_reply(response.content)
        log(logger, logging.WARNING, "model refused a request", status=response.status_code)
        raise problem_of(response)

    async def _post(self, request: dict[str, Any], deadline: float) -> httpx.Response:
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                return await self._client.post(self._path, json=request)
        except TimeoutError:
            self._metrics.model_calls.add(status="timeout")
            raise DeadlineError("no reply in time") from None
        except httpx.HTTPError as problem:
            self._metrics.model_calls.add(status="unreachable")
            raise UnusableReplyError(type(problem).__name__) from None


def thinking(model: str) -> dict[str, Any]:
    """Return the part of ``generationConfig`` that keeps thinking short, in the words of the model's generation."""
    found = GENERATION.match(model)
    generation = (int(found[1]), int(found[2] or 0)) if found else (0, 0)
    if generation >= (3, 0):
        return {"thinkingConfig": {"thinkingLevel": "LOW"}}
    if generation >= (2, 5):
        return {"thinkingConfig": {"thinkingBudget": THINKING_BUDGET_TOKENS}}
    return {}


def problem_of(response: httpx.Response) -> ModelError | _BusyError:
    """Tell what a response without success means for the user's request."""
    details = _details(response)
    delay_s = _retry_delay_s(details, response.headers.get("retry-after", ""))
    match response.status_code:
        case 429:
            return _BusyError(delay_s, QuotaExceededError(delay_s))
        case 503:
            return _BusyError(delay_s, UnusableReplyError("unavailable"))
        case 504:
            return DeadlineError("the API's own time was over")
        case 403:
            return NotConfiguredError("the key may not use this model")
        case 400 if any(detail.reason == "API_KEY_INVALID" for detail in details):
            return NotConfiguredError("the key is not valid")
    return UnusableReplyError(f"status {response.status_code}")


def _details(response: httpx.Response) -> list[_Detail]:
    try:
        return _ProblemBody.model_validate(read_json(response.content)).error.details
    except (UnusableReplyError, ValidationError):
        return []


def _retry_delay_s(details: Sequence[_Detail], header: str) -> float:
    # RetryInfo writes a protobuf duration such as "3.5s", the header whole seconds.
    given = [detail.retryDelay.removesuffix("s") for detail in details if detail.retryDelay] + [header]
    return next((float(text) for text in given if SECONDS.fullmatch(text)), RETRY_DELAY_S)
