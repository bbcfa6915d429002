"""Exit statuses of the gate and of `todo-k8s`, and which one wins when several apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

OK = 0
FAILED = 1
"""A criterion or another selected test failed."""
INFRASTRUCTURE = 10
"""No verdict was possible because of the machine, the cluster or a tool; safe to retry once."""
INCOMPLETE = 11
"""A criterion has no verdict, or its sample is void."""
LEFTOVERS = 12
"""Clean-up left something behind."""

PRIORITY = (FAILED, INCOMPLETE, INFRASTRUCTURE, LEFTOVERS, OK)


def worst(codes: Iterable[int]) -> int:
    """Return the status that wins: 1 before 11 before 10 before 12 before 0.

    Args:
        codes: Statuses of the gate (members of `PRIORITY`).

    Returns:
        The one with the highest priority; `OK` for no codes at all.

    Raises:
        ValueError: A code is not one of the gate's own.
    """
    return min(codes, key=PRIORITY.index, default=OK)
