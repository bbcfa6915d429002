"""Google's own SDK as a client of the emulator, and a whole conversation through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google import genai
from google.genai import types

from tests.app.gemini_emulator.task_tools import SCHEMAS, TaskTools

if TYPE_CHECKING:
    from gemini_emulator.server import Emulator

MODEL = "gemini-3.5-flash-lite"
ROUNDS_MOST = 8


def connect(emulator: Emulator, **options: Any) -> genai.Client:
    http = types.HttpOptions(base_url=emulator.url, timeout=10_000, **options)
    return genai.Client(api_key="a-key-for-tests", http_options=http)


def configured(mode: str = "AUTO", allowed: list[str] | None = None, **options: Any) -> types.GenerateContentConfig:
    declarations = [
        types.FunctionDeclaration(name=name, description="A tool.", parameters_json_schema=schema)
        for name, schema in SCHEMAS.items()
    ]
    calling = types.FunctionCallingConfig(mode=types.FunctionCallingConfigMode(mode), allowed_function_names=allowed)
    return types.GenerateContentConfig(
        system_instruction="You look after the user's tasks.",
        tools=[types.Tool(function_declarations=declarations)],
        tool_config=types.ToolConfig(function_calling_config=calling),
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        **options,
    )


def user(text: str) -> types.Content:
    return types.Content(role="user", parts=[types.Part.from_text(text=text)])


def content_of(response: types.GenerateContentResponse) -> types.Content:
    assert response.candidates
    content = response.candidates[0].content
    assert content is not None
    return content


def responses_to(calls: list[types.FunctionCall], tools: TaskTools, role: str = "user") -> types.Content:
    parts = []
    for call in calls:
        assert call.name
        result = tools.call(call.name, dict(call.args or {}))
        response = result if "error" in result else {"output": result}
        parts.append(
            types.Part(function_response=types.FunctionResponse(id=call.id, name=call.name, response=response))
        )
    return types.Content(role=role, parts=parts)


class Chat:
    """One conversation with the whole loop of function calls, as the application does it."""

    def __init__(self, client: genai.Client, tools: TaskTools, model: str = MODEL) -> None:
        self.client, self.tools, self.model = client, tools, model
        self.contents: list[types.Content] = []

    def say(self, text: str) -> str:
        self.contents.append(user(text))
        self.tools.calls.clear()
        for _ in range(ROUNDS_MOST):
            response = self.client.models.generate_content(
                model=self.model, contents=list(self.contents), config=configured()
            )
            self.contents.append(content_of(response))
            if not response.function_calls:
                return response.text or ""
            self.contents.append(responses_to(response.function_calls, self.tools))
        raise AssertionError("the model never answered in words")
