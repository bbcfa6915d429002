"""kubectl-ai as documented: refusal with status 1, a hang, an empty success, and its older namesake."""

from __future__ import annotations

import textwrap
import time
from typing import TYPE_CHECKING

from pytest_todo_k8s.assistants.kubectl_ai import KubectlAi
from pytest_todo_k8s.assistants.proposal import Proposal, Status
from tests.unit.assistants.fakes import REFUSAL, Fakes, kubectl_ai, request, says

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.assistants.proposal import Subject

POD = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n"


def ask(tmp_path: Path, answer: str, subject: Subject = "health", timeout_s: float = 20.0) -> tuple[Proposal, Fakes]:
    fakes = Fakes(tmp_path)
    fakes.add("kubectl-ai", kubectl_ai(answer))
    tool = KubectlAi("kubectl-ai", fakes.caller(OPENAI_API_KEY="x"), "openai", "fake", timeout_s)
    return tool.propose(request(subject, kubeconfig=tmp_path / "kubeconfig")), fakes


def test_found_with_a_key(tmp_path: Path) -> None:
    fakes = Fakes(tmp_path)
    fakes.add("kubectl-ai", kubectl_ai(""))
    found = KubectlAi("kubectl-ai", fakes.caller(GEMINI_API_KEY="k")).detect()
    assert (found.available, found.version) == (True, "version: 0.0.28 commit: abc")
    found = KubectlAi("kubectl-ai", fakes.caller()).detect()
    assert (found.available, found.reason) == (False, "GEMINI_API_KEY is not set")


def test_its_older_namesake_is_not_it(tmp_path: Path) -> None:
    fakes = Fakes(tmp_path)
    fakes.add("kubectl-ai", kubectl_ai("", help_text="--openai-deployment-name"))
    found = KubectlAi("kubectl-ai", fakes.caller(GEMINI_API_KEY="k")).detect()
    assert "another tool of that name" in found.reason


def test_absent(tmp_path: Path) -> None:
    found = KubectlAi("kubectl-ai", Fakes(tmp_path).caller()).detect()
    assert found.reason == "kubectl-ai is not on PATH"


def test_a_summary(tmp_path: Path) -> None:
    answer, fakes = ask(tmp_path, says("All pods are Running.\n  kubectl get pods -n todo-app-dev"))
    assert answer.status is Status.OK
    assert answer.commands == ["kubectl get pods -n todo-app-dev"]
    called = fakes.seen("kubectl-ai", "calls")
    assert "--quiet" in called
    assert "--model=fake" in called
    assert "--skip-permissions" not in called
    environment = fakes.seen("kubectl-ai", "env")
    assert f"KUBECONFIG={tmp_path}/kubeconfig" in environment
    assert "OPENAI_API_KEY=x" in environment
    assert "AWS_SECRET_ACCESS_KEY" not in environment
    assert "/home" in environment.partition("HOME=")[2].splitlines()[0]
    deadline = time.monotonic() + 10
    while fakes.seen("kubectl-ai", "stdin") != "end\n":  # read in the background, which may be later than the answer
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_refusal_is_a_list_of_commands(tmp_path: Path) -> None:
    answer, _ = ask(tmp_path, f"cat >&2 <<'END'\n{REFUSAL}END\nexit 1")
    assert answer.status is Status.REFUSED
    assert answer.commands == [
        "kubectl delete deployment todo-backend -n todo-app-dev",
        "kubectl create secret generic x",
    ]


def test_a_hang_is_a_time_out(tmp_path: Path) -> None:
    answer, _ = ask(tmp_path, "sleep 60", timeout_s=0.5)
    assert answer.status is Status.TIMEOUT


def test_an_empty_success_is_no_answer(tmp_path: Path) -> None:
    answer, _ = ask(tmp_path, "exit 0")
    assert (answer.status, answer.text) == (Status.MALFORMED, "it ended well and said nothing")


def test_a_manifest_comes_from_the_trace(tmp_path: Path) -> None:
    trace = "---\naction: http.request\n---\naction: tool-response\npayload:\n  result:\n    stdout: |\n"
    trace += textwrap.indent(POD, "      ")
    answer, _ = ask(tmp_path, f"cat >\"$trace\" <<'END'\n{trace}END\necho done", "manifest")
    assert answer.status is Status.OK
    assert answer.content == POD
    assert "dry-run=client" not in answer.raw


def test_a_manifest_that_is_not_there(tmp_path: Path) -> None:
    answer, _ = ask(tmp_path, "echo sorry", "manifest")
    assert answer.status is Status.MALFORMED


def test_without_a_read_only_account_it_is_not_asked(tmp_path: Path) -> None:
    fakes = Fakes(tmp_path)
    fakes.add("kubectl-ai", kubectl_ai("echo asked"))
    answer = KubectlAi("kubectl-ai", fakes.caller()).propose(request("health"))
    assert answer.status is Status.UNAVAILABLE
    assert not (fakes.folder / "kubectl-ai.calls").exists()
