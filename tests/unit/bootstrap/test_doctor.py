from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap.doctor import Finding, as_json, as_text, examine
from tests.unit.bootstrap.stubs import Stubs, say, say_json

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site

NAMESPACE = "/api/v1/namespaces/todo-app-dev"


@pytest.fixture
def ready(stubs: Stubs, site: Site) -> Site:
    """A machine after set-up."""
    home = stubs.folder / "home" / ".minikube"
    stubs.docker()
    stubs.answer("docker", "'ai version'", "exit 1")
    stubs.minikube(home)
    stubs.kubectl("v1.34.1")
    stubs.answer("helm", "*", say("v3.22.0"))
    (home / "profiles" / "todo-k8s").mkdir(parents=True)
    config = {"KubernetesConfig": {"KubernetesVersion": "v1.34.4"}}
    (home / "profiles" / "todo-k8s" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    site.kubeconfig.touch()
    stubs.mark("node").write_text("running\n", encoding="utf-8")
    stubs.mark("metrics").touch()
    stubs.mark("patched").touch()
    return site


def finding(site: Site, subject: str) -> Finding:
    return next(each for each in examine(site) if each.subject == subject)


def test_every_task_has_its_line(ready: Site) -> None:
    found = examine(ready)
    assert [each.task for each in found] == [
        *("T001", "T002", "T003", "T003", "T004", "T005", "T006", "T007", "T008", "T009", "T011", "T064")
    ]
    assert all(each.good or each.optional for each in found)
    assert all(each.good or each.remedy for each in found)


def test_found_version_and_place_are_told(stubs: Stubs, ready: Site) -> None:
    assert finding(ready, "docker").found == f"20.10.24 at {stubs.bin}/docker, engine 20.10.24"
    assert finding(ready, "helm").found == f"v3.22.0 at {stubs.bin}/helm"
    assert finding(ready, "minikube").found.endswith("Kubernetes 1.34.4, profile todo-k8s")
    assert finding(ready, "kubectl").found == f"v1.34.1 at {stubs.bin}/kubectl, reaches the cluster"


def test_what_is_not_used_is_told_with_its_reason(ready: Site, stubs: Stubs, tmp_path: Path) -> None:
    older = Stubs(tmp_path / "older")
    older.answer("helm", "*", say("v3.2.0"))
    site = stubs.site(ready.cache, PATH=f"{older.bin}:{stubs.bin}")
    assert finding(site, "helm").found.endswith(f"; not used: {older.bin}/helm 3.2.0 (older than 3.14)")


def test_a_bare_machine_is_told_to_set_up(site: Site) -> None:
    found = {each.subject: each for each in examine(site)}
    for subject in ("docker", "minikube", "kubectl", "metrics", "helm"):
        assert not found[subject].good
        assert found[subject].remedy == "run `todo-k8s setup`"
        assert not found[subject].optional


def test_an_engine_that_is_down_is_bad(stubs: Stubs, ready: Site) -> None:
    stubs.mark("engine").unlink()
    docker = finding(ready, "docker")
    assert not docker.good
    assert "Cannot connect to the Docker daemon" in docker.found


def test_a_cluster_that_does_not_answer_is_bad(stubs: Stubs, ready: Site) -> None:
    stubs.api("/readyz", "printf 'connection refused\\n' >&2; exit 1")
    assert "the API server does not answer: connection refused" in finding(ready, "minikube").found
    assert not finding(ready, "kubectl").good
    assert not finding(ready, "metrics").good


@pytest.mark.parametrize(
    ("labels", "good"), [({"app.kubernetes.io/managed-by": "todo-k8s"}, True), ({}, False), (None, False)]
)
def test_a_namespace_of_others_is_bad(stubs: Stubs, ready: Site, labels: dict[str, str] | None, good: bool) -> None:
    stubs.api(NAMESPACE, say_json({"metadata": {"name": "todo-app-dev", "labels": labels}}))
    assert finding(ready, "namespace").good is good


def test_assistants_need_a_key_of_a_model(stubs: Stubs, ready: Site) -> None:
    stubs.answer("kubectl-ai", "*", ":")
    assert not finding(ready, "kubectl-ai").good
    with_key = stubs.site(ready.cache, GEMINI_API_KEY="secret")
    assert finding(with_key, "kubectl-ai").good
    assert "secret" not in finding(with_key, "kubectl-ai").found


def test_docker_ai_is_used_where_it_answers(stubs: Stubs, ready: Site) -> None:
    stubs.answer("docker", "'ai version'", say("v1.9"))
    assert finding(ready, "docker ai").good


def test_a_database_that_is_named_must_accept_connections(stubs: Stubs, ready: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        site = stubs.site(ready.cache, DATABASE_URL=f"postgresql://todo:secret@127.0.0.1:{port}/todo")
        assert finding(site, "database").found == f"DATABASE_URL, 127.0.0.1 port {port} accepts connections"
    gone = finding(site, "database")
    assert not gone.good
    assert "secret" not in gone.found


@pytest.mark.parametrize("address", ["postgresql://h:no/x", "postgresql://[::1/x"])
def test_an_address_that_is_none_is_bad(stubs: Stubs, ready: Site, address: str) -> None:
    assert not finding(stubs.site(ready.cache, DATABASE_URL=address), "database").good


def test_looking_changes_nothing(stubs: Stubs, ready: Site) -> None:
    before = sorted(ready.cache.rglob("*"))
    examine(ready)
    assert sorted(ready.cache.rglob("*")) == before
    assert stubs.calls("minikube --profile") == []


def test_text_and_json_tell_the_same() -> None:
    findings = (
        Finding("T001", "docker", good=True, found="20.10.24"),
        Finding("T007", "helm", good=False, found="not on PATH", remedy="install it"),
        Finding("T006", "kagent", good=False, found="not on PATH", remedy="if you want it", optional=True),
    )
    assert as_text(findings).splitlines() == [
        "T001  docker     good    20.10.24",
        "T007  helm       BAD     not on PATH -> install it",
        "T006  kagent     absent  not on PATH -> if you want it",
    ]
    assert [Finding(**each) for each in json.loads(as_json(findings))] == list(findings)
