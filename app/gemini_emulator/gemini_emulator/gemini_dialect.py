"""The Gemini dialect: generateContent, its streams, countTokens and the list of models."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gemini_emulator.catalogue import MODELS, Model
from gemini_emulator.conversation import (
    Call,
    Message,
    ModelRequest,
    ModelSaid,
    Reply,
    Result,
    Returned,
    Tools,
    UserText,
    estimate_tokens,
    turns_of,
)
from gemini_emulator.errors import invalid
from gemini_emulator.gemini_schema import CountTokensRequest, GenerateContentRequest
from gemini_emulator.validation import check_allowed, check_callable, check_declared, parse_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gemini_emulator.gemini_schema import Content, FunctionCallingConfig, Tool

PAGE_SIZE, PAGE_SIZE_MOST = 50, 1000
THOUGHT = "The user speaks about tasks; I look which of my rules fits."


def parse_request(body: bytes, model: Model) -> ModelRequest:
    """Read the body of generateContent. Raises ApiError 400."""
    request = parse_body(GenerateContentRequest, body)
    config = request.generation_config
    if config.thinking_config.thinking_level is not None and model.generation < (3, 0):
        raise invalid("Thinking level is not supported for this model.")
    return ModelRequest(
        model=model,
        turns=turns_of(_messages(request.contents)),
        tools=_tools(request.tools, request.tool_config.function_calling_config),
        prompt_tokens=_count(request.contents),
        max_output_tokens=config.max_output_tokens,
        include_thoughts=config.thinking_config.include_thoughts,
    )


def count_tokens(body: bytes) -> dict[str, Any]:
    """Answer countTokens. Raises ApiError 400."""
    request = parse_body(CountTokensRequest, body)
    inner = request.generate_content_request
    total = _count(request.contents) + (_count(inner.contents) if inner else 0)
    return {"totalTokens": total, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": total}]}


def model_list(page_size: str, page_token: str) -> dict[str, Any]:
    """Answer one page of the list of models. Raises ApiError 400 for a size or a token that is no number."""
    start = _number(page_token, "page_token", default=0)
    end = start + min(_number(page_size, "page_size", default=0) or PAGE_SIZE, PAGE_SIZE_MOST)
    page: dict[str, Any] = {"models": [model.resource() for model in MODELS[start:end]]}
    if end < len(MODELS):
        page["nextPageToken"] = str(end)
    return page


def render(reply: Reply, request: ModelRequest, response_id: str) -> dict[str, Any]:
    """Return the whole answer as one response."""
    if reply.blocked:
        return _envelope(reply, request, response_id) | {"promptFeedback": {"blockReason": reply.finish}}
    return _envelope(reply, request, response_id) | {"candidates": [_candidate(_parts(reply, request), reply.finish)]}


def chunks(reply: Reply, request: ModelRequest, response_id: str) -> Iterator[dict[str, Any]]:
    """Return the answer in pieces: text in two, each other part as a whole, the finish reason with the last one."""
    if reply.blocked:
        yield render(reply, request, response_id)
        return
    parts = [piece for part in _parts(reply, request) for piece in _pieces(part)]
    *first, last = [[part] for part in parts] or [[]]
    envelope = _envelope(reply, request, response_id)
    for piece in first:
        yield envelope | {"candidates": [_candidate(piece, "")]}
    yield envelope | {"candidates": [_candidate(last, reply.finish)]}


def _messages(contents: list[Content]) -> Iterator[Message]:
    for position, content in enumerate(contents, 1):
        if content.role == "model":
            calls = tuple(
                Call(call.name, call.args or {}, call.id, part.thought_signature)
                for part in content.parts
                if (call := part.function_call) is not None
            )
            yield ModelSaid(calls, position)
            continue
        results = tuple(
            Result(part.function_response.name, part.function_response.response, part.function_response.id)
            for part in content.parts
            if part.function_response is not None
        )
        if results:
            yield Returned(results, position)
        texts = [part.text for part in content.parts if part.text is not None]
        if texts or not results:
            yield UserText("\n".join(texts))


def _tools(tools: list[Tool], config: FunctionCallingConfig) -> Tools:
    declarations = [each for tool in tools for each in tool.function_declarations]
    check_declared(each.name for each in declarations)
    declared = {each.name: each.arguments for each in declarations}
    check_allowed(config.allowed_function_names, declared)
    if config.allowed_function_names and config.mode not in ("ANY", "VALIDATED"):
        raise invalid("allowed_function_names can only be set with the modes ANY and VALIDATED.")
    allowed = frozenset(config.allowed_function_names or declared) if config.mode != "NONE" else frozenset()
    result = Tools(declared, allowed, must_call=config.mode == "ANY")
    check_callable(result)
    return result


def _count(contents: Iterable[Content]) -> int:
    return sum(estimate_tokens(content.model_dump_json(exclude_none=True)) for content in contents)


def _number(text: str, name: str, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < len(str(10**9))):
        raise invalid(f"{name} is not valid.")
    return int(text)


def _envelope(reply: Reply, request: ModelRequest, response_id: str) -> dict[str, Any]:
    return {
        "usageMetadata": _usage(reply, request),
        "modelVersion": request.model.name,
        "responseId": response_id,
    }


def _usage(reply: Reply, request: ModelRequest) -> dict[str, Any]:
    prompt, answer = request.prompt_tokens, reply_tokens(reply)
    return {
        "promptTokenCount": prompt,
        **({"candidatesTokenCount": answer} if answer else {}),
        "totalTokenCount": prompt + answer,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}],
    }


def reply_tokens(reply: Reply) -> int:
    """Estimate the tokens of a reply."""
    calls = sum(estimate_tokens(call.name + json.dumps(call.args)) for call in reply.calls)
    return estimate_tokens(reply.text) + calls


def _candidate(parts: list[dict[str, Any]], finish: str) -> dict[str, Any]:
    content = {"parts": parts, "role": "model"} if parts else {"role": "model"}
    return {"content": content, **({"finishReason": finish} if finish else {}), "index": 0}


def _parts(reply: Reply, request: ModelRequest) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    if request.include_thoughts and (reply.text or reply.calls):
        parts.append({"text": THOUGHT, "thought": True})
    if reply.text:
        parts.append({"text": reply.text})
    return parts + [_call_part(call) for call in reply.calls]


def _call_part(call: Call) -> dict[str, Any]:
    # Like the API, leave out what is empty: a call without arguments has no "args".
    inner: dict[str, Any] = {"name": call.name}
    if call.args:
        inner["args"] = dict(call.args)
    if call.id:
        inner["id"] = call.id
    return {"functionCall": inner} | ({"thoughtSignature": call.signature} if call.signature else {})


def _pieces(part: dict[str, Any]) -> list[dict[str, Any]]:
    text = part.get("text", "")
    half = len(text) // 2
    return [part | {"text": text[:half]}, part | {"text": text[half:]}] if half else [part]
