"""The phases with another application than this project's: only what its settings name is there."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pytest_todo_k8s import application_settings, project_settings
from pytest_todo_k8s.application import Database
from pytest_todo_k8s.cluster.provider import Endpoint
from pytest_todo_k8s.context import Deployment
from pytest_todo_k8s.criteria import unset
from pytest_todo_k8s.measuring import load
from pytest_todo_k8s.phases import deploy, exercise, measure, parity, secrets
from pytest_todo_k8s.phases.values import values_files
from pytest_todo_k8s.settings import ClusterChoice, LoadShape, Settings
from pytest_todo_k8s.tools import build_context
from pytest_todo_k8s.tools.redaction import Redactor, Secret
from tests.unit.phases.live import LiveKube
from tests.unit.running import run_context
from tests.unit.todo_server import todo_server

if TYPE_CHECKING:
    from pytest_todo_k8s.application import Application
    from pytest_todo_k8s.context import RunContext

ELSEWHERE = Path(__file__).parents[2] / "elsewhere"
NOTES = application_settings.read(project_settings.table(ELSEWHERE), ELSEWHERE)
DATABASE = Database(
    service="notes-postgres",
    user="me",
    name="notes",
    password="PASSWORD",
    url="URL",
    rows="SELECT text FROM notes WHERE text = %s",
    inside={"postgres.on": True},
    outside={"postgres.on": False},
)
KEPT = dataclasses.replace(NOTES, database=DATABASE, secrets={**NOTES.secrets, "notes-db": ("PASSWORD", "URL")})
FLOW = """
def journey(frontend, steps):
    with steps.step(f"{frontend[:4]} {steps.mark[:4]}"):
        pass
"""


def context(folder: Path, application: Application = NOTES, **parts: Any) -> RunContext:
    run = run_context(folder, **parts)
    run = dataclasses.replace(run, settings=dataclasses.replace(run.settings, application=application))
    run.evidence.run.unset = unset(application)
    run.deployment = Deployment(Endpoint("http://192.0.2.1", "http://127.0.0.1:1"), "", None)
    return run


def values(run: RunContext, node_port: int | None = 30080) -> tuple[list[str], dict[str, Any]]:
    references = {"frontend": "there:5000/web:a", "backend": "api:b"}
    own = run.state_dir / "values.yaml"
    files = values_files(run.settings, references, own, node_port)
    content: dict[str, Any] = yaml.safe_load(own.read_text(encoding="utf-8"))
    return [str(file.relative_to(run.settings.root)) for file in files], content


def test_its_values_stand_where_its_chart_wants_them(tmp_path: Path) -> None:
    assert values(context(tmp_path)) == (
        ["deploy/local.yaml", "state/values.yaml"],
        {
            "images": {"pull": "Never"},
            "web": {
                "heading": "Notes of a run",
                "image": {"repository": "there:5000/web", "tag": "a"},
                "nodePort": 30080,
            },
            "api": {"image": {"repository": "api", "tag": "b"}},
        },
    )


def test_a_chart_that_leaves_port_and_policy_to_the_cluster(tmp_path: Path) -> None:
    plain = dataclasses.replace(NOTES.frontend, node_port="")
    run = context(tmp_path, dataclasses.replace(NOTES, frontend=plain, pull_policy="", values={}))
    assert values(run)[1] == {
        "web": {"image": {"repository": "there:5000/web", "tag": "a"}},
        "api": {"image": {"repository": "api", "tag": "b"}},
    }


def test_its_database_is_inside_or_outside(tmp_path: Path) -> None:
    run = context(tmp_path, KEPT)
    assert values(run)[1]["postgres"] == {"on": True}
    outside = dataclasses.replace(run.settings, database_url=Secret("postgresql://x"))
    assert values(dataclasses.replace(run, settings=outside))[1]["postgres"] == {"on": False}


def test_its_secrets_are_made(tmp_path: Path) -> None:
    kube = LiveKube()
    made = secrets.create(context(tmp_path, kube=kube))
    assert list(made) == ["NOTES_TOKEN"]
    assert kube.stored == ["Secret/notes-access"]
    assert kube.created[0][1]["stringData"] == {"NOTES_TOKEN": made["NOTES_TOKEN"].reveal()}


def test_the_secrets_of_its_database_fit_together(tmp_path: Path) -> None:
    made = secrets.create(context(tmp_path, KEPT, kube=LiveKube()))
    assert made["URL"].reveal() == f"postgresql://me:{made['PASSWORD'].reveal()}@notes-postgres:5432/notes"
    assert secrets.local_database_url(DATABASE, made, 4711).reveal().endswith("@127.0.0.1:4711/notes")


def test_without_backend_and_database_no_way_is_opened_to_them(tmp_path: Path) -> None:
    service = {"spec": {"ports": [{"port": 80, "nodePort": 30080}]}}
    kube = SimpleNamespace(get=lambda path: service if path.endswith("/services/notes-web") else None)
    cluster = SimpleNamespace(endpoint=lambda port: Endpoint(f"http://n:{port}", f"http://l:{port}"))
    lone = dataclasses.replace(NOTES, backend=dataclasses.replace(NOTES.backend, service=""))
    run = context(tmp_path, lone, kube=kube, cluster=cluster)
    opened = deploy._open(run, {})
    assert opened == Deployment(Endpoint("http://n:30080", "http://l:30080"), "", None)
    assert run.background == []


def test_only_what_is_set_up_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("load_page", "backend_latency", "observe"):
        monkeypatch.setattr(measure, name, lambda *_: pytest.fail("nothing is to be measured"))
    frontend = dataclasses.replace(NOTES.frontend, title="", load=())
    backend = dataclasses.replace(NOTES.backend, health=None)
    run = context(tmp_path, dataclasses.replace(NOTES, frontend=frontend, backend=backend))
    measure.run(run)
    assert run.evidence.measure
    assert run.evidence.measure.model_dump(exclude_defaults=True) == {}


def test_its_load_makes_no_account() -> None:
    application = dataclasses.replace(NOTES, frontend=dataclasses.replace(NOTES.frontend, load=("/", "/api/health")))
    with todo_server() as server:
        sent = load.send(server.url, application, Redactor(), LoadShape(100, 0.2))
        assert server.users == {}
    assert (sent.requests, sent.errors) == (20, 0)


def test_a_way_that_nobody_named_is_not_walked(tmp_path: Path) -> None:
    run = context(tmp_path, dataclasses.replace(NOTES, flow="", plain=None))
    exercise.run(run)
    parity.run(run)
    assert (run.evidence.exercise, run.evidence.parity) == (None, None)


@pytest.mark.parametrize("found", [True, False])
def test_its_own_way_with_its_own_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, found: bool) -> None:
    (tmp_path / "notes_flow.py").write_text(FLOW, encoding="utf-8")
    asked: list[tuple[str, str]] = []

    def find_marked(_url: Secret, query: str, mark: str, _redactor: object) -> tuple[bool, str]:
        asked.append((query, mark))
        return found, "1 rows" if found else "no row"

    monkeypatch.setattr(exercise, "find_marked", find_marked)
    monkeypatch.setattr(exercise, "_replace_backend", lambda _context: None)
    run = context(tmp_path, dataclasses.replace(KEPT, helm_test=False))
    run.deployment = Deployment(Endpoint("", "http://127.0.0.1:1"), "", Secret("postgresql://x"))
    exercise.run(run)
    done = run.evidence.exercise
    assert done
    assert done.built_in is False
    assert done.row_found is found
    assert asked == [(DATABASE.rows, f"mark-{run.evidence.run.id}")] * (2 if found else 1)
    replaced = ["replace the backend's pod"] if found else []
    assert [step.name for step in done.steps] == ["http mark", *replaced]


def test_its_build_arguments_count_for_the_tag() -> None:
    choice = ClusterChoice("minikube", "x")
    settings = Settings(ELSEWHERE, choice, "ns", ELSEWHERE, None, None, {}, application=NOTES)
    [web] = [each for each in settings.images if each.name == "frontend"]
    other = dataclasses.replace(web, arguments={"FOOTER": "another"})
    assert build_context.tag(web, {}) != build_context.tag(other, {})
    based = dataclasses.replace(web, arguments={"PYTHON_BUILD": "mine:1"})
    assert build_context.base_images(based, {"PYTHON_BUILD": "chosen:1"}) == {"PYTHON_BUILD": "mine:1"}
