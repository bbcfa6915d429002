from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap import cluster
from pytest_todo_k8s.bootstrap.binaries import KUBERNETES
from pytest_todo_k8s.bootstrap.cluster import ClusterStep
from pytest_todo_k8s.bootstrap.minikube import Minikube
from pytest_todo_k8s.bootstrap.programs import fit, minikubes
from pytest_todo_k8s.bootstrap.step import Condition, broken
from pytest_todo_k8s.errors import SetupError
from pytest_todo_k8s.tools.command import CommandError
from tests.unit.bootstrap.stubs import say

if TYPE_CHECKING:
    from pytest_todo_k8s.bootstrap.site import Site
    from tests.unit.bootstrap.conftest import Heard
    from tests.unit.bootstrap.stubs import Stubs

NOT_READY = {"items": [{"status": {"conditions": [{"type": "Ready", "status": "Unknown"}]}}]}


@pytest.fixture(autouse=True)
def free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setattr(cluster, "NODE_PORT", probe.getsockname()[1])


@pytest.fixture
def step(stubs: Stubs, site: Site) -> ClusterStep:
    """A machine with engine, minikube and kubectl, and no profile."""
    stubs.docker()
    stubs.minikube(stubs.folder / "home" / ".minikube")
    stubs.kubectl()
    return ClusterStep(site, Minikube(site, fit(minikubes(site))))


@pytest.fixture
def started(step: ClusterStep, heard: Heard) -> ClusterStep:
    step.run(heard)
    return step


def starts(stubs: Stubs) -> int:
    return len(stubs.calls("minikube --profile=todo-k8s start "))


def deletions(stubs: Stubs) -> int:
    return len(stubs.calls("minikube --profile=todo-k8s delete"))


def test_no_profile_is_missing_and_started(stubs: Stubs, step: ClusterStep, heard: Heard) -> None:
    assert step.state().reason == "no profile todo-k8s"
    step.run(heard)
    assert step.state().done
    assert step.state().reason == "Kubernetes 1.34.4, profile todo-k8s"
    assert step.site.record.profile
    assert (starts(stubs), deletions(stubs)) == (1, 0)
    assert heard.lines == ["Starting control plane"]


def test_looking_never_calls_minikube(stubs: Stubs, step: ClusterStep, heard: Heard) -> None:
    step.run(heard)
    stubs.forget()
    step.state()
    assert stubs.calls("minikube") == []


def test_a_stopped_node_is_started_again(stubs: Stubs, step: ClusterStep, heard: Heard) -> None:
    step.run(heard)
    stubs.mark("node").write_text("exited\n", encoding="utf-8")
    assert step.state() == broken("the node is exited")
    step.run(heard)
    assert step.state().done
    assert deletions(stubs) == 0


def test_a_container_that_minikube_does_not_know_is_removed_first(
    stubs: Stubs, step: ClusterStep, heard: Heard
) -> None:
    stubs.mark("node").write_text("running\n", encoding="utf-8")
    assert step.state() == broken("the profile is half made: minikube does not know it")
    step.run(heard)
    assert step.state().done
    assert deletions(stubs) == 1
    assert "docker container rm --force --volumes todo-k8s" in stubs.calls()
    assert "docker network rm todo-k8s" in stubs.calls()


def test_a_profile_without_a_container_is_removed_first(stubs: Stubs, step: ClusterStep, heard: Heard) -> None:
    step.run(heard)
    stubs.mark("node").unlink()
    assert step.state() == broken("the profile is half made: it has no container")
    step.run(heard)
    assert step.state().done
    assert deletions(stubs) == 1


@pytest.mark.parametrize("container", [True, False])
def test_a_half_written_profile_file_is_removed_first(
    stubs: Stubs, step: ClusterStep, heard: Heard, container: bool
) -> None:
    step.run(heard)
    step.minikube.profile_file.write_text('{"Kuber', encoding="utf-8")
    if not container:
        stubs.mark("node").unlink()
    assert step.state().condition is Condition.BROKEN
    step.run(heard)
    assert step.state().done
    assert deletions(stubs) == 1


@pytest.mark.parametrize(
    ("path", "answer", "problem"),
    [
        ("/readyz", "printf 'connection refused\\n' >&2; exit 1", "the API server does not answer: connection refused"),
        ("/api/v1/nodes", say('{"items": []}'), "the node is not ready"),
        ("/api/v1/nodes", say(str(NOT_READY).replace("'", '"')), "the node is not ready"),
        ("/api/v1/nodes", say("no JSON"), "the node is not ready"),
    ],
)
def test_a_running_node_that_does_not_work_is_broken(
    stubs: Stubs, started: ClusterStep, path: str, answer: str, problem: str
) -> None:
    stubs.api(path, answer)
    assert started.state() == broken(problem)


def test_a_lost_kubeconfig_is_broken_and_comes_back(step: ClusterStep, heard: Heard) -> None:
    step.run(heard)
    step.site.kubeconfig.unlink()
    assert step.state().condition is Condition.BROKEN
    step.run(heard)
    assert step.state().done


def test_a_start_that_fails_is_tried_again_from_nothing(stubs: Stubs, step: ClusterStep, heard: Heard) -> None:
    tried = stubs.mark("tried")
    first = f"[ -e {tried} ] || {{ : > {tried}; printf 'X Exiting due to GUEST_START\\n' >&2; exit 80; }}"
    _, works = next(each for each in stubs.written["minikube"] if each[0] == "*' start '*")
    stubs.answer("minikube", "*' start '*", first + works)
    step.run(heard)
    assert step.state().done
    assert (starts(stubs), deletions(stubs)) == (2, 1)
    assert any("GUEST_START" in line and "making it anew" in line for line in heard.lines)


def test_a_second_failure_is_the_users(stubs: Stubs, step: ClusterStep, heard: Heard) -> None:
    stubs.answer("minikube", "*' start '*", "printf 'X Exiting due to K8S_PULL: no registry\\n' >&2; exit 80")
    with pytest.raises(CommandError, match="K8S_PULL: no registry"):
        step.run(heard)
    assert starts(stubs) == 2
    assert "take this minikube off PATH" in step.remedy


def test_a_taken_port_is_told_before_anything_is_made(
    stubs: Stubs, step: ClusterStep, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        monkeypatch.setattr(cluster, "NODE_PORT", other.getsockname()[1])
        with pytest.raises(SetupError, match=r"port \d+ of 127\.0\.0\.1.*is taken"):
            step.run(heard)
    assert starts(stubs) == 0
    assert not step.site.record.profile


def test_minikube_fetches_a_kubectl_where_none_fits(stubs: Stubs, step: ClusterStep, heard: Heard) -> None:
    stubs.kubectl("v1.20.0")
    fetched = step.minikube.home / "cache" / "linux" / "amd64" / "v1.34.4"
    fetch = f"/bin/mkdir -p {fetched}; : > {fetched}/kubectl"
    stubs.answer("minikube", "*' kubectl -- version --client'", fetch)
    step.run(heard)
    assert step.minikube.kubectl() == fetched / "kubectl"


def test_no_kubectl_at_all_is_one_sentence(stubs: Stubs, step: ClusterStep, heard: Heard) -> None:
    (stubs.bin / "kubectl").unlink()
    with pytest.raises(SetupError, match="there is no kubectl that fits the cluster"):
        step.run(heard)


def test_a_built_minikube_finds_the_nodes_programs_in_its_cache(stubs: Stubs, site: Site, heard: Heard) -> None:
    stubs.docker()
    KUBERNETES.folder(site).mkdir(parents=True)
    for name in KUBERNETES.programs:
        KUBERNETES.program(site, name).write_text(f"new {name}", encoding="utf-8")
    minikube = Minikube(site, None)
    folder = minikube.home / "cache" / "linux" / "amd64" / "v1.34.4"
    folder.mkdir(parents=True)
    (folder / "kubelet").write_text("half", encoding="utf-8")
    with pytest.raises(CommandError):  # there is no minikube to start
        ClusterStep(site, minikube).run(heard)
    assert {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()} == {
        "kubeadm": "new kubeadm",
        "kubectl": "new kubectl",
        "kubelet": "new kubelet",
    }


def test_without_an_engine_it_can_not_be_told(stubs: Stubs, step: ClusterStep) -> None:
    stubs.mark("engine").unlink()
    step.site.known.clear()
    assert step.state().condition is Condition.UNKNOWN


def test_stop_stops_a_running_node_only(stubs: Stubs, step: ClusterStep, heard: Heard) -> None:
    assert not cluster.stop(step.site, step.minikube, heard)
    step.run(heard)
    assert cluster.stop(step.site, step.minikube, heard)
    assert stubs.mark("node").read_text(encoding="utf-8") == "exited\n"
    assert not cluster.stop(step.site, step.minikube, heard)


def test_delete_leaves_no_trace_in_minikubes_folder(step: ClusterStep, heard: Heard) -> None:
    step.run(heard)
    machine = step.minikube.home / "machines" / "todo-k8s"
    machine.mkdir(parents=True)
    cluster.delete(step.site, step.minikube, heard)
    assert not machine.exists()
    assert not step.minikube.profile_file.exists()
