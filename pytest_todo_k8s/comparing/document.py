"""Reads an OpenAPI 3.1 document: which operations there are and what each of them takes.

Only what a request is made of is read; references are replaced by what they name, so that a schema stands alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Schema = dict[str, Any]
"""A JSON Schema (draft 2020-12, as OpenAPI 3.1 has it) without references."""
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""Methods that a path of an OpenAPI document may have."""
JSON: Final = "application/json"
RATE_LIMITED: Final = "429"
_DEEPEST: Final = 30
"""References in references; deeper ones, or endless ones, are cut off."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name, where it stands (`path`, `query`) and its schema."""

    name: str
    place: str
    schema: Schema


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        method: HTTP method in capitals.
        path: Path template, such as `/api/tasks/{task_id}`.
        parameters: Of path and query.
        body: Schema of the JSON body; None: it takes none.
        secured: Whether it wants a token.
        limited: Whether the document says that it may answer 429.
    """

    method: str
    path: str
    parameters: tuple[Parameter, ...]
    body: Schema | None
    secured: bool
    limited: bool

    @property
    def name(self) -> str:
        """Method and path template."""
        return f"{self.method} {self.path}"

    def at(self, place: str) -> tuple[Parameter, ...]:
        """Return the parameters of one place."""
        return tuple(parameter for parameter in self.parameters if parameter.place == place)


def operations(document: object) -> tuple[Operation, ...]:
    """Return the operations of an OpenAPI document, in its order.

    Raises:
        ValueError: It is no OpenAPI document, or names something that it lacks.
    """
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        raise ValueError("it is no OpenAPI 3 document")
    found = tuple(_operations(document))
    if not found:
        raise ValueError("it has no operation")
    return found


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, item in (document.get("paths") or {}).items():
        shared = item.get("parameters") or []
        for method in METHODS:
            if method in item:
                yield _operation(document, method, path, shared, item[method])


def _operation(
    document: Mapping[str, Any], method: str, path: str, shared: list[Any], said: Mapping[str, Any]
) -> Operation:
    given = [_inlined(document, each) for each in [*shared, *(said.get("parameters") or [])]]
    content = (_inlined(document, said.get("requestBody") or {})).get("content") or {}
    return Operation(
        method=method.upper(),
        path=path,
        parameters=tuple(Parameter(each["name"], each["in"], each.get("schema") or {}) for each in given),
        body=content[JSON].get("schema") or {} if JSON in content else None,
        secured=bool(said.get("security", document.get("security"))),
        limited=RATE_LIMITED in (said.get("responses") or {}),
    )


def _inlined(document: Mapping[str, Any], value: Any, depth: int = _DEEPEST) -> Any:
    """Replace references (`{"$ref": "#/..."}`) by what they name."""
    if isinstance(value, list):
        return [_inlined(document, each, depth) for each in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return _inlined(document, _named(document, str(value["$ref"])), depth - 1) if depth else {}
    return {key: _inlined(document, each, depth) for key, each in value.items()}


def _named(document: Mapping[str, Any], reference: str) -> Any:
    target: Any = document
    for step in reference.removeprefix("#/").split("/"):
        try:
            target = target[step.replace("~1", "/").replace("~0", "~")]
        except (KeyError, TypeError):
            raise ValueError(f"it refers to {reference}, which it does not have") from None
    return target
