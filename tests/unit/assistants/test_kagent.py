"""kagent as documented: status 0 with the error on stderr, a JSON success, an approval that is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.assistants.kagent import AGENT, Kagent
from pytest_todo_k8s.assistants.proposal import Proposal, Status
from pytest_todo_k8s.cluster.kube import KubeError
from tests.unit.assistants.fakes import Fakes, kagent, request, says, task

if TYPE_CHECKING:
    from pathlib import Path


class Controller:
    """The API of a cluster with, or without, kagent's controller."""

    def __init__(self, *, there: bool = True) -> None:
        self.there = there

    def get(self, path: str, **_: object) -> dict[str, Any]:
        if not self.there:
            raise KubeError(404, "NotFound", f"{path} not found")
        return {}

    def text(self, _path: str, **_: object) -> str:
        return "OK"


CONTROLLER: Any = Controller()


def tool(tmp_path: Path, answer: str, timeout_s: float = 20.0) -> tuple[Kagent, Fakes]:
    fakes = Fakes(tmp_path)
    fakes.add("kagent", kagent(answer))
    return Kagent("kagent", fakes.caller(), CONTROLLER, "http://127.0.0.1:1", timeout_s), fakes


def ask(tmp_path: Path, answer: str) -> Proposal:
    return tool(tmp_path, answer)[0].propose(request("health"))


def test_command_line_and_controller_must_both_answer(tmp_path: Path) -> None:
    there, _ = tool(tmp_path, "")
    assert (there.detect().available, there.detect().version) == (True, "0.10.2")
    nobody: Any = Controller(there=False)
    alone = Kagent("kagent", there.caller, nobody)
    assert "its controller does not answer" in alone.detect().reason
    absent = Kagent("kagent-of-nobody", there.caller, CONTROLLER)
    assert absent.detect().reason == "kagent-of-nobody is not on PATH"


def test_a_completed_task(tmp_path: Path) -> None:
    kit, fakes = tool(tmp_path, says(task("completed", "Two pods are Running.")))
    answer = kit.propose(request("health"))
    assert (answer.status, answer.text) == (Status.OK, "Two pods are Running.")
    called = fakes.seen("kagent", "calls")
    assert called.startswith("invoke --namespace kagent --agent " + AGENT)


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ("echo 'Error: no such agent' >&2; exit 0", Status.MALFORMED, "no such agent"),
        (says(task("input-required", "May I delete the pod?")), Status.REFUSED, "May I delete"),
        (says(task("failed", "no")), Status.MALFORMED, "state failed"),
        (says(task("completed", "")), Status.MALFORMED, "no text"),
        (says("[1, 2]"), Status.MALFORMED, "it answered no task"),
        ("exit 0", Status.MALFORMED, "nothing"),
    ],
)
def test_everything_else_is_no_answer(tmp_path: Path, answer: str, status: Status, words: str) -> None:
    found = ask(tmp_path, answer)
    assert found.status is status
    assert words in found.text


def test_a_hang_is_a_time_out(tmp_path: Path) -> None:
    assert tool(tmp_path, "sleep 60", timeout_s=0.5)[0].propose(request("health")).status is Status.TIMEOUT


def test_it_is_not_asked_for_manifests(tmp_path: Path) -> None:
    assert tool(tmp_path, "echo asked")[0].propose(request("manifest")).status is Status.UNAVAILABLE
