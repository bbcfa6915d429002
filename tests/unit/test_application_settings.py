"""The application that a project's settings describe: another one read whole, and each mistake told in one sentence."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from pytest_todo_k8s import application_settings, project_settings
from pytest_todo_k8s.application import TODO_CHATBOT, Application, nested
from pytest_todo_k8s.criteria import unset
from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.project_settings import Table

ELSEWHERE = Path(__file__).parents[1] / "elsewhere"
WRITTEN = project_settings.table(ELSEWHERE)
DATABASE: dict[str, Any] = {
    "service": "notes-postgres",
    "user": "notes",
    "name": "notes",
    "password": "PASSWORD",
    "url": "URL",
}


def read(content: dict[str, Any]) -> Application:
    return application_settings.read(Table(Path("todo-k8s.toml"), content), ELSEWHERE)


def changed(path: str, value: object) -> dict[str, Any]:
    """The other application's table with one key changed; None: left out."""
    content: dict[str, Any] = copy.deepcopy(dict(WRITTEN.content))
    *parts, last = path.split(".")
    place = content
    for part in parts:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return content


def test_without_a_table_it_is_this_project_s_own() -> None:
    assert read({}) is TODO_CHATBOT
    assert read({"allowed": [{"pattern": "x"}]}) is TODO_CHATBOT
    assert unset(TODO_CHATBOT) == {}
    assert {key: TODO_CHATBOT.has(key) for key in ("flow", "database.rows", "nonsense.x")} == {
        "flow": True,
        "database.rows": True,
        "nonsense.x": False,
    }


def test_another_one_has_nothing_of_it() -> None:
    found = application_settings.read(WRITTEN, ELSEWHERE)
    assert (found.chart, found.release, found.label) == ("deploy/notes", "notes", "app.kubernetes.io/name")
    assert (found.database, found.model, found.built_in) == (None, None, False)
    assert list(found.images) == ["backend", "frontend"]
    assert found.frontend.image.arguments == {"FOOTER": "written in the cluster"}
    assert found.frontend.load == ("/", "/notes")
    assert found.apps == {"backend": "notes-api", "frontend": "notes-web"}
    assert list(found.secret_keys) == ["NOTES_TOKEN"]


def test_least_of_all() -> None:
    image = {"dockerfile": "web/Dockerfile", "context": "web", "repository": "web.image.repository", "tag": "web.tag"}
    found = read({"chart": "deploy/notes", "release": "n", "frontend": {"service": "w", "image": image}})
    assert unset(found) == {
        "SC-001-wall": "backend.image",
        "SC-002-backend": "backend.image",
        "SC-004-page": "frontend.title",
        "SC-004-first-paint": "frontend.title",
        "SC-006-browser": "flow",
        "SC-004-load-time": "frontend.title",
        "SC-005-health": "backend.service",
        "SC-006-flow": "flow",
        "SC-006-row": "flow",
        "SC-008-backend-cpu": "backend.app",
        "SC-008-backend-memory": "backend.app",
        "SC-008-frontend-cpu": "frontend.app",
        "SC-008-frontend-memory": "frontend.app",
        "SC-009-validation": "refused",
        "SC-011-differences": "plain",
    }


def test_a_database_of_its_own() -> None:
    content = changed("database", {**DATABASE, "rows": "SELECT 1 WHERE %s = ''", "app": "notes-postgres"})
    content["secrets"] = {"notes-database": ["PASSWORD", "URL"]}
    found = read(content)
    assert found.database
    assert (found.database.port, found.database.image) == (5432, None)
    assert "SC-006-row" not in unset(found)
    assert found.apps["postgres"] == "notes-postgres"


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("release", None, "tool.todo-k8s.release is missing: set it"),
        ("frontend", None, "tool.todo-k8s.frontend is missing"),
        ("frontend.image.tag", None, "tool.todo-k8s.frontend.image.tag is missing"),
        ("nonsense", 1, "there is no key tool.todo-k8s.nonsense: correct its name"),
        ("frontend.node_port", "a.b", "there is no key tool.todo-k8s.frontend.node_port"),
        ("flow", "", "tool.todo-k8s.flow is empty: give it a value, or leave it out"),
        ("frontend.load", [], "tool.todo-k8s.frontend.load is empty"),
        ("backend.port", "9000", 'tool.todo-k8s.backend.port = "9000" is not a valid integer'),
        ("frontend.load", "/", 'tool.todo-k8s.frontend.load = "/" is not a valid array'),
        ("helm-test", "yes", 'tool.todo-k8s.helm-test = "yes" is not a valid boolean'),
        ("backend.health.answer", 3, "tool.todo-k8s.backend.health.answer = 3 is not"),
        ("release", "Notes", "tool.todo-k8s.release = 'Notes' can't name an object of Kubernetes"),
        ("backend.service", "notes_api", "tool.todo-k8s.backend.service = 'notes_api' can't name an object"),
        ("secrets", {"A": ["X"]}, "tool.todo-k8s.secrets.A = 'A' can't name an object"),
        ("pull-policy", "images..pull", "tool.todo-k8s.pull-policy = 'images..pull' is no value path"),
        ("refused", {"x": {"a b": 1}}, "tool.todo-k8s.refused.x.a b = 'a b' is no value path"),
        ("values", {"web": 1}, "tool.todo-k8s.values and the other value paths can't be set together: "),
        ("refused", {"x": {"a.b": 1, "a": 1}}, "can't be set together: another one lies below a"),
        ("chart", "deploy", "tool.todo-k8s.chart = 'deploy' is no folder with a Chart.yaml below"),
        ("values-files", ["gone.yaml"], "tool.todo-k8s.values-files names 'gone.yaml', which is no file below"),
        ("backend.image.dockerfile", "api", "tool.todo-k8s.backend.image.dockerfile = 'api' is no file below"),
        ("backend.image.context", "gone", "tool.todo-k8s.backend.image.context = 'gone' is no folder below"),
        ("frontend.image.size-limit", -1, "tool.todo-k8s.frontend.image.size-limit = -1 is no size"),
        ("flow", "notes_flow.journey", "tool.todo-k8s.flow = 'notes_flow.journey' names no function"),
        ("flow", "built-in", "tool.todo-k8s.flow = 'built-in' names no function"),
        ("flow", "gone:journey", "tool.todo-k8s.flow = 'gone:journey' names a module that is no file below"),
        ("plain.requests", "notes:x:y", "tool.todo-k8s.plain.requests = 'notes:x:y' names no function"),
        ("plain.requests", "gone:x", "tool.todo-k8s.plain.requests = 'gone:x' names a module that is no file below"),
        ("plain.command", None, "tool.todo-k8s.plain.command is missing"),
        ("database", {**DATABASE, "rows": "SELECT 1"}, "tool.todo-k8s.database.rows has no %s, or several"),
        ("database", DATABASE, "tool.todo-k8s.database.password = 'PASSWORD' is no key of any Secret below"),
    ],
)
def test_what_is_wrong(path: str, value: object, told: str) -> None:
    content = changed(path, value)
    if path == "database" and "rows" in content[path]:
        content["secrets"] = {"notes-database": ["PASSWORD", "URL"]}
    with pytest.raises(ConfigError, match=re.escape(told)) as caught:
        read(content)
    assert str(caught.value).startswith("todo-k8s.toml: ")
    assert "\n" not in str(caught.value)


def test_dates_are_no_values() -> None:
    content = project_settings.table(ELSEWHERE).content
    with pytest.raises(ConfigError, match="has a date or time: write it as text"):
        read({**content, "release": __import__("datetime").date(2026, 1, 1)})


def test_values_by_path() -> None:
    own = {"b": {"c": 1}}
    values = nested({"a.b": 1, "a.c.d": None, "e": own, "e.f": 2})
    assert values == {"a": {"b": 1, "c": {"d": None}}, "e": {"b": {"c": 1}, "f": 2}}
    assert own == {"b": {"c": 1}}, "what was given is not changed"
