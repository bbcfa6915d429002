"""Limits that a user sets in place of the promised ones: tighter ones, or looser ones, with which a run is no gate."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria import CRITERIA
from pytest_todo_k8s.criteria.criterion import row_name
from pytest_todo_k8s.criteria.figures import figure
from pytest_todo_k8s.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_todo_k8s.criteria.criterion import Aspect
    from pytest_todo_k8s.evidence import CriterionResult

_MEASURED: Final = frozenset({"s", "MB", "%"})
"""Units of what is measured; what is only counted, problems for instance, has no other limit than the promised one."""
_SETTING: Final = re.compile(r"\s*(?P<name>SC-\d{3}(-[a-z0-9-]+)?)\s*=\s*(?P<number>[0-9.]+)\s*(?P<unit>s|MB|%)?\s*")


def _rows() -> dict[str, Aspect]:
    """All rows with a limit that can be set, by name."""
    return {
        row_name(criterion.id, aspect.name): aspect
        for criterion in CRITERIA
        for aspect in criterion.aspects
        if aspect.limit is not None and aspect.unit in _MEASURED
    }


def parse(settings: Iterable[str], source: str) -> dict[str, float]:
    """Read limits such as `SC-008=70` (all its rows) or `SC-002-backend=250` (one); of two for a row the last counts.

    Args:
        settings: One setting each.
        source: Where they were written, for error sentences.

    Returns:
        Row name to limit, in the row's own unit.

    Raises:
        ConfigError: A setting is none, names nothing that can be set, or is no limit.
    """
    limits: dict[str, float] = {}
    for setting in settings:
        found = _SETTING.fullmatch(setting)
        if found is None:
            raise ConfigError(
                f"{source}: {setting!r} sets no limit", "write SC-008=70, or SC-002-backend=250 for one of its parts"
            )
        rows = _named(found["name"], setting, source)
        value = _number(found["number"])
        units = {aspect.unit for aspect in rows.values()}
        if value is None or (found["unit"] and {found["unit"]} != units):
            raise ConfigError(
                f"{source}: {setting!r} is no limit for {found['name']}",
                f"give a number above 0, in {' or '.join(sorted(units))}",
            )
        limits |= dict.fromkeys(rows, value)
    return limits


def looser(limits: Mapping[str, float]) -> dict[str, str]:
    """Return the limits that promise less than they should, as `row: "300 -> 400 s"`."""
    rows = _rows()
    return {
        name: f"{rows[name].limit:g} -> {value:g} {rows[name].unit}"
        for name, value in limits.items()
        if value > (rows[name].limit or 0.0)
    }


def beside(criterion: str, part: str | None, value: float | None) -> str:
    """Say in place of which limit a part's stands, as ` (default 80 %)`, marked where it is looser; else nothing."""
    promised = _rows().get(row_name(criterion, part)) if part else None
    if promised is None or promised.limit is None or value is None or value == promised.limit:
        return ""
    mark = ", LOOSER" if value > promised.limit else ""
    return f" (default {figure(promised.limit, promised.unit)}{mark})"


def telling_part(result: CriterionResult) -> str | None:
    """Name the part whose verdict a criterion repeats."""
    return next((part.name for part in result.parts if part.reason == result.reason), None)


def _named(name: str, setting: str, source: str) -> dict[str, Aspect]:
    """Return the rows that a name stands for."""
    rows = _rows()
    named = {row: aspect for row, aspect in rows.items() if row == name or row.startswith(f"{name}-")}
    if not named:
        raise ConfigError(
            f"{source}: {setting!r} names no limit that can be set", f"those are of {', '.join(sorted(rows))}"
        )
    return named


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and value > 0 else None
