"""The deploy phase where a kept deployment is there: what it has stays, what is new takes its place."""

from __future__ import annotations

import base64
import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.kept import Kept
from pytest_todo_k8s.phases import deploy
from pytest_todo_k8s.tools.redaction import Secret
from tests.unit.cluster.release import earlier, manifests, up
from tests.unit.cluster.stubs import prints
from tests.unit.phases.live import NAMESPACE, LiveKube, context, helm

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from pytest_todo_k8s.context import RunContext

OLD = {
    "todo-app-secrets": {
        "DATABASE_URL": "postgresql://todo:old-password-1@todo-postgres-service:5432/todo",
        "JWT_SECRET": "old-jwt-secret",
        "BETTER_AUTH_SECRET": "old-auth-secret",
        "GEMINI_API_KEY": "old-model-key",
    },
    "todo-postgres-secrets": {"POSTGRES_PASSWORD": "old-password-1"},
}
PORT = 31234


class KeptKube(LiveKube):
    """An API with a kept deployment: Secrets, a NodePort, pods of the revision before that go, a dead run's probe."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets = {name: dict(values) for name, values in OLD.items()}
        self.amended: list[tuple[str, dict[str, str]]] = []
        self.deleted: list[str] = []
        self.old = [[earlier(up()[0])], [earlier(up()[0])], []]
        self.changes = [("ADDED", earlier(each)) for each in up()] + self.changes
        self.applied: list[str] = []

    def get(self, path: str, **query: object) -> dict[str, Any]:
        if path.endswith("/services/todo-frontend-service"):
            return {"spec": {"ports": [{"port": 80, "nodePort": PORT}]}}
        folder, _, name = path.rpartition("/")
        if folder == f"{NAMESPACE}/secrets":
            if name not in self.secrets:
                raise KubeError(404, "NotFound", f"{name} not found")
            return {
                "data": {key: base64.b64encode(value.encode()).decode() for key, value in self.secrets[name].items()}
            }
        return super().get(path, **query)

    def items(self, path: str, **query: object) -> list[dict[str, Any]]:
        if "labelSelector" in query:
            return [{"metadata": {"name": "todo-probe", "uid": "u"}}] if path.endswith("/pods") else []
        if path == f"{NAMESPACE}/pods":
            return [*(self.old.pop(0) if len(self.old) > 1 else self.old[0]), *up()]
        return super().items(path, **query)

    def amend(self, path: str, body: Mapping[str, Any]) -> None:
        self.amended.append((path.rpartition("/")[2], dict(body["stringData"])))

    def delete(self, path: str, uid: str | None = None, grace_s: int | None = None) -> None:
        assert (uid, grace_s) == ("u", None)
        self.deleted.append(path)

    def would_apply(self, path: str, body: Mapping[str, Any]) -> None:
        self.applied.append(path.rpartition("/")[2])
        super().would_apply(path, body)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunContext]:
    """A run that has taken up a kept deployment."""
    monkeypatch.setattr(deploy, "_POLL_S", 0.001)
    renamed = yaml.safe_dump_all(manifests()).replace("todo-migrate-1", "todo-migrate-2")
    upcoming = ("'upgrade --install '*' --dry-run --output json'*", prints(json.dumps({"manifest": renamed})))
    run, _, stubs = context(tmp_path, helm(upcoming))
    kube = KeptKube()
    for _, pod in kube.changes:
        if "batch.kubernetes.io/job-name" in pod["metadata"]["labels"] and "-old" not in pod["metadata"]["name"]:
            pod["metadata"]["labels"]["batch.kubernetes.io/job-name"] = "todo-migrate-2"
    run = dataclasses.replace(run, kube=kube, kept=Kept(run.journal, "uid-of-old"))
    yield run
    assert not [call for call in stubs.calls("helm") if "old-" in call], "no value stands in an argument"
    for command in run.background:
        command.stop()


def test_what_is_there_stays_and_is_upgraded(kept: RunContext, tmp_path: Path) -> None:
    deploy.run(kept)
    kube: Any = kept.kube
    found = kept.evidence.deploy
    assert found
    assert (found.namespace_uid, len(found.pods)) == ("uid-of-old", 4)
    assert not [pod.name for pod in found.pods if "-old" in pod.name]
    assert (kube.stored, kube.amended, kept.journal.open_entries()[0].kind) == ([], [], "process")
    assert kube.deleted == [f"{NAMESPACE}/pods/todo-probe"]
    assert "todo-migrate-2" in kube.applied, "it is judged as the change that it will be"
    assert kept.evidence.manifests
    assert "Job/todo-migrate-2" in kept.evidence.manifests.rendered
    own = yaml.safe_load((tmp_path / "state" / "values.yaml").read_text(encoding="utf-8"))
    assert own["frontend"]["service"]["nodePort"] == PORT
    url = kept.deployed().database_url
    assert url
    assert url.reveal() == "postgresql://todo:old-password-1@127.0.0.1:4711/todo"
    for values in OLD.values():
        assert all(kept.redactor.found_in(f"x{value}y") for value in values.values())
    assert kube.old == [[]], "the end of the old pods was waited for"


def test_what_is_given_now_and_what_is_missing_is_put_in(kept: RunContext) -> None:
    kube: Any = kept.kube
    del kube.secrets["todo-app-secrets"]["JWT_SECRET"]
    kept = dataclasses.replace(kept, settings=dataclasses.replace(kept.settings, model_key=Secret("new-model-key")))
    assert kept.evidence.build
    kept.evidence.build.images.pop()
    deploy.run(kept)
    (name, changed), *more = kube.amended
    assert (name, more) == ("todo-app-secrets", [])
    assert changed.keys() == {"JWT_SECRET", "GEMINI_API_KEY"}
    assert changed["GEMINI_API_KEY"] == "new-model-key"
    assert kept.redactor.found_in("old-model-key"), "it may still be in logs"


def test_a_secret_that_is_gone_is_made_anew(kept: RunContext) -> None:
    kube: Any = kept.kube
    del kube.secrets["todo-postgres-secrets"]
    deploy.run(kept)
    assert kube.stored == ["Secret/todo-postgres-secrets"]
    ((_, changed),) = kube.amended
    assert changed.keys() == {"DATABASE_URL"}, "with the new password"


def test_old_pods_that_stay(kept: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
    kube: Any = kept.kube
    kube.old = [[earlier(up()[0])]]
    monkeypatch.setattr(deploy, "OLD_LIMIT_S", 0.05)
    with pytest.raises(
        PhaseError, match=r"pods of the revision before are still there .*: todo-frontend-5c9d7f-aaaaa-old"
    ):
        deploy.run(kept)
    assert kept.evidence.deploy
    assert kept.evidence.deploy.ready_s is None


def test_a_release_that_never_came_to_have_a_port(
    kept: RunContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kube: Any = kept.kube
    usual = kube.get
    asked: list[str] = []

    def get(path: str) -> dict[str, Any]:
        if path.endswith("-service") and not asked:
            asked.append(path)
            raise KubeError(404, "NotFound", "no such service")
        return dict(usual(path))

    monkeypatch.setattr(kube, "get", get)
    deploy.run(kept)
    own = yaml.safe_load((tmp_path / "state" / "values.yaml").read_text(encoding="utf-8"))
    assert own["frontend"]["service"]["nodePort"] == 30080
