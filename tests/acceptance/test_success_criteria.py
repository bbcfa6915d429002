"""The gate itself: one row for each part of each success criterion.

The plugin makes the rows and measures before the first of them; a row only says what its evidence shows. Verdicts that
are none (blocked, incomplete, not run) end a row in the fixture: as an error or a skip, never as a pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.verdicts import enforce

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Part


def test_criterion(todo_part: Part) -> None:
    enforce(todo_part.verdict, todo_part.reason)
