"""Reads request bodies; what is wrong with one is said in the API's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from gemini_emulator.errors import ApiError, invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic_core import ErrorDetails

    from gemini_emulator.conversation import Tools

Body = TypeVar("Body", bound=BaseModel)


def parse_body(kind: type[Body], body: bytes) -> Body:
    """Return the body as a model. Raises ApiError 400 naming the first place that is wrong."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as problem:
        raise _refusal(problem.errors(include_url=False, include_context=False, include_input=False)[0]) from None


def check_declared(names: Iterable[str]) -> None:
    """Raise ApiError 400 if a function is declared twice."""
    seen = set()
    for name in names:
        if name in seen:
            raise invalid(f"Duplicate function declaration found: {name}")
        seen.add(name)


def check_allowed(names: Iterable[str], declared: Mapping[str, object]) -> None:
    """Raise ApiError 400 if a function may be called that is not declared."""
    for name in names:
        if name not in declared:
            raise invalid(f"Function {name[:128]!r} is allowed but not declared.")


def check_callable(tools: Tools) -> None:
    """Raise ApiError 400 if a call is demanded and no function may be called."""
    if tools.must_call and not tools.allowed:
        raise invalid("A function call is demanded, but no function is declared.")


def _refusal(error: ErrorDetails) -> ApiError:
    if error["type"] == "json_invalid":
        return invalid(f"Invalid JSON payload received. {error['msg']}.")
    path, last = _path(error["loc"][:-1]), str(error["loc"][-1]) if error["loc"] else ""
    if error["type"] == "extra_forbidden":
        where = f" at '{path}'" if path else ""
        return invalid(f'Invalid JSON payload received. Unknown name "{last[:100]}"{where}: Cannot find field.')
    where = f" at '{_path(error['loc'])}'" if error["loc"] else ""
    return invalid(f"Invalid value{where}: {error['msg'].removeprefix('Value error, ')}.")


def _path(loc: tuple[int | str, ...]) -> str:
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part[:100]}"
    return path.removeprefix(".")
