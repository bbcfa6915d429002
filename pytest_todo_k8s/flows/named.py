"""A way through another application: a function that its project's settings name, `module:function`.

It is called as `function(frontend, steps)` with the frontend's address and a `Steps`. Whatever it raises is told as
the failure of the step under way: it is the flow that is judged, not its code.
"""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.flows.journey import JourneyEnd
from pytest_todo_k8s.flows.visitor import AnswerError
from pytest_todo_k8s.time_limit import TimeOver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_todo_k8s.flows.journey import Journey

_THROUGH: Final = (KeyboardInterrupt, TimeOver, JourneyEnd, GeneratorExit)
"""What ends more than a step."""
_SHOWN: Final = 300
"""Characters of an error's text."""


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
                raise AnswerError(_told(problem)) from problem


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
    with _importable(root):
        try:
            _function(root, name)(frontend, steps)
        except _THROUGH:
            raise
        except BaseException as problem:  # noqa: BLE001  see above
            _fail(steps, name, _told(problem))
    if not steps.journey.steps:
        _fail(steps, name, 'it walked no step: write `with steps.step("..."):` around each')


def _fail(steps: Steps, name: str, text: str) -> None:
    with steps.journey.step(name):
        raise AnswerError(text)


@contextlib.contextmanager
def _importable(root: Path) -> Iterator[None]:
    """Let modules of the project be imported in the block."""
    before = list(sys.path)
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path[:] = before


def _function(root: Path, name: str) -> Callable[[str, Steps], object]:
    """Load the module from its file, whatever other modules have its name, and return the function."""
    module_name, _, attribute = name.partition(":")
    file = root / f"{module_name.replace('.', '/')}.py"
    spec = importlib.util.spec_from_file_location(f"todo_k8s_flow_{module_name.replace('.', '_')}", file)
    if spec is None or spec.loader is None:
        raise AnswerError(f"{file} is no module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    function: Callable[[str, Steps], object] | None = getattr(module, attribute, None)
    if not callable(function):
        raise AnswerError(f"{file} has no function {attribute}")
    return function


def _told(problem: BaseException) -> str:
    """Say in one line what was raised and on which line of which file."""
    text = " ".join(str(problem).split())[:_SHOWN]
    if isinstance(problem, AnswerError):
        return text
    ours = (__file__, "<")  # and Python's own, which has no files
    frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if not frame.filename.startswith(ours)]
    place = f" ({frames[0].filename.rpartition('/')[2]}, line {frames[0].lineno})" if frames else ""
    return f"{type(problem).__name__}{f': {text}' if text else ''}{place}"
