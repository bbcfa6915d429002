"""Requests by chance: hypothesis makes them from the schemas of the API document, the same ones for the same seed."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.comparing import derived
from pytest_todo_k8s.comparing.derived import KNOWN, OWNER, STRANGER, Call, encoded, request, segment
from pytest_todo_k8s.comparing.request import UNKNOWN_ID
from pytest_todo_k8s.comparing.samples import kinds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from hypothesis.strategies import SearchStrategy

    from pytest_todo_k8s.comparing.document import Operation
    from pytest_todo_k8s.comparing.request import Request

REMEDY: Final = "hypothesis is not installed: run `pip install pytest-todo-k8s[acceptance]`"
CASES: Final = 16
"""For each operation."""
FEW_CASES: Final = 8
"""For operations that may answer 429 or that hash a password: more would run into a limit, or take seconds each."""
LONGEST: Final = 60
"""Characters of a text whose schema sets no smaller limit; the limits themselves are among the derived requests."""


def installed() -> bool:
    """Tell whether hypothesis is there."""
    return importlib.util.find_spec("hypothesis") is not None


def generated(operations: Sequence[Operation], seed: int, run_id: str, folder: Path) -> Iterator[Request]:
    """Yield the generated requests for all operations, in order.

    Args:
        operations: Of the API document.
        seed: The same seed gives the same requests, with the same releases of hypothesis and of this package.
        run_id: Makes the addresses of new accounts new to both databases.
        folder: Where hypothesis may keep files of its own.
    """
    from hypothesis import configuration  # noqa: PLC0415  an optional dependency

    configuration.set_hypothesis_home_dir(folder)
    for place, operation in enumerate(operations):
        few = operation.limited or (not operation.secured and operation.body is not None)
        for number, call in enumerate(_draw(_calls(operation), FEW_CASES if few else CASES, seed + place), start=1):
            yield request(operation, f"generated {number}", _own_address(call, f"{place}-{number}-{run_id}"))


def _draw(strategy: SearchStrategy[Any], cases: int, seed: int) -> list[Any]:
    """Return values of a strategy, each once."""
    from hypothesis import HealthCheck, Phase, given, settings  # noqa: PLC0415  an optional dependency
    from hypothesis import seed as seeded  # noqa: PLC0415  likewise

    drawn: dict[str, Any] = {}

    @seeded(seed)
    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: Any) -> None:
        drawn.setdefault(repr(value), value)

    collect()
    return list(drawn.values())[:cases]


def _calls(operation: Operation) -> SearchStrategy[tuple[Call, Any]]:
    """Make calls of an operation with the body's value beside each: most of it right, something of it often wrong."""
    from hypothesis import strategies as st  # noqa: PLC0415  an optional dependency

    # Made once, not for each call: making strategies takes longer than drawing from them.
    paths = {each.name: _path_value(each.name) for each in operation.at("path")}
    queries = {each.name: _often(values(each.schema), junk()) for each in operation.at("query")}
    users = st.sampled_from((OWNER, OWNER, OWNER, OWNER, STRANGER, None))
    bodies = None if operation.body is None else _body(operation.body)

    @st.composite
    def call(draw: Any) -> tuple[Call, Any]:
        path = {name: draw(made) for name, made in paths.items()}
        query = [(name, derived.word(draw(made))) for name, made in queries.items() if draw(st.booleans())]
        user = draw(users)
        body = None if bodies is None else draw(bodies)
        raw = None if bodies is None else encoded(body)
        return Call(path, query, raw, user), body

    return call()


def _path_value(name: str) -> SearchStrategy[str]:
    from hypothesis import strategies as st  # noqa: PLC0415  an optional dependency

    known = st.sampled_from(KNOWN.get(name, (UNKNOWN_ID,)))
    text = st.text(max_size=LONGEST).map(segment).filter(lambda each: each is not None)
    return _often(known, st.one_of(st.uuids().map(str), text))


def _body(schema: Mapping[str, Any]) -> SearchStrategy[Any]:
    """Make bodies: right ones, and objects of which one property is wrong, absent, or not known."""
    from hypothesis import strategies as st  # noqa: PLC0415  an optional dependency

    right = values(schema)
    names = sorted({name for kind in kinds(schema) for name in kind.get("properties") or ()})
    if not names:
        return _often(right, junk())
    property_names = st.sampled_from([*names, "unknown"])

    @st.composite
    def spoilt(draw: Any) -> Any:
        body = draw(right)
        if isinstance(body, dict):
            name = draw(property_names)
            body = {key: value for key, value in body.items() if key != name}
            if draw(st.booleans()):
                body[name] = draw(junk())
        return body

    return st.one_of(right, spoilt())


def _often(right: SearchStrategy[Any], wrong: SearchStrategy[Any]) -> SearchStrategy[Any]:
    from hypothesis import strategies as st  # noqa: PLC0415  an optional dependency

    return st.one_of(right, right, right, wrong)


def junk() -> SearchStrategy[Any]:
    """Make JSON values of any kind."""
    from hypothesis import strategies as st  # noqa: PLC0415  an optional dependency

    leaves = st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=30)
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=10), inner, max_size=3)),
        max_leaves=5,
    )


def values(schema: Mapping[str, Any]) -> SearchStrategy[Any]:
    """Make values that fit a schema (those of an API document: no `not`, no `if`, no dependent properties)."""
    from hypothesis import strategies as st  # noqa: PLC0415  an optional dependency

    alternatives = kinds(schema)
    return st.one_of([_values(each) for each in alternatives])


def _values(schema: Mapping[str, Any]) -> SearchStrategy[Any]:
    from hypothesis import strategies as st  # noqa: PLC0415  an optional dependency

    if "const" in schema or "enum" in schema:
        return st.sampled_from([schema["const"]] if "const" in schema else schema["enum"])
    made = {
        "object": _objects,
        "array": lambda said: st.lists(values(said.get("items") or {}), max_size=3),
        "integer": lambda said: st.integers(said.get("minimum"), said.get("maximum")),
        "number": lambda said: st.floats(
            said.get("minimum"), said.get("maximum"), allow_nan=False, allow_infinity=False
        ),
        "boolean": lambda _said: st.booleans(),
        "null": lambda _said: st.none(),
        "string": _texts,
    }.get(str(schema.get("type")), lambda _said: junk())
    return made(schema)


def _objects(schema: Mapping[str, Any]) -> SearchStrategy[Any]:
    from hypothesis import strategies as st  # noqa: PLC0415  an optional dependency

    properties = {name: values(inner) for name, inner in (schema.get("properties") or {}).items()}
    required = set(schema.get("required") or ())
    return st.fixed_dictionaries(
        {name: made for name, made in properties.items() if name in required},
        optional={name: made for name, made in properties.items() if name not in required},
    )


def _texts(schema: Mapping[str, Any]) -> SearchStrategy[str]:
    from hypothesis import strategies as st  # noqa: PLC0415  an optional dependency

    shortest, longest = int(schema.get("minLength", 0)), int(schema.get("maxLength", LONGEST))
    match schema.get("format"):
        case "uuid":
            return st.uuids().map(str)
        case "date-time":
            return st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat())
        case "date":
            return st.dates().map(lambda day: day.isoformat())
    if "pattern" in schema and shortest == 0:
        return st.from_regex(schema["pattern"]).filter(lambda text: len(text) <= longest)
    return st.text(min_size=shortest, max_size=max(shortest, min(longest, LONGEST)))


def _own_address(drawn: tuple[Call, Any], name: str) -> Call:
    """Give a body with an e-mail address one that only this request uses: an account may exist on one side only."""
    call, body = drawn
    if isinstance(body, dict) and isinstance(body.get("email"), str) and "@" in body["email"]:
        body = {**body, "email": f"generated-{name}@example.org"}
        return Call(call.path, call.query, encoded(body), call.user, call.headers)
    return call
