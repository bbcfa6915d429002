from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.evidence import Manifests
from pytest_todo_k8s.phases import manifests
from tests.unit.cluster.release import manifests as rendered
from tests.unit.phases.live import NAMESPACE, LiveKube, context, helm

if TYPE_CHECKING:
    from pathlib import Path


def test_every_values_file_is_linted_and_rendered(tmp_path: Path) -> None:
    run, _, stubs = context(tmp_path)
    into, (command, chart) = Manifests(), manifests.release(run)
    (chart.folder / "values-prod.yaml").touch()
    own = tmp_path / "own.yaml"
    found = manifests.rendered(command, chart, [own], into)
    assert [check.name for check in into.checks] == [
        f"{kind}: {name}"
        for name in ("values.yaml", "values-dev.yaml", "values-prod.yaml")
        for kind in ("lint", "template")
    ]
    assert all(check.ok for check in into.checks)
    assert into.rendered == [
        "Service/todo-frontend-service",
        "Deployment/todo-frontend",
        "StatefulSet/todo-postgres",
        "Job/todo-migrate-1",
    ]
    assert len(found) == 4
    templates = [call for call in stubs.calls("helm") if call.startswith("template")]
    assert all(call.endswith(f"--values {own}") for call in templates)


def test_a_values_file_that_fails_is_one_check_that_fails(tmp_path: Path) -> None:
    failing = ("'lint '*'values-dev.yaml'", "echo '[ERROR] templates/: bad' ; exit 1")
    run, _, _ = context(tmp_path, helm(failing))
    into, (command, chart) = Manifests(), manifests.release(run)
    manifests.rendered(command, chart, [tmp_path / "own.yaml"], into)
    assert [(check.name, check.detail) for check in into.checks if not check.ok] == [
        ("lint: values-dev.yaml", "helm lint: templates/: bad")
    ]


def test_a_schema_that_refuses(tmp_path: Path) -> None:
    run, _, _ = context(tmp_path)
    into, (command, chart) = Manifests(), manifests.release(run)
    manifests.refusals(command, chart, [tmp_path / "own.yaml"], tmp_path, into)
    assert [check.ok for check in into.checks] == [True] * 3
    assert not (tmp_path / "wrong-values.yaml").exists()


def test_a_schema_that_accepts_everything_or_fails_for_another_reason(tmp_path: Path) -> None:
    for number, answer in enumerate(("echo 'kind: A\nmetadata: {name: a}'", "echo 'Error: out of memory' >&2; exit 1")):
        folder = tmp_path / str(number)
        folder.mkdir()
        run, _, _ = context(folder, helm(("'template '*'wrong-values.yaml'", answer)))
        into, (command, chart) = Manifests(), manifests.release(run)
        manifests.refusals(command, chart, [], folder, into)
        assert [check.ok for check in into.checks] == [False] * 3


def test_the_server_judges_every_object_and_every_pod() -> None:
    kube, into = LiveKube(), Manifests()
    assert manifests.server_side(kube, "test-namespace", rendered(), into) == []
    assert [check.name for check in into.checks] == [
        "control: a dry run of a privileged pod is refused",
        "dry-run: Service/todo-frontend-service",
        "dry-run: Deployment/todo-frontend",
        "dry-run: StatefulSet/todo-postgres",
        "dry-run: Job/todo-migrate-1",
        "dry-run: pod of Deployment/todo-frontend",
        "dry-run: pod of StatefulSet/todo-postgres",
        "dry-run: pod of Job/todo-migrate-1",
    ]
    assert all(check.ok for check in into.checks)
    assert all(dry_run for _, _, dry_run in kube.created)
    path, pod, _ = kube.created[4]
    assert (path, pod["kind"], pod["spec"]["serviceAccountName"]) == (f"{NAMESPACE}/pods", "Pod", "default")


def test_a_server_that_takes_the_privileged_pod() -> None:
    kube, into = LiveKube(), Manifests()
    kube.refusals.clear()
    manifests.server_side(kube, "test-namespace", rendered(), into)
    assert (into.checks[0].ok, into.checks[0].detail) == (
        False,
        "it was accepted: pod security is not enforced by this cluster",
    )


def test_a_privileged_pod_refused_for_another_reason_proves_nothing() -> None:
    kube, into = LiveKube(), Manifests()
    kube.refusals["todo-control"] = "exceeded quota"
    manifests.server_side(kube, "test-namespace", rendered(), into)
    assert (into.checks[0].ok, into.checks[0].detail) == (False, "exceeded quota")


def test_an_unknown_kind_is_a_refusal() -> None:
    into, strange = Manifests(), [{"apiVersion": "v1", "kind": "Pot", "metadata": {"name": "x"}}]
    assert manifests.server_side(LiveKube(), "test-namespace", strange, into) == [
        "Pot/x: the API server knows no Pot in v1"
    ]


def test_live_objects_that_are_not_of_the_release(tmp_path: Path) -> None:
    run, kube, _ = context(tmp_path)
    run.evidence.manifests = Manifests(rendered=["Service/todo-frontend-service"])
    kube.lists = {
        f"{NAMESPACE}/services": [{"metadata": {"name": "todo-frontend-service"}}],
        f"{NAMESPACE}/configmaps": [{"metadata": {"name": "by-hand"}}],
    }
    manifests.compare_live(run)
    assert run.evidence.manifests.foreign == ["ConfigMap/by-hand"]
