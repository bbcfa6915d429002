"""Reads the application of a project from its table `[tool.todo-k8s]`; without one it is this project's own."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.allowances import KEY as ALLOWED
from pytest_todo_k8s.application import TODO_CHATBOT, Application, nested
from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.project_settings import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from pytest_todo_k8s.project_settings import Table

HELP: Final = "docs/other-applications.md has an example"
_OBJECT: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,51}[a-z0-9])?")
"""Names of objects (RFC 1123); Helm lets releases have 53 characters."""
_VALUE_PATH: Final = re.compile(r"[\w-]+(\.[\w-]+)*")
_FUNCTION: Final = re.compile(r"(?P<module>[A-Za-z_]\w*(\.[A-Za-z_]\w*)*):[A-Za-z_]\w*")
_FREE: Final = frozenset({"arguments", "environment", "values", "inside", "outside", "refused"})
"""Keys below which a text may be empty: it is the application's own."""


def read(table: Table, root: Path) -> Application:
    """Return the application that a project's table describes.

    Args:
        table: The table; what it says of the allow-list is no part of the application.
        root: The project's folder.

    Raises:
        ConfigError: A key is unknown, missing or of another kind, or names what is not there.
    """
    said = {key: value for key, value in table.content.items() if key != ALLOWED}
    if not said:
        return TODO_CHATBOT
    for key in _empty(said):
        raise ConfigError(f"{table.file}: {NAME}.{key} is empty", "give it a value, or leave it out")
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415  only where a table is

    try:
        # JSON has no tuples either: what is strict of Python values would refuse TOML's lists in their places.
        found = TypeAdapter(Application).validate_json(_json(said, table), strict=True)
    except ValidationError as error:
        raise _explained(error.errors(include_url=False)[0], table) from None
    for key, problem in [*_names(found), *_paths(found, root), *_functions(found, root)]:
        raise ConfigError(f"{table.file}: {NAME}.{key} {problem}", f"correct it; {HELP}")
    return found


def _json(said: Mapping[str, Any], table: Table) -> str:
    try:
        return json.dumps(said)
    except TypeError:  # TOML has dates, JSON has none
        raise ConfigError(f"{table.file}: {NAME} has a date or time", f"write it as text; {HELP}") from None


def _empty(said: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for key, value in said.items():
        if key in _FREE:
            continue
        if value in ("", [], {}):
            yield f"{above}{key}"
        elif isinstance(value, dict):
            yield from _empty(value, f"{above}{key}.")


def _explained(problem: ErrorDetails, table: Table) -> ConfigError:
    """Say in one sentence what pydantic found."""
    # What stands in brackets names one of several kinds of value, no key.
    key = f"{NAME}.{'.'.join(part for part in map(str, problem['loc']) if '[' not in part)}"
    if problem["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
        return ConfigError(f"{table.file}: there is no key {key}", f"correct its name; {HELP}")
    if problem["type"] in {"missing", "missing_keyword_only_argument"}:
        return ConfigError(f"{table.file}: {key} is missing", f"set it; {HELP}")
    shown = json.dumps(problem["input"])
    text = problem["msg"].removeprefix("Input should be ")
    return ConfigError(f"{table.file}: {key} = {shown[:80]} is not {text}", f"correct it; {HELP}")


def _names(found: Application) -> Iterator[tuple[str, str]]:
    """Yield the keys whose names Kubernetes or Helm could not take, each with what is wrong."""
    objects = {"release": found.release, "frontend.service": found.frontend.service}
    objects |= {"backend.service": found.backend.service} if found.backend.service else {}
    objects |= {"database.service": found.database.service} if found.database else {}
    objects |= {f"secrets.{name}": name for name in found.secrets}
    for key, name in objects.items():
        if not _OBJECT.fullmatch(name):
            yield key, f"= {name!r} can't name an object of Kubernetes: small letters, digits and inner dashes can"
    if found.database:
        known = set(found.secret_keys)
        for key, name in (("database.password", found.database.password), ("database.url", found.database.url)):
            if name not in known:
                yield key, f"= {name!r} is no key of any Secret below {NAME}.secrets"
        if found.database.rows and found.database.rows.count("%s") != 1:
            yield "database.rows", "has no %s, or several, in the place of the flow's mark"
    if found.model and found.model.key not in set(found.secret_keys):
        yield "model.key", f"= {found.model.key!r} is no key of any Secret below {NAME}.secrets"
    yield from _value_paths(found)


def _value_paths(found: Application) -> Iterator[tuple[str, str]]:
    places = {"pull-policy": found.pull_policy, "frontend.node-port": found.frontend.node_port}
    for name, image in found.images.items():
        places |= {f"{_part(name)}.image.repository": image.repository, f"{_part(name)}.image.tag": image.tag}
    given = {"values": found.values} | {f"refused.{what}": values for what, values in found.refused.items()}
    if found.database:
        given |= {"database.inside": found.database.inside, "database.outside": found.database.outside}
    if found.model:
        given |= {"model.outside": found.model.outside}
    places |= {f"{key}.{path}": path for key, values in given.items() for path in values}
    wrong = [key for key, path in places.items() if path and not _VALUE_PATH.fullmatch(path)]
    for key in wrong:
        yield key, f"= {places[key]!r} is no value path: keys of the chart's values, joined by dots"
    if not wrong:
        yield from _clashes(found, places)


def _clashes(found: Application, places: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the value path that would have to be a value and a table at once."""
    own = {path: None for key, path in places.items() if path and not key.startswith("refused.")}
    try:
        nested(own)
        for values in found.refused.values():
            nested(values)
    except ValueError as error:
        yield "values", f"and the other value paths can't be set together: {error}"


def _paths(found: Application, root: Path) -> Iterator[tuple[str, str]]:
    """Yield the keys that name files or folders which are not there."""
    if not (root / found.chart / "Chart.yaml").is_file():
        yield "chart", f"= {found.chart!r} is no folder with a Chart.yaml below {root}"
    for file in found.values_files:
        if not (root / file).is_file():
            yield "values-files", f"names {file!r}, which is no file below {root}"
    for name, image in found.images.items():
        if not (root / image.dockerfile).is_file():
            yield f"{_part(name)}.image.dockerfile", f"= {image.dockerfile!r} is no file below {root}"
        if not (root / image.context).is_dir():
            yield f"{_part(name)}.image.context", f"= {image.context!r} is no folder below {root}"
        if image.size_limit is not None and image.size_limit <= 0:
            yield f"{_part(name)}.image.size-limit", f"= {image.size_limit:g} is no size: give megabytes above 0"


def _functions(found: Application, root: Path) -> Iterator[tuple[str, str]]:
    """Yield the keys that name functions of modules which are not there."""
    for key, name in (("flow", found.flow), ("plain.requests", found.plain.requests if found.plain else "")):
        match = _FUNCTION.fullmatch(name)
        if name and match is None:
            yield key, f"= {name!r} names no function: write module:function"
        elif match and not (root / f"{match['module'].replace('.', '/')}.py").is_file():
            yield key, f"= {name!r} names a module that is no file below {root}"


def _part(image: str) -> str:
    """Return the table that an image stands in."""
    return {"postgres": "database", "gemini-emulator": "model"}.get(image, image)
