"""Requests and refusals as they are on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.app.gemini_emulator.task_tools import SCHEMAS

if TYPE_CHECKING:
    import httpx

MODEL = "gemini-3.5-flash-lite"
GENERATE = f"/v1beta/models/{MODEL}:generateContent"
STREAM = f"/v1beta/models/{MODEL}:streamGenerateContent"
CHAT = "/v1/chat/completions"
KEY = {"x-goog-api-key": "a-key-for-tests"}
BEARER = {"Authorization": "Bearer a-key-for-tests"}


DECLARATIONS = [{"name": name, "parametersJsonSchema": schema} for name, schema in SCHEMAS.items()]


def asked(text: str, **others: object) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": text}]}], **others}


def refused(reply: httpx.Response, code: int = 400) -> str:
    assert reply.status_code == code, reply.text
    error = reply.json()["error"]
    assert error["code"] == code
    message: str = error["message"]
    return message
