"""A flow that settings name: each of its steps is told, and whatever its code does is its own failure."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.flows.journey import Journey, JourneyEnd
from pytest_todo_k8s.flows.named import Steps, walk
from pytest_todo_k8s.time_limit import TimeOver

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.measurements import FlowStep

NAME = "parts.my_flow:journey"


def walked(folder: Path, text: str) -> list[FlowStep]:
    """What came of a flow with this text."""
    (folder / "parts").mkdir(exist_ok=True)
    (folder / "parts/my_flow.py").write_text(text, encoding="utf-8")
    journey = Journey(lambda: 1.0)
    before = list(sys.path)
    try:
        walk(folder, NAME, "http://127.0.0.1:1", Steps("mark-1", journey))
    except JourneyEnd:
        assert not journey.steps[-1].ok
    else:
        assert all(step.ok for step in journey.steps)
    assert sys.path == before
    return journey.steps


def test_its_steps_are_told(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("WORD = 'hello'\n", encoding="utf-8")
    steps = walked(
        tmp_path,
        """
from dataclasses import dataclass
import beside

@dataclass
class Note:
    text: str

def journey(frontend, steps):
    with steps.step(f"{beside.WORD} {Note(steps.mark).text}"):
        assert frontend == "http://127.0.0.1:1"
    with steps.step("second"):
        pass
""",
    )
    assert [(step.name, step.ok, step.detail) for step in steps] == [("hello mark-1", True, ""), ("second", True, "")]


@pytest.mark.parametrize(
    ("text", "name", "detail"),
    [
        ("def journey(:\n", NAME, "SyntaxError: "),
        ("import no_such_module\n", NAME, "ModuleNotFoundError: No module named 'no_such_module' (my_flow.py, line 1)"),
        ("journey = 3\n", NAME, "my_flow.py has no function journey"),
        ("def journey(frontend): ...\n", NAME, "TypeError: journey() takes 1 positional argument but 2 were given"),
        ("def journey(frontend, steps): ...\n", NAME, "it walked no step: write `with steps.step"),
        ("def journey(frontend, steps):\n    exit(3)\n", NAME, "SystemExit: 3 (my_flow.py, line 2)"),
        (
            "def journey(frontend, steps):\n    with steps.step('one'):\n        assert frontend == ''\n",
            "one",
            "AssertionError (my_flow.py, line 3)",
        ),
        (
            "import pytest\ndef journey(frontend, steps):\n    with steps.step('one'):\n        pytest.fail('no')\n",
            "one",
            "Failed: no (my_flow.py, line 4)",
        ),
        (
            "def journey(frontend, steps):\n    with steps.step('in it'):\n        raise OSError('a\\nb')\n",
            "in it",
            "OSError: a b (my_flow.py, line 3)",
        ),
    ],
)
def test_its_faults_are_its_own(tmp_path: Path, text: str, name: str, detail: str) -> None:
    [step] = walked(tmp_path, text)
    assert (step.name, step.ok) == (name, False)
    assert detail in step.detail
    assert "\n" not in step.detail


def test_a_step_within_a_step_ends_both(tmp_path: Path) -> None:
    text = """
def journey(frontend, steps):
    with steps.step("one"):
        with steps.step("in it"):
            raise OSError("no")
"""
    assert [(step.name, step.ok) for step in walked(tmp_path, text)] == [("in it", False)]


def test_a_failure_that_it_hides_is_a_failure_all_the_same(tmp_path: Path) -> None:
    text = """
def journey(frontend, steps):
    try:
        with steps.step("one"):
            raise ValueError("x")
    except Exception:
        pass
"""
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/my_flow.py").write_text(text, encoding="utf-8")
    journey = Journey(lambda: 1.0)
    walk(tmp_path, NAME, "", Steps("mark-1", journey))
    assert [step.ok for step in journey.steps] == [False]


@pytest.mark.parametrize("ending", [KeyboardInterrupt, TimeOver])
def test_what_ends_the_run_ends_it_too(tmp_path: Path, ending: type[BaseException]) -> None:
    text = f"""
from pytest_todo_k8s.time_limit import TimeOver
def journey(frontend, steps):
    with steps.step("one"):
        raise {ending.__name__}
"""
    with pytest.raises(ending):
        walked(tmp_path, text)
