"""A way through another application: a function that its project's settings name, `module:function`.

It is called as `function(frontend, steps)` with the frontend's address and a `Steps`. Whatever it raises is told as
the failure of the step under way: it is the flow that is judged, not its code.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_todo_k8s import project_function
from pytest_todo_k8s.flows.journey import JourneyEnd
from pytest_todo_k8s.flows.visitor import AnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_todo_k8s.flows.journey import Journey

_THROUGH = (*project_function.THROUGH, JourneyEnd)


@dataclass(frozen=True, slots=True)
class Steps:
    """Takes the steps of a flow.

    Attributes:
        mark: A text of this run alone: what the flow leaves in the database holds it, so that `database.rows` finds it.
        journey: Where the steps go.
    """

    mark: str
    journey: Journey

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block as one step; whatever it raises is the step's failure, and ends the flow.

        Raises:
            JourneyEnd: The step failed.
        """
        with self.journey.step(name):
            try:
                yield
            except _THROUGH:
                raise
            except BaseException as problem:  # pytest's own outcomes are no `Exception`
                raise AnswerError(project_function.told(problem)) from problem


def walk(root: Path, name: str, frontend: str, steps: Steps) -> None:
    """Call the function.

    Args:
        root: The project's folder.
        name: The function, `module:function`; the module is a file below `root`.
        frontend: Address of the frontend, without a slash at its end.
        steps: Takes the steps.

    Raises:
        JourneyEnd: It failed, or walked no step.
    """
    with project_function.importable(root):
        try:
            project_function.load(root, name)(frontend, steps)
        except _THROUGH:
            raise
        except BaseException as problem:  # noqa: BLE001  see above
            _fail(steps, name, project_function.told(problem))
    if not steps.journey.steps:
        _fail(steps, name, 'it walked no step: write `with steps.step("..."):` around each')


def _fail(steps: Steps, name: str, text: str) -> None:
    with steps.journey.step(name):
        raise AnswerError(text)
