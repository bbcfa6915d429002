from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    import httpx

    from tests.app.backend.conftest import User

FIELDS = {"id", "user_id", "title", "description", "completed", "due_date", "created_at", "updated_at"}


@pytest.fixture(params=["canonical", "with user"])
def root(request: pytest.FixtureRequest, user: User) -> str:
    """Both forms of the task routes."""
    return "/api/tasks" if request.param == "canonical" else f"/api/{user.id}/tasks"


def code(reply: httpx.Response) -> str:
    return str(reply.json()["error"]["code"])


def titles(reply: httpx.Response) -> list[str]:
    assert reply.status_code == 200, reply.text
    return [task["title"] for task in reply.json()["tasks"]]


def test_create_read_change_toggle_delete(user: User, root: str) -> None:
    made = user.client.post(root, json={"title": "  buy milk ", "due_date": "2026-12-01", "priority": "ignored"})
    assert made.status_code == 201
    task = made.json()
    assert set(task) == FIELDS
    assert task["user_id"] == user.id
    assert (task["title"], task["description"], task["completed"]) == ("buy milk", None, False)
    assert task["due_date"] == "2026-12-01T00:00:00Z"
    assert task["created_at"] == task["updated_at"]
    path = f"{root}/{UUID(task['id'])}"
    assert made.headers["Location"] == path
    assert user.client.get(path).json() == task

    changed = user.client.put(path, json={"description": "two bottles"}).json()
    assert (changed["title"], changed["description"], changed["due_date"]) == (
        "buy milk",
        "two bottles",
        task["due_date"],
    )
    assert changed["updated_at"] > task["updated_at"]
    cleared = user.client.patch(path, json={"description": None, "due_date": None, "title": "buy tea"}).json()
    assert (cleared["title"], cleared["description"], cleared["due_date"]) == ("buy tea", None, None)
    assert user.client.patch(path, json={}).json() == cleared

    assert user.client.patch(f"{path}/toggle").json()["completed"] is True
    assert user.client.patch(f"{path}/complete").json()["completed"] is False
    for _ in range(2):
        assert user.client.patch(f"{path}/complete", json={"completed": True}).json()["completed"] is True

    gone = user.client.delete(path)
    assert (gone.status_code, gone.content) == (204, b"")
    for reply in (user.client.get(path), user.client.delete(path), user.client.patch(f"{path}/toggle")):
        assert (reply.status_code, code(reply)) == (404, "NOT_FOUND")


def test_timestamps_with_offset_become_utc(user: User) -> None:
    assert user.task(due_date="2026-12-01T10:30:00+05:30")["due_date"] == "2026-12-01T05:00:00Z"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": ""},
        {"title": "  "},
        {"title": "x" * 201},
        {"title": "a\nb"},
        {"title": None},
        {"title": 5},
        {"title": "a", "description": "x" * 1001},
        {"title": "a", "description": "a\0b"},
        {"title": "a", "due_date": "soon"},
        {"title": "a", "due_date": "2026-12-01T10:30:00"},
        {"title": "a", "due_date": "9999-12-31T23:59:59-12:00"},
        {"title": "a", "completed": "perhaps"},
        {"title": "a", "completed": None},
        {"title": "a", "completed": 1},
        {"title": "a", "completed": "true"},
        [],
    ],
)
def test_invalid_tasks_are_refused(user: User, root: str, body: object) -> None:
    reply = user.client.post(root, json=body)
    assert (reply.status_code, code(reply)) == (422, "VALIDATION_ERROR")
    assert reply.json()["error"]["details"]
    assert user.client.get(root).json()["total"] == 0


@pytest.mark.parametrize("body", [{"title": None}, {"completed": None}, {"title": ""}, {"due_date": ""}])
def test_invalid_changes_are_refused(user: User, body: dict[str, object]) -> None:
    task = user.task()
    reply = user.client.patch(f"/api/tasks/{task['id']}", json=body)
    assert (reply.status_code, code(reply)) == (422, "VALIDATION_ERROR")
    assert user.client.get(f"/api/tasks/{task['id']}").json() == task


@pytest.mark.parametrize("task_id", ["1", "not-a-uuid", "00000000-0000-0000-0000-00000000000g", "%00"])
def test_bad_uuid_is_a_validation_error(user: User, root: str, task_id: str) -> None:
    for method, suffix in (
        ("GET", ""),
        ("PUT", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("PATCH", "/toggle"),
        ("PATCH", "/complete"),
    ):
        body: Any = {} if method in ("PUT", "PATCH") else None
        reply = user.client.request(method, f"{root}/{task_id}{suffix}", json=body)
        assert (reply.status_code, code(reply)) == (422, "VALIDATION_ERROR"), method


def test_limits_of_text_are_inclusive(user: User) -> None:
    task = user.task("\N{GRINNING FACE}" * 200, description="\N{GRINNING FACE}" * 1000)
    assert (len(task["title"]), len(task["description"])) == (200, 1000)


@given(title=st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=200))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_printable_title_comes_back(user: User, title: str) -> None:
    reply = user.client.post("/api/tasks", json={"title": title})
    if reply.status_code == 422:
        assert not title.strip()
        return
    path = reply.headers["Location"]
    assert user.client.get(path).json()["title"] == reply.json()["title"]
    assert reply.json()["title"] in title
    user.client.delete(path)


def test_list_filters_sorts_and_pages(user: User, root: str) -> None:
    user.task("Bread", due_date="2026-03-01", description="100% whole_grain")
    user.task("apples", due_date="2026-01-01", completed=True)
    user.task("Cheese")

    def get(**query: object) -> httpx.Response:
        return user.client.get(root, params={key: str(value) for key, value in query.items()})

    assert titles(get()) == ["Cheese", "apples", "Bread"]
    assert titles(get(order="asc")) == ["Bread", "apples", "Cheese"]
    assert titles(get(sort="title", order="asc")) == ["apples", "Bread", "Cheese"]
    assert titles(get(sort="due_date", order="asc")) == ["apples", "Bread", "Cheese"]
    assert titles(get(sort="due_date", order="desc")) == ["Bread", "apples", "Cheese"]
    assert titles(get(status="all")) == ["Cheese", "apples", "Bread"]
    assert titles(get(status="pending")) == titles(get(completed="false")) == ["Cheese", "Bread"]
    assert titles(get(status="completed")) == titles(get(completed="true")) == ["apples"]
    assert titles(get(q="APPLE")) == ["apples"]
    # No pattern characters: they are searched for as they are.
    assert titles(get(q="%")) == titles(get(q="e_g")) == titles(get(q="WHOLE_")) == ["Bread"]
    page = get(limit=1, offset=1)
    assert (titles(page), page.json()["total"]) == (["apples"], 3)
    assert (titles(get(offset=9)), get(offset=9).json()["total"]) == ([], 3)


def test_among_equals_the_age_decides(user: User, root: str) -> None:
    for number in range(6):
        user.task("same", due_date="2026-01-01" if number % 2 else None, description=str(number))
    for sort, order, expected in (
        ("title", "asc", "012345"),
        ("title", "desc", "543210"),
        ("due_date", "asc", "135024"),
        ("due_date", "desc", "531420"),
    ):
        listed = user.client.get(root, params={"sort": sort, "order": order}).json()["tasks"]
        assert "".join(task["description"] for task in listed) == expected


@pytest.mark.parametrize(
    "query",
    [
        {"status": "some"},
        {"completed": "x"},
        {"completed": "1"},
        {"completed": "yes"},
        {"sort": "id"},
        {"order": "up"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "x"},
        {"offset": "-1"},
        {"offset": "9" * 30},
        {"q": "x" * 201},
        {"q": "\0"},
    ],
)
def test_bad_queries_are_refused(user: User, root: str, query: dict[str, str]) -> None:
    reply = user.client.get(root, params=query)
    assert (reply.status_code, code(reply)) == (422, "VALIDATION_ERROR")


def test_default_and_highest_page_size(user: User, database_url: str) -> None:
    fill(database_url, user, 210)
    assert len(user.client.get("/api/tasks").json()["tasks"]) == 50
    page = user.client.get("/api/tasks", params={"limit": 200}).json()
    assert (len(page["tasks"]), page["total"]) == (200, 210)


def test_the_five_hundred_and_first_task_is_refused_under_parallel_load(user: User, database_url: str) -> None:
    fill(database_url, user, 495)
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda n: user.client.post("/api/tasks", json={"title": str(n)}), range(16)))
    assert sorted(reply.status_code for reply in replies) == [201] * 5 + [409] * 11
    assert {code(reply) for reply in replies if reply.status_code == 409} == {"TASK_LIMIT"}
    assert user.client.get("/api/tasks").json()["total"] == 500


def test_unknown_task_is_404(user: User, root: str) -> None:
    reply = user.client.put(f"{root}/{uuid4()}", json={"title": "a"})
    assert (reply.status_code, code(reply)) == (404, "NOT_FOUND")


def fill(url: str, user: User, number: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO tasks (user_id, title) SELECT %s, n::text FROM generate_series(1, %s) n", [user.id, number]
        )
