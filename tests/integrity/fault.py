"""What a seeded fault is: what it breaks, which phases look at it, and which criterion must say so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from pytest_todo_k8s.evidence import PhaseName
    from tests.integrity.world import Trial


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        criterion: The criterion that must turn red.
        name: What is broken, in a few words: a row of docs/integrity.md.
        cause: What the criterion's sentence must say, a regular expression.
        phases: The phases of the gate that are run with the fault in place.
        seed: Puts the fault in, and takes it out again when the block is left.
        also: Other criteria that this fault breaks by its nature, with the reason.
        only: Criteria that are measured, where less than a whole phase is enough.
        limits: Tighter limits, where a fault as large as the promised ones would take minutes.
    """

    criterion: str
    name: str
    cause: str
    phases: tuple[PhaseName, ...]
    seed: Callable[[Trial], AbstractContextManager[None]]
    also: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    limits: Mapping[str, float] = field(default_factory=dict)
