from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pytest_todo_k8s.errors import PhaseError, TodoK8sError
from pytest_todo_k8s.phases import deploy
from pytest_todo_k8s.tools.redaction import Secret
from tests.unit.cluster.release import pod, state
from tests.unit.phases.live import NAMESPACE, LiveKube, context, helm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_todo_k8s.context import RunContext

NAMESPACE_OBJECTS = ["Namespace/test-namespace", "ResourceQuota/todo-k8s", "LimitRange/todo-k8s"]


@pytest.fixture
def runs() -> Iterator[list[RunContext]]:
    """Runs whose background commands are stopped at the end."""
    started: list[RunContext] = []
    yield started
    for run in started:
        for command in run.background:
            command.stop()


def test_a_good_deployment(tmp_path: Path, runs: list[RunContext]) -> None:
    run, kube, stubs = context(tmp_path)
    runs.append(run)
    deploy.run(run)
    found = run.evidence.deploy
    assert found is not None
    assert (found.release, found.revision, found.namespace_uid) == ("todo-chatbot", 1, "uid-of-test-namespace")
    assert found.ready_s is not None
    assert found.helm_s > 0
    assert [each.app for each in found.pods] == ["todo-frontend", "todo-frontend", "todo-postgres", "todo-migrate"]
    assert kube.stored == [*NAMESPACE_OBJECTS, "Secret/todo-app-secrets", "Secret/todo-postgres-secrets"]
    assert run.evidence.manifests is not None
    assert all(check.ok for check in run.evidence.manifests.checks)
    installed = next(call for call in stubs.calls("helm") if call.startswith("upgrade"))
    assert installed.endswith(
        f"--values {tmp_path}/charts/todo-chatbot-chart/values-dev.yaml --values {tmp_path}/state/values.yaml"
    )


def test_the_ways_in(tmp_path: Path, runs: list[RunContext]) -> None:
    run, kube, _ = context(tmp_path)
    runs.append(run)
    deploy.run(run)
    deployed = run.deployed()
    assert deployed.frontend.local_url == "http://127.0.0.1:30080"
    assert deployed.backend_url == "http://127.0.0.1:4711"
    assert len(run.background) == 2
    password = kube.created[4][1]["stringData"]["POSTGRES_PASSWORD"]
    assert deployed.database_url
    assert deployed.database_url.reveal() == f"postgresql://todo:{password}@127.0.0.1:4711/todo"
    inside = kube.created[3][1]["stringData"]["DATABASE_URL"]
    assert inside == f"postgresql://todo:{password}@todo-postgres-service:5432/todo"


def test_no_secret_leaves_the_api_call(tmp_path: Path, runs: list[RunContext]) -> None:
    run, kube, stubs = context(tmp_path)
    runs.append(run)
    deploy.run(run)
    values = [value for _, body, _ in kube.created[3:5] for value in body["stringData"].values()]
    assert len(set(values)) == 5
    own = tmp_path / "state" / "values.yaml"
    assert own.stat().st_mode & 0o777 == 0o600
    files = [own.read_text(encoding="utf-8"), run.journal.file.read_text(encoding="utf-8")]
    shown = "\n".join([*files, *stubs.calls("helm"), *stubs.calls("kubectl"), run.evidence.model_dump_json()])
    assert not any(value in shown for value in values)
    assert all(run.redactor.found_in(f"x{value}y") for value in values)


def test_the_values_of_a_run(tmp_path: Path, runs: list[RunContext]) -> None:
    run, _, _ = context(tmp_path)
    runs.append(run)
    deploy.run(run)
    assert yaml.safe_load((tmp_path / "state" / "values.yaml").read_text(encoding="utf-8")) == {
        "existingSecret": "todo-app-secrets",
        "imagePullPolicy": "Never",
        "backend": {"image": {"repository": "todo-backend", "tag": "abc"}},
        "frontend": {"image": {"repository": "todo-frontend", "tag": "abc"}, "service": {"nodePort": 30080}},
        "postgres": {
            "image": {"repository": "todo-postgres", "tag": "abc"},
            "existingSecret": "todo-postgres-secrets",
        },
        "geminiEmulator": {"image": {"repository": "todo-gemini-emulator", "tag": "abc"}},
    }


def test_a_real_model_is_called_in_the_emulators_place(tmp_path: Path, runs: list[RunContext]) -> None:
    run, kube, _ = context(tmp_path)
    run = dataclasses.replace(run, settings=dataclasses.replace(run.settings, model_key=Secret("model-key-1")))
    assert run.evidence.build is not None
    run.evidence.build.images.pop()
    runs.append(run)
    deploy.run(run)
    own = yaml.safe_load((tmp_path / "state" / "values.yaml").read_text(encoding="utf-8"))
    assert own["geminiEmulator"] == {"enabled": False}
    assert own["networkPolicy"] == {"backendHttpsEgress": True}
    assert kube.created[3][1]["stringData"]["GEMINI_API_KEY"] == "model-key-1"


@pytest.mark.parametrize("mine", ["", "a-key-for-other-programs"])
def test_the_emulator_gets_a_key_of_its_own(tmp_path: Path, runs: list[RunContext], mine: str) -> None:
    run, kube, _ = context(tmp_path)
    settings = dataclasses.replace(run.settings, environment={"GEMINI_API_KEY": mine})
    run = dataclasses.replace(run, settings=settings)
    runs.append(run)
    deploy.run(run)
    key = kube.created[3][1]["stringData"]["GEMINI_API_KEY"]
    assert len(key) > 20
    assert key != mine


def test_an_external_database(tmp_path: Path, runs: list[RunContext]) -> None:
    run, kube, stubs = context(tmp_path)
    url = Secret("postgresql://me:pass-word@db.example/app")
    run = dataclasses.replace(run, settings=dataclasses.replace(run.settings, database_url=url))
    assert run.evidence.build is not None
    run.evidence.build.images = [image for image in run.evidence.build.images if image.name != "postgres"]
    runs.append(run)
    deploy.run(run)
    assert kube.stored == [*NAMESPACE_OBJECTS, "Secret/todo-app-secrets"]
    assert kube.created[3][1]["stringData"]["DATABASE_URL"] == url.reveal()
    assert run.deployed().database_url is url
    assert len(run.background) == 1
    installed = next(call for call in stubs.calls("helm") if call.startswith("upgrade"))
    assert "values-dev.yaml" in installed
    own = yaml.safe_load((tmp_path / "state" / "values.yaml").read_text(encoding="utf-8"))
    assert own["postgres"] == {"enabled": False}


def test_the_namespace_is_journalled_before_it_exists(tmp_path: Path) -> None:
    run, kube, _ = context(tmp_path)
    kube.refusals["test-namespace"] = "namespaces is forbidden"
    with pytest.raises(TodoK8sError, match="namespaces is forbidden"):
        deploy.run(run)
    (entry,) = run.journal.open_entries()
    assert (entry.kind, entry.name, dict(entry.details)) == ("namespace", "test-namespace", {})
    assert kube.stored == []


def test_the_namespace_pins_pod_security_to_the_clusters_version(tmp_path: Path, runs: list[RunContext]) -> None:
    run, kube, _ = context(tmp_path)
    runs.append(run)
    deploy.run(run)
    labels = kube.created[0][1]["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert labels["pod-security.kubernetes.io/enforce-version"] == "v1.34"


def test_a_chart_with_a_syntax_error_creates_nothing(tmp_path: Path) -> None:
    broken = "echo 'Error: parse error at (todo/templates/x.yaml:15): function \"endd\" not defined' >&2; exit 1"
    run, kube, _ = context(tmp_path, helm(("'lint '* | 'template '*", broken)))
    with pytest.raises(TodoK8sError, match=r"parse error at \(todo/templates/x.yaml:15\)"):
        deploy.run(run)
    assert kube.created == []
    assert run.journal.open_entries() == []
    assert run.evidence.deploy is None
    assert run.evidence.manifests is not None
    assert {check.name for check in run.evidence.manifests.checks if not check.ok} >= {
        "lint: values.yaml",
        "template: values-dev.yaml",
    }


def test_what_the_server_refuses_is_not_installed(tmp_path: Path) -> None:
    run, kube, stubs = context(tmp_path)
    kube.refusals["todo-frontend-service"] = 'unknown field "spec.portz"'
    kube.refusals["todo-frontend-dry-run"] = "violates PodSecurity"
    with pytest.raises(PhaseError) as caught:
        deploy.run(run)
    assert caught.value.cause == (
        'the API server refuses Service/todo-frontend-service: unknown field "spec.portz"; and 1 more'
    )
    assert not any(call.startswith("upgrade") for call in stubs.calls("helm"))
    assert run.evidence.deploy is None


def test_a_deployment_that_does_not_come_up_keeps_what_was_seen(tmp_path: Path) -> None:
    run, kube, _ = context(tmp_path)
    waiting = state("frontend", waiting={"reason": "ErrImageNeverPull", "message": "todo-frontend:abc is not present"})
    broken = pod("todo-frontend-5c9d7f-aaaaa", "todo-frontend", containerStatuses=[waiting])
    other = pod("todo-postgres-0", "todo-postgres", "Running", containerStatuses=[state("postgres", running={})])
    kube.changes = [("ADDED", broken), ("ADDED", other), ("IDLE", {})]
    kube.lists[f"{NAMESPACE}/pods"] = [broken, other]
    kube.lists[f"{NAMESPACE}/events"] = [
        {"type": "Warning", "involvedObject": {"kind": "Pod", "name": "x"}, "reason": "Failed", "message": "no image"}
    ]
    with pytest.raises(PhaseError, match="todo-frontend:abc is not present") as caught:
        deploy.run(run)
    assert caught.value.phase == "deploy"
    found = run.evidence.deploy
    assert found is not None
    assert found.ready_s is None
    assert [each.name for each in found.pods] == ["todo-frontend-5c9d7f-aaaaa", "todo-postgres-0"]
    assert [each.code for each in found.troubles] == ["ErrImageNeverPull"]
    assert [(each.reason, each.message) for each in found.events] == [("Failed", "no image")]
    assert [each.file for each in found.logs] == ["logs/pods/todo-postgres-0.postgres.log"]
    assert (tmp_path / "logs/pods/todo-postgres-0.postgres.log").exists()
    assert run.deployment is None


def test_a_cause_is_told_without_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, kube, _ = context(tmp_path)
    monkeypatch.setattr("pytest_todo_k8s.phases.secrets.generate", lambda *_: Secret("hunter22-hunter22"))
    crashed = state("frontend", 3, waiting={"reason": "CrashLoopBackOff"}, last={"exitCode": 1})
    kube.changes = [
        ("ADDED", pod("todo-frontend-5c9d7f-aaaaa", "todo-frontend", containerStatuses=[crashed])),
        ("IDLE", {}),
    ]
    kube.log = "cannot connect with hunter22-hunter22\n"
    with pytest.raises(PhaseError, match="cannot connect with") as caught:
        deploy.run(run)
    assert "hunter22" not in str(caught.value)
    assert "hunter22" not in run.evidence.model_dump_json()


class WaitingKube(LiveKube):
    """Nothing ever happens in its namespace."""

    def watch(self, path: str, deadline_s: float, **query: object) -> Iterator[Any]:
        yield from super().watch(path, deadline_s, **query)
        while time.monotonic() < deadline_s:
            time.sleep(0.05)
            yield "IDLE", {}


def test_helm_that_fails(tmp_path: Path) -> None:
    failing = ("'upgrade --install '*", "echo 'Error: provided port is already allocated' >&2; exit 1")
    run, _, _ = context(tmp_path, helm(failing))
    kube = WaitingKube()
    kube.changes = []
    run = dataclasses.replace(run, kube=kube)
    with pytest.raises(PhaseError, match="provided port is already allocated"):
        deploy.run(run)
    assert run.evidence.deploy is not None
    assert run.evidence.deploy.ready_s is None


def test_a_frontend_without_a_node_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, kube, _ = context(tmp_path)
    usual = kube.get
    monkeypatch.setattr(
        kube, "get", lambda path: {"spec": {"ports": [{"port": 80}]}} if path.endswith("-service") else usual(path)
    )
    with pytest.raises(PhaseError, match="has no NodePort"):
        deploy.run(run)


def test_without_preflight_or_build_it_says_so(tmp_path: Path) -> None:
    run, _, _ = context(tmp_path)
    run.evidence.build = None
    with pytest.raises(PhaseError, match="no image was built"):
        deploy.run(run)
    run.evidence.machine = None
    with pytest.raises(PhaseError, match="nothing is known of the cluster"):
        deploy.run(run)
