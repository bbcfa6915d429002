"""Reads a report the way a browser without scripts does, only more strictly."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from pytest_todo_k8s.report.render import render

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Evidence

_HIDDEN = re.compile(r"<(style|script|template|head)\b.*?</\1>", re.DOTALL)


def tree(evidence: Evidence) -> ET.Element:
    """Our part as a tree; fails where it is not well-formed, which bad nesting or raw control characters are not."""
    return ET.fromstring(render(evidence))  # noqa: S314  our own output


def text(element: ET.Element) -> str:
    """All text below an element, with single spaces."""
    return " ".join("".join(element.itertext()).split())


def criteria_rows(root: ET.Element) -> list[list[str]]:
    """Cells of the table of criteria."""
    table = next(each for each in root.iter("table") if each.get("class") == "criteria")
    return [[text(cell) for cell in row] for row in table.findall("./tbody/tr")]


def visible_text(page: str) -> str:
    """What a page says without scripts and styles."""
    return " ".join(re.sub(r"<[^>]+>", " ", _HIDDEN.sub("", page)).split())
