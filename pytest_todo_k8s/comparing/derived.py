"""Requests derived from the API document without chance.

Each operation without a token, with a wrong one, by a stranger, and with each thing that it takes broken in each way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from pytest_todo_k8s.comparing.document import JSON, METHODS
from pytest_todo_k8s.comparing.request import UNKNOWN_ID, Request
from pytest_todo_k8s.comparing.samples import broken, fitting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_todo_k8s.comparing.document import Operation

OWNER: Final = "eve"
"""Account whose things the derived and the generated requests use."""
STRANGER: Final = "bob"
KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "user_id": ("{eve_id}",),
    "task_id": ("{eve_1}", "{eve_2}", "{eve_3}"),
}
"""What a path parameter may stand for, by its name; others take an id that does not exist."""
_BAD_IDS: Final = {"a number": "1", "an unknown id": UNKNOWN_ID, "an id cut short": UNKNOWN_ID[:-1], "a blank": "%20"}
_TESTED: Final = tuple(method.upper() for method in METHODS if method not in {"options", "trace"})
_WRONG_TOKENS: Final = {"a broken token": "Bearer x", "another scheme": "Basic eDp4", "an empty token": "Bearer "}


@dataclass(frozen=True, slots=True)
class Call:
    """What a request to an operation is filled with; None for a body: none is sent."""

    path: Mapping[str, str]
    query: Sequence[tuple[str, str]] = ()
    body: bytes | None = None
    user: str | None = OWNER
    headers: Mapping[str, str] = field(default_factory=dict)


def derived(operations: Sequence[Operation]) -> Iterator[Request]:
    """Yield the requests for all operations, in order; alternatives of a schema may be broken alike, but once only."""
    for operation in operations:
        calls: dict[str, Call] = {}
        for what, call in _calls(operation):
            calls.setdefault(what, call)
        yield from (request(operation, what, call) for what, call in calls.items())
    yield from _other_methods(operations)


def request(operation: Operation, what: str, call: Call) -> Request:
    """Return the request that `call` makes of an operation; `what` makes its name."""
    path = operation.path
    for name, value in call.path.items():
        path = path.replace(f"{{{name}}}", value)
    query = f"?{urlencode(call.query)}" if call.query else ""
    typed = {"Content-Type": JSON} if call.body is not None else {}
    return Request(
        name=f"{operation.name}, {what}",
        method=operation.method,
        path=path + query,
        raw=call.body,
        user=call.user if operation.secured else None,
        headers={**typed, **call.headers},
    )


def path_values(operation: Operation) -> dict[str, str]:
    """Return a value for each path parameter that leads to the owner's things."""
    return {each.name: KNOWN.get(each.name, (UNKNOWN_ID,))[0] for each in operation.at("path")}


def encoded(value: Any) -> bytes:
    """Return JSON as it is sent."""
    return json.dumps(value).encode()


def _calls(operation: Operation) -> Iterator[tuple[str, Call]]:
    body = None if operation.body is None else encoded(fitting(operation.body))
    right = Call(path_values(operation), body=body)
    if operation.secured:
        yield from _without_right(operation, right)
    yield "an unknown query", Call(right.path, (("unknown", "1"),), body)
    for parameter in operation.at("path"):
        for what, value in _BAD_IDS.items():
            yield f"{parameter.name}: {what}", Call({**right.path, parameter.name: value}, body=body)
    for parameter in operation.at("query"):
        for what, value in broken(parameter.schema):
            yield f"{parameter.name}: {what}", Call(right.path, ((parameter.name, word(value)),))
        twice = word(fitting(parameter.schema))
        yield f"{parameter.name}: twice", Call(right.path, ((parameter.name, twice), (parameter.name, twice)))
    if operation.body is not None:
        yield from _bodies(operation.body, right)


def _without_right(operation: Operation, right: Call) -> Iterator[tuple[str, Call]]:
    yield "no token", Call(right.path, body=right.body, user=None)
    for what, header in _WRONG_TOKENS.items():
        yield what, Call(right.path, body=right.body, user=None, headers={"Authorization": header})
    if operation.at("path"):
        yield "by a stranger", Call(right.path, body=right.body, user=STRANGER)


def _bodies(schema: Mapping[str, Any], right: Call) -> Iterator[tuple[str, Call]]:
    for what, value in broken(schema):
        yield what, Call(right.path, body=encoded(value))
    yield "no body", Call(right.path)
    yield "an empty body", Call(right.path, body=b"")
    yield "half a body", Call(right.path, body=(right.body or b"{}")[:-1])
    yield "not UTF-8", Call(right.path, body=b'{"\xff": 1}')
    yield "another media type", Call(right.path, body=right.body, headers={"Content-Type": "text/plain"})


def _other_methods(operations: Sequence[Operation]) -> Iterator[Request]:
    """Ask each path with the methods that the document does not give it."""
    for path in dict.fromkeys(each.path for each in operations):
        here = [each for each in operations if each.path == path]
        for method in _TESTED:
            if method not in {each.method for each in here}:
                filled = request(here[0], "", Call(path_values(here[0])))
                yield Request(f"{method} {path}, a method it has not", method, filled.path, user=filled.user)


def word(value: Any) -> str:
    """Write a value as a query has it."""
    return value if isinstance(value, str) else json.dumps(value)


def segment(value: str) -> str | None:
    """Quote text for one segment of a path; None where clients would change the path (`.`, `..`) or lose it."""
    return None if value in {"", ".", ".."} else quote(value, safe="")
