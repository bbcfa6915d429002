"""The table of values in the chart's README, made from values.yaml and the comments in it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BEGIN: Final = "<!-- values: made from values.yaml by tox -e chart -- --regenerate -->"
END: Final = "<!-- end of values -->"
WHOLE: Final = frozenset({"env", "resources", "annotations"})
"""Keys whose maps are one value each."""


@dataclass(frozen=True)
class Row:
    """One value.

    Attributes:
        path: Dotted path.
        default: Its default as JSON.
        meaning: The comment above it.
    """

    path: str
    default: str
    meaning: str


class UndocumentedValueError(Exception):
    """A value has no comment; the text names it and its line."""


def rows(text: str) -> list[Row]:
    """Read the values and their comments.

    Args:
        text: Content of values.yaml.

    Raises:
        UndocumentedValueError: A value has no comment above it.
    """
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(node, yaml.MappingNode)
    return list(_rows(node, text.splitlines(), ""))


def with_values(readme: str, values: str) -> str:
    """Return the README with the table made anew from values.yaml."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = [f"| `{row.path}` | `{row.default}` | {row.meaning} |" for row in rows(values)]
    table = "\n".join(["| key | default | meaning |", "|---|---|---|", *lines])
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def _rows(mapping: yaml.MappingNode, lines: Sequence[str], prefix: str) -> Iterator[Row]:
    for key, value in mapping.value:
        path = prefix + key.value
        if isinstance(value, yaml.MappingNode) and key.value not in WHOLE:
            yield from _rows(value, lines, f"{path}.")
            continue
        meaning = _comment(lines, key.start_mark.line)
        if not meaning:
            raise UndocumentedValueError(f"values.yaml line {key.start_mark.line + 1}: {path} has no comment above it")
        default = yaml.SafeLoader("").construct_document(value)
        yield Row(path, json.dumps(default).replace("|", "\\|"), meaning)


def _comment(lines: Sequence[str], line: int) -> str:
    """Return the comment lines directly above a line, as one."""
    found: list[str] = []
    while line and (match := re.match(r"\s*#\s?(.*)", lines[line - 1])):
        found.insert(0, match[1].strip())
        line -= 1
    return " ".join(found).replace("|", "\\|")
