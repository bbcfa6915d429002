"""Requests of the Gemini dialect, as strict as the API: unknown names are refused, names may be in either case."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from gemini_emulator.signing import decoded

SCHEMA_TYPES = frozenset({"TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"})
"""The types of the OpenAPI subset that ``parameters`` is written in."""


def _upper(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _base64(value: str) -> str:
    if decoded(value) is None:
        raise ValueError("Base64 decoding failed")
    return value


def _openapi_types(schema: dict[str, Any]) -> dict[str, Any]:
    """Check the types of a schema and of the schemas in it."""
    if str(schema.get("type", "OBJECT")).upper() not in SCHEMA_TYPES:
        raise ValueError(f"unknown type {str(schema['type'])[:50]!r}")
    properties = schema.get("properties")
    for inner in (*(properties.values() if isinstance(properties, dict) else ()), schema.get("items")):
        if isinstance(inner, dict):
            _openapi_types(inner)
    return schema


FunctionName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.:-]{0,127}$")]


class Wire(BaseModel):
    """A message of the API: camelCase or snake_case names, no others than those listed."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class FunctionCall(Wire):
    """A call that the model made; arguments may be missing."""

    id: str = ""
    name: FunctionName
    args: dict[str, Any] | None = None


class FunctionResponse(Wire):
    """What the function returned."""

    id: str = ""
    name: FunctionName
    response: dict[str, Any]


class Part(Wire):
    """One part of a message: exactly one kind of data, and what is said about it."""

    text: str | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None
    inline_data: dict[str, Any] | None = None
    file_data: dict[str, Any] | None = None
    thought: bool = False
    thought_signature: Annotated[str, AfterValidator(_base64)] = ""

    @model_validator(mode="after")
    def _one_kind(self) -> Part:
        kinds = (self.text, self.function_call, self.function_response, self.inline_data, self.file_data)
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("required oneof field 'data' must have one initialized field")
        return self


class Content(Wire):
    """One message."""

    role: Literal["user", "model", "tool", "function", ""] = "user"
    parts: list[Part] = Field(min_length=1)


class FunctionDeclaration(Wire):
    """A function that may be called, with a schema in one of two languages, or without parameters."""

    name: FunctionName
    description: str = ""
    parameters: Annotated[dict[str, Any], AfterValidator(_openapi_types)] | None = None
    parameters_json_schema: dict[str, Any] | None = None
    response: dict[str, Any] | None = None
    response_json_schema: Any = None
    behavior: str | None = None

    @model_validator(mode="after")
    def _one_schema(self) -> FunctionDeclaration:
        if self.parameters is not None and self.parameters_json_schema is not None:
            raise ValueError("parameters and parametersJsonSchema must not both be set")
        return self

    @property
    def arguments(self) -> dict[str, Any]:
        """The schema of the arguments."""
        return self.parameters or self.parameters_json_schema or {}


class Tool(Wire):
    """A set of functions; the tools that Google runs itself are not emulated."""

    function_declarations: list[FunctionDeclaration]


class FunctionCallingConfig(Wire):
    """Whether functions may or must be called, and which."""

    mode: Annotated[Literal["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"], BeforeValidator(_upper)] = "AUTO"
    allowed_function_names: list[str] = []


class ToolConfig(Wire):
    """How tools are used."""

    function_calling_config: FunctionCallingConfig = FunctionCallingConfig()


class ThinkingConfig(Wire):
    """How much the model thinks: a level from generation 3 on, a budget in tokens before."""

    include_thoughts: bool = False
    thinking_budget: int | None = None
    thinking_level: (
        Annotated[Literal["THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH"], BeforeValidator(_upper)]
        | None
    ) = None

    @model_validator(mode="after")
    def _one_measure(self) -> ThinkingConfig:
        if self.thinking_budget is not None and self.thinking_level is not None:
            raise ValueError("You can only set one of thinking_budget and thinking_level")
        return self


class GenerationConfig(Wire):
    """How the answer is made. Only the limit of tokens and the thoughts have an effect here."""

    max_output_tokens: int | None = Field(default=None, ge=1)
    thinking_config: ThinkingConfig = ThinkingConfig()
    candidate_count: Literal[1] | None = None
    stop_sequences: list[str] = []
    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None


class GenerateContentRequest(Wire):
    """The body of generateContent and streamGenerateContent."""

    model: str = ""
    contents: list[Content] = Field(min_length=1)
    system_instruction: Content | None = None
    tools: list[Tool] = []
    tool_config: ToolConfig = ToolConfig()
    generation_config: GenerationConfig = GenerationConfig()
    safety_settings: list[dict[str, Any]] = []


class CountTokensRequest(Wire):
    """The body of countTokens: messages, or a whole request."""

    contents: list[Content] = []
    generate_content_request: GenerateContentRequest | None = None

    @model_validator(mode="after")
    def _something(self) -> CountTokensRequest:
        if not self.contents and self.generate_content_request is None:
            raise ValueError("contents is not specified")
        return self
