"""The OpenAI dialect, as Google offers it: chat completions, plain and as a stream, and the list of models."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from gemini_emulator.catalogue import MODELS, Model, find_model
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
from gemini_emulator.gemini_dialect import reply_tokens
from gemini_emulator.openai_schema import ChatRequest, ChosenTool
from gemini_emulator.validation import check_allowed, check_callable, check_declared, parse_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gemini_emulator.openai_schema import ChatMessage, ToolCall

FINISHES = {"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter", "PROHIBITED_CONTENT": "content_filter"}


def parse_request(body: bytes) -> tuple[ModelRequest, bool]:
    """Read the body of chat/completions; the second value says whether a stream is wanted. Raises ApiError 400, 404."""
    request = parse_body(ChatRequest, body)
    usage = request.stream_options is not None and request.stream_options.include_usage
    model_request = ModelRequest(
        model=find_model(request.model),
        turns=turns_of(_messages(request.messages)),
        tools=_tools(request),
        prompt_tokens=estimate_tokens("".join(each.model_dump_json(exclude_none=True) for each in request.messages)),
        max_output_tokens=request.max_completion_tokens or request.max_tokens,
        include_usage=usage or not request.stream,
    )
    if not model_request.turns:
        raise invalid("contents is not specified")
    return model_request, bool(request.stream)


def model_object(model: Model) -> dict[str, Any]:
    """Return one model as the dialect describes it."""
    return {"id": f"models/{model.name}", "object": "model", "owned_by": "google", "display_name": model.name}


def model_list() -> dict[str, Any]:
    """Return all models."""
    return {"object": "list", "data": [model_object(model) for model in MODELS]}


def render(reply: Reply, request: ModelRequest, response_id: str) -> dict[str, Any]:
    """Return the whole answer as one completion."""
    message: dict[str, Any] = {"role": "assistant"}
    if reply.text or not reply.calls:
        message["content"] = reply.text
    if reply.calls:
        message["tool_calls"] = [_tool_call(call) for call in reply.calls]
    choice = {"index": 0, "message": message, "finish_reason": _finish(reply)}
    envelope = _envelope("chat.completion", request, response_id)
    return envelope | {"choices": [choice], "usage": _usage(reply, request)}


def chunks(reply: Reply, request: ModelRequest, response_id: str) -> Iterator[dict[str, Any]]:
    """Return the answer in pieces: text in two, each call as a whole, the finish reason and, if wanted, the usage."""
    envelope = _envelope("chat.completion.chunk", request, response_id)
    half = len(reply.text) // 2
    deltas: list[dict[str, Any]] = [{"content": text} for text in (reply.text[:half], reply.text[half:]) if text]
    deltas += [{"tool_calls": [{"index": index} | _tool_call(call)]} for index, call in enumerate(reply.calls)]
    for delta in deltas:
        choice = {"index": 0, "delta": {"role": "assistant"} | delta, "finish_reason": None}
        yield envelope | {"choices": [choice]}
    yield envelope | {"choices": [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": _finish(reply)}]}
    if request.include_usage:
        yield envelope | {"choices": [], "usage": _usage(reply, request)}


def _messages(messages: list[ChatMessage]) -> Iterator[Message]:
    names: dict[str, str] = {}
    for position, message in enumerate(messages, 1):
        if message.role == "user":
            yield UserText(message.text)
        elif message.role == "assistant":
            calls = tuple(_call(each) for each in message.tool_calls or ())
            names |= {call.id: call.name for call in calls}
            yield ModelSaid(calls, position)
        elif message.role == "tool":
            # The dialect names the call only; one that belongs to no call keeps an empty name and is refused later.
            name = names.get(message.tool_call_id, "")
            yield Returned((Result(name, _response(message.text), message.tool_call_id),), position)


def _call(call: ToolCall) -> Call:
    args = _object(call.function.arguments or "{}")
    if args is None:
        raise invalid(f"The arguments of the tool call {call.id[:100]!r} are not a JSON object.")
    return Call(call.function.name, args, call.id, call.extra_content.google.thought_signature)


def _response(text: str) -> dict[str, Any]:
    found = _object(text)
    return {"output": text} if found is None else found


def _object(text: str) -> dict[str, Any] | None:
    try:
        value = from_json(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _tools(request: ChatRequest) -> Tools:
    functions = [tool.function for tool in request.tools or ()]
    check_declared(function.name for function in functions)
    declared = {function.name: function.parameters or {} for function in functions}
    choice = request.tool_choice
    if isinstance(choice, ChosenTool):
        check_allowed([choice.function.name], declared)
        return Tools(declared, frozenset({choice.function.name}), must_call=True)
    tools = Tools(declared, frozenset() if choice == "none" else frozenset(declared), must_call=choice == "required")
    check_callable(tools)
    return tools


def _tool_call(call: Call) -> dict[str, Any]:
    function = {"name": call.name, "arguments": json.dumps(call.args, ensure_ascii=False)}
    extra = {"extra_content": {"google": {"thought_signature": call.signature}}} if call.signature else {}
    return {"id": call.id, "type": "function", "function": function} | extra


def _finish(reply: Reply) -> str:
    if reply.calls:
        return "tool_calls"
    return FINISHES.get(reply.finish, f"function_call_filter: {reply.finish}")


def _usage(reply: Reply, request: ModelRequest) -> dict[str, Any]:
    prompt, answer = request.prompt_tokens, reply_tokens(reply)
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def _envelope(kind: str, request: ModelRequest, response_id: str) -> dict[str, Any]:
    return {"id": response_id, "object": kind, "created": int(time.time()), "model": request.model.name}
