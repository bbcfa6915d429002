from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.verdicts import enforce

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Part


def test_criterion(todo_part: Part) -> None:
    enforce(todo_part.verdict, todo_part.reason)
