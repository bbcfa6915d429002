from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.cluster.workloads import workloads
from pytest_todo_k8s.measurements import Manifests
from pytest_todo_k8s.phases import manifests
from tests.unit.cluster.release import manifests as rendered
from tests.unit.phases.live import NAMESPACE, LiveKube, context, helm

if TYPE_CHECKING:
    from pathlib import Path

QUOTA_KINDS = {"cpu", "memory", "ephemeral-storage"}


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
    manifests.refusals(command, chart, [tmp_path / "own.yaml"], run.settings.application.refused, into)
    assert [check.ok for check in into.checks] == [True] * 3
    assert not (tmp_path / "wrong-values.yaml").exists()


def test_a_schema_that_accepts_everything_or_fails_for_another_reason(tmp_path: Path) -> None:
    for number, answer in enumerate(("echo 'kind: A\nmetadata: {name: a}'", "echo 'Error: out of memory' >&2; exit 1")):
        folder = tmp_path / str(number)
        folder.mkdir()
        run, _, _ = context(folder, helm(("'template '*'wrong-values.yaml'", answer)))
        into, (command, chart) = Manifests(), manifests.release(run)
        manifests.refusals(command, chart, [folder / "own.yaml"], run.settings.application.refused, into)
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


def test_objects_that_may_be_there_are_judged_as_changes() -> None:
    kube, into = LiveKube(), Manifests()
    kube.refusals["todo-frontend"] = "field is immutable"
    refused = manifests.server_side(kube, "test-namespace", rendered(), into, existing=True)
    assert refused == ["Deployment/todo-frontend: field is immutable"]
    assert any(path.endswith("/services/todo-frontend-service") for path, _, _ in kube.created)
    assert kube.stored == []


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
    (check,) = run.evidence.manifests.checks
    assert (check.ok, check.detail) == (False, "the namespace has none")


def test_what_the_release_takes_of_the_quota(tmp_path: Path) -> None:
    run, kube, _ = context(tmp_path)
    for status, ok, detail in (
        ({"hard": {"pods": "20"}, "used": {"pods": "4"}}, True, "pods 4 of 20"),
        ({"hard": {"pods": "20"}, "used": {"pods": "0"}}, False, "pods 0 of 20"),
        ({}, False, "it has counted nothing"),
    ):
        run.evidence.manifests = Manifests()
        kube.lists[f"{NAMESPACE}/resourcequotas"] = [{"metadata": {"name": "todo-k8s"}, "status": status}]
        manifests.compare_live(run)
        (check,) = run.evidence.manifests.checks
        assert (check.ok, check.detail) == (ok, detail)


def test_the_pod_of_helm_test_is_judged_and_not_waited_for() -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "todo-test", "annotations": {"helm.sh/hook": "test"}},
        "spec": {"serviceAccountName": "todo-test", "containers": [{"name": "test", "image": "a:b"}]},
    }
    kube, into = LiveKube(), Manifests()
    assert manifests.server_side(kube, "test-namespace", [pod], into) == []
    assert kube.created[0][1]["spec"]["serviceAccountName"] == "default"
    manifests.rules([pod], [], into)
    assert "todo-test/test" in {check.detail for check in into.checks if not check.ok}
    assert workloads([pod]) == []


def test_the_control_breaks_nothing_but_what_it_tries() -> None:
    """Without limits the quota would refuse it, and with another user the profile for another reason."""
    kube, into = LiveKube(), Manifests()
    kube.refusals.clear()
    manifests.server_side(kube, "test-namespace", [], into)
    (container,) = kube.created[0][1]["spec"]["containers"]
    assert container["resources"]["limits"].keys() == QUOTA_KINDS
    assert container["securityContext"] == {"privileged": True, "runAsUser": 10001}
