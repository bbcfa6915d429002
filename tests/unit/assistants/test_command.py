"""`todo-k8s assist` as a user calls it, in a project of its own, with fake tools on PATH and no cluster."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pytest_todo_k8s import cli
from pytest_todo_k8s.assistants import approval, gordon, workbench
from tests.unit.analysis.test_manifests import as_worded
from tests.unit.assistants.fakes import GOOD_DOCKERFILE, Fakes, docker_ai, kubectl_ai, says
from tests.unit.cluster.release import container

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def default_sigterm() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def fakes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fakes:
    """A project's folder, with fake tools as the only ones beside the system's."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / "Dockerfiles", project / "Dockerfiles")
    (project / "charts/todo-chatbot-chart").mkdir(parents=True)
    monkeypatch.chdir(project)
    made = Fakes(tmp_path)
    monkeypatch.setenv("PATH", f"{made.folder}:/usr/bin:/bin")
    monkeypatch.setenv("TODO_K8S_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(gordon, "QUIET_S", 0.3)
    for name in workbench.MODEL_KEYS:
        monkeypatch.delenv(name, raising=False)
    return made


@pytest.fixture
def assist(fakes: Fakes, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def call(*words: str) -> tuple[int, str, str]:
        status = cli.main(["assist", *words])
        heard = capsys.readouterr()
        return status, heard.out, heard.err

    assert fakes.folder.is_dir()
    return call


def objects(out: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(out)
    return found


def test_dockerfiles_are_analysed_without_any_tool(assist: Callable[..., tuple[int, str, str]]) -> None:
    status, out, _ = assist("dockerfile")
    assert status == 0
    assert "backend (backend.Dockerfile): 11 of 11 rules kept" in out


def test_a_poor_dockerfile_is_status_1(assist: Callable[..., tuple[int, str, str]]) -> None:
    Path("Dockerfiles/backend.Dockerfile").write_text("FROM python\n")
    status, out, _ = assist("dockerfile", "backend", "--json")
    assert status == 1
    found = objects(out)
    assert [image["image"] for image in found["analysis"]["images"]] == ["backend"]
    assert found["proposals"][0]["review"]["allowed"] is False


def test_a_tool_that_is_not_there_is_told_and_the_analyser_answers(
    assist: Callable[..., tuple[int, str, str]], fakes: Fakes
) -> None:
    fakes.add("docker", 'echo "docker: unknown command: docker ai" >&2; exit 1')
    status, out, _ = assist("dockerfile", "backend", "--with", "gordon")
    assert status == 0
    assert "gordon backend: unavailable: docker: unknown command: docker ai" in out
    assert "builtin backend: ok, allowed" in out
    assert not list(Path("out/ai").glob("*gordon*"))


def test_a_proposal_is_reviewed_kept_and_not_applied(assist: Callable[..., tuple[int, str, str]], fakes: Fakes) -> None:
    fakes.add("docker", docker_ai(says(f"```dockerfile\n{GOOD_DOCKERFILE.replace('10001', 'root')}```\n")))
    committed = Path("Dockerfiles/backend.Dockerfile").read_text()
    status, out, _ = assist("dockerfile", "backend", "--with", "gordon", "--json")
    assert status == 0
    proposal = objects(out)["proposals"][-1]
    assert (proposal["tool"], proposal["status"], proposal["review"]["allowed"]) == ("gordon", "ok", False)
    assert len(list(Path("out/ai").glob("dockerfile-gordon-*.json"))) == 1
    assert Path("Dockerfiles/backend.Dockerfile").read_text() == committed
    status, _, err = assist("dockerfile", "--apply", proposal["sha256"])
    assert status == 10
    assert "is not allowed" in err
    assert "nothing was applied" in err
    assert Path("Dockerfiles/backend.Dockerfile").read_text() == committed


def test_an_allowed_dockerfile_is_built_and_measured_before_it_is_copied(
    assist: Callable[..., tuple[int, str, str]], fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []

    class Engine:
        size_bytes = 400_000_000

        def __init__(self, *_: object) -> None:
            pass

        def build(self, order: Any) -> None:
            built.append(order.dockerfile.read_text())

        def size(self, _reference: str) -> Any:
            return type("Size", (), {"unpacked_bytes": self.size_bytes, "history_bytes": None})

        def remove(self, reference: str) -> None:
            built.append(reference)

    monkeypatch.setattr(approval, "Engine", Engine)
    fakes.add("docker", docker_ai(says(f"```dockerfile\n{GOOD_DOCKERFILE}```\n")))
    assist("dockerfile", "backend", "--with", "gordon")
    digest = next(Path("out/ai").glob("dockerfile-gordon-*.json")).stem.rpartition("-")[2]
    assert "the budget is 300 MB" in assist("dockerfile", "--apply", digest)[2]
    assert Path("Dockerfiles/backend.Dockerfile").read_text() != GOOD_DOCKERFILE
    Engine.size_bytes = 100_000_000
    status, out, _ = assist("dockerfile", "--apply", digest)
    assert (status, "built (100 MB)" in out) == (0, True)
    assert Path("Dockerfiles/backend.Dockerfile").read_text() == GOOD_DOCKERFILE
    assert built[:2] == [GOOD_DOCKERFILE, f"todo-proposal-backend:{digest}"]


def test_manifests_are_compared_with_the_wording(assist: Callable[..., tuple[int, str, str]], fakes: Fakes) -> None:
    fakes.add("helm", says(yaml.safe_dump_all(as_worded())))
    status, out, _ = assist("manifest", "Service/todo-backend-service")
    assert status == 0
    assert "T044 Service/todo-backend-service: 1 of 1 clauses as worded" in out


def test_a_manifest_of_the_chart_passes_the_review_that_proposals_pass(
    assist: Callable[..., tuple[int, str, str]], fakes: Fakes
) -> None:
    manifests = as_worded()
    for each in manifests:
        each.setdefault("apiVersion", "apps/v1" if each["kind"] == "Deployment" else "v1")
    manifests[0]["spec"]["selector"] = {"matchLabels": {"app": "todo-backend"}}
    fakes.add("helm", says(yaml.safe_dump_all(manifests)))
    _, out, _ = assist("manifest", "Deployment/todo-backend", "--json")
    violations = objects(out)["proposals"][0]["review"]["violations"]
    assert any("drops all capabilities" in text for text in violations)  # the wording alone is not enough
    assert container("backend")["securityContext"]["capabilities"] == {"drop": ["ALL"]}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["dockerfile", "nothing"], "there is no image nothing"),
        (["manifest", "Pod/x"], "no task asks for Pod/x"),
        (["health"], "minikube is not on this machine"),
        (["health", "--namespace", "No_Name"], "'No_Name' can't name a namespace"),
        (["health", "--cluster", "gke"], "'gke' names no cluster"),
        (["health", "--apply", "zz"], "'zz' is no hash of a proposal"),
        (["health", "--apply", "0" * 12], "no proposal has the hash"),
    ],
    ids=" ".join,
)
def test_bad_input_gets_one_sentence(
    assist: Callable[..., tuple[int, str, str]], fakes: Fakes, words: list[str], said: str
) -> None:
    fakes.add("helm", says(yaml.safe_dump_all(as_worded())))
    status, _, err = assist(*words)
    assert status == 10
    assert said in err
    assert "Traceback" not in err


def test_outside_a_project(
    assist: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "holds no charts/todo-chatbot-chart" in assist("dockerfile")[2]


def test_tools_that_are_not_on_this_machine(assist: Callable[..., tuple[int, str, str]], fakes: Fakes) -> None:
    fakes.add("helm", says(yaml.safe_dump_all(as_worded())))
    for tool in ("kubectl-ai", "kagent"):
        _, out, _ = assist("manifest", "Service/todo-backend-service", "--with", tool)
        assert f"{tool} Service/todo-backend-service: unavailable: {tool} is not on PATH" in out


def test_an_absent_cluster_tool_is_told_before_the_cluster_is_asked(
    assist: Callable[..., tuple[int, str, str]], fakes: Fakes
) -> None:
    fakes.add("helm", says(yaml.safe_dump_all(as_worded())))
    fakes.add("kubectl-ai", kubectl_ai("", help_text="nothing"))
    _, out, _ = assist("manifest", "Service/todo-backend-service", "--with", "kubectl-ai")
    assert "kubectl-ai Service/todo-backend-service: unavailable: it is another tool of that name" in out
