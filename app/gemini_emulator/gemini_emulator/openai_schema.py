"""Requests of the OpenAI dialect: what is not listed has no effect, as in Google's own implementation of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from gemini_emulator.gemini_schema import FunctionName  # noqa: TC001  # pydantic reads it at run time


class TextPart(BaseModel):
    """A piece of a message; other pieces than text are not read."""

    type: str
    text: str = ""


class Function(BaseModel):
    """The function of a call, its arguments as JSON text."""

    name: FunctionName
    arguments: str = "{}"


class GoogleContent(BaseModel):
    """What Google adds to a call."""

    thought_signature: str = ""


class ExtraContent(BaseModel):
    """What providers add to a call."""

    google: GoogleContent = GoogleContent()


class ToolCall(BaseModel):
    """A call that the model made."""

    id: str
    type: Literal["function"] = "function"
    function: Function
    extra_content: ExtraContent = ExtraContent()


class ChatMessage(BaseModel):
    """One message."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[TextPart] | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: str = ""

    @property
    def text(self) -> str:
        """The text of the message."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class FunctionDefinition(BaseModel):
    """A function that may be called; without parameters it takes none."""

    name: FunctionName
    description: str | None = None
    parameters: dict[str, Any] | None = None


class ChatTool(BaseModel):
    """A function as a tool."""

    type: Literal["function"]
    function: FunctionDefinition


class ChosenFunction(BaseModel):
    """The name of a function."""

    name: str


class ChosenTool(BaseModel):
    """The one function that must be called."""

    type: Literal["function"]
    function: ChosenFunction


class StreamOptions(BaseModel):
    """What a stream contains beside the answer."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """The body of chat/completions."""

    model: str
    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    tools: list[ChatTool] | None = None
    tool_choice: Literal["none", "auto", "required"] | ChosenTool | None = None
    n: Literal[1] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high"] | None = None
