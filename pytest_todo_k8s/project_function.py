"""Functions of a project that its settings name, `module:function`: a user's way, the requests that are compared."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.time_limit import TimeOver

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

THROUGH: Final = (KeyboardInterrupt, TimeOver, GeneratorExit)
"""What ends the run and not the function alone."""
_SHOWN: Final = 300
"""Characters of an error's text."""


class FunctionError(Exception):
    """The function is not there, or its module is none; the text is one sentence."""


@contextlib.contextmanager
def importable(root: Path) -> Iterator[None]:
    """Let modules of the project be imported in the block."""
    before = list(sys.path)
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path[:] = before


def load(root: Path, name: str) -> Callable[..., Any]:
    """Load a module from its file below `root`, whatever other modules have its name, and return the function.

    Raises:
        FunctionError: There is no such function.
        Exception: Whatever the module raises.
    """
    module_name, _, attribute = name.partition(":")
    file = root / f"{module_name.replace('.', '/')}.py"
    spec = importlib.util.spec_from_file_location(f"todo_k8s_project_{module_name.replace('.', '_')}", file)
    if spec is None or spec.loader is None:
        raise FunctionError(f"{file} is no module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    function: Callable[..., Any] | None = getattr(module, attribute, None)
    if not callable(function):
        raise FunctionError(f"{file} has no function {attribute}")
    return function


def told(problem: BaseException) -> str:
    """Say in one line what a function raised and on which line of which file."""
    text = " ".join(str(problem).split())[:_SHOWN]
    if isinstance(problem, FunctionError):
        return text
    own = (str(Path(__file__).parent), "<")  # Python's own importer has no file
    frames = [frame for frame in traceback.extract_tb(problem.__traceback__) if not frame.filename.startswith(own)]
    place = f" ({frames[0].filename.rpartition('/')[2]}, line {frames[0].lineno})" if frames else ""
    return f"{type(problem).__name__}{f': {text}' if text else ''}{place}"
