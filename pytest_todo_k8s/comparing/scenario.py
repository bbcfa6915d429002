"""The scenario: what users of the API do one after the other, rightly, wrongly, by strangers and by nobody.

Nothing here depends on the time of day: no expiry, no rate limit, one order for every list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.comparing.request import UNKNOWN_ID, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LONG: Final = "x" * 201
_LARGE_BODY_BYTES: Final = 70 * 1024


def scenario(run_id: str, passwords: Mapping[str, str], *, chat: bool) -> tuple[Request, ...]:
    """Return the scenario's requests, in order.

    Args:
        run_id: Makes the accounts new to both databases.
        passwords: Of the users `ann` and `bob`.
        chat: Whether to speak to the assistant too: it must answer by fixed rules, which a real model does not.
    """
    return (
        *_operations(),
        *_accounts(run_id, passwords),
        *_tasks(),
        *_lists(),
        *_changes(),
        *_path_users(),
        *(_chat() if chat else ()),
        *_refusals(),
        *_ends(),
    )


def address(user: str, run_id: str) -> str:
    """Return the e-mail address of one of the corpus's accounts."""
    return f"parity-{user}-{run_id}@example.org"


def _operations() -> Iterator[Request]:
    yield Request("health", "GET", "/health", user=None)
    yield Request("ready", "GET", "/ready", user=None)
    yield Request("index", "GET", "/", user=None)
    yield Request("metrics", "GET", "/metrics", user=None)
    yield Request("openapi", "GET", "/openapi.json", user=None)
    yield Request("documentation switched off", "GET", "/docs", user=None)
    yield Request("unknown path", "GET", "/api/nothing", user=None)
    yield Request("trailing slash", "GET", "/api/tasks/", user=None)
    yield Request("foreign origin", "GET", "/health", user=None, headers={"Origin": "https://example.org"})
    yield Request("preflight", "OPTIONS", "/api/tasks", user=None, headers={"Origin": "https://example.org"})
    yield Request("head", "HEAD", "/health", user=None)


def _accounts(run_id: str, passwords: Mapping[str, str]) -> Iterator[Request]:
    def post(name: str, action: str, body: object, **captures: str) -> Request:
        return Request(name, "POST", f"/api/auth/{action}", body, user=None, captures=captures)

    ann, bob = ({"email": address(user, run_id), "password": passwords[user]} for user in ("ann", "bob"))
    yield post("sign-up", "signup", {**ann, "name": "Ann Ölsen"}, ann="token", ann_id="user.id")
    yield post("sign-up without a name", "signup", bob, bob="token", bob_id="user.id")
    yield post("sign-up, address taken", "signup", {**ann, "email": address("ann", run_id).upper()})
    yield post("sign-up, no address", "signup", {**ann, "email": "nobody"})
    yield post("sign-up, short password", "signup", {"email": address("cid", run_id), "password": "short"})
    yield post("sign-up, empty object", "signup", {})
    yield post("log-in", "login", ann, ann="token")
    yield post("log-in, spaces and capitals", "login", {**ann, "email": f"  {address('ann', run_id).upper()} "})
    yield post("log-in, wrong password", "login", {**ann, "password": "not the password"})
    yield post("log-in, unknown address", "login", {"email": address("cid", run_id), "password": "not the password"})
    yield post("log-in, number for a password", "login", {**ann, "password": 12345678})
    yield Request("own account", "GET", "/api/auth/me")
    yield Request("own account without a token", "GET", "/api/auth/me", user=None)
    yield Request("own account, broken token", "GET", "/api/auth/me", user=None, headers={"Authorization": "Bearer x"})
    yield Request(
        "own account, other scheme", "GET", "/api/auth/me", user=None, headers={"Authorization": "Basic eDp4"}
    )


def _tasks() -> Iterator[Request]:
    def create(name: str, body: object, **captures: str) -> Request:
        return Request(name, "POST", "/api/tasks", body, captures=captures)

    yield Request("empty list", "GET", "/api/tasks")
    yield create("task", {"title": "Buy milk"}, milk="id")
    yield create("task with everything", _FULL, visit="id")
    yield create("task, plain date", {"title": "  banana  ", "due_date": "2030-02-28", "completed": True}, banana="id")
    # Only one task stays without a due date: equal ones are ordered by id, which is chance.
    yield create("task, unknown field", {"title": "Ägypten", "due_date": "2031-01-01", "priority": 1}, egypt="id")
    yield create("task, no title", {"description": "nothing"})
    yield create("task, blank title", {"title": "   "})
    yield create("task, long title", {"title": _LONG})
    yield create("task, control character", {"title": "a\u0007b"})
    yield create("task, date that does not exist", {"title": "x", "due_date": "2030-02-30"})
    yield create("task, time without offset", {"title": "x", "due_date": "2030-02-28T10:00:00"})
    yield create("task, title is a number", {"title": 5})
    yield create("task, array", ["Buy milk"])
    yield Request("task without a token", "POST", "/api/tasks", {"title": "x"}, user=None)
    yield Request("read", "GET", "/api/tasks/{milk}")
    yield Request("read, unknown id", "GET", f"/api/tasks/{UNKNOWN_ID}")
    yield Request("read, bad id", "GET", "/api/tasks/1")
    yield Request("read somebody else's", "GET", "/api/tasks/{milk}", user="bob")


_FULL: Final = {
    "title": "Visit 東京 🗼",
    "description": "two lines\nof text",
    "due_date": "2030-05-01T10:00:00+02:00",
    "completed": False,
}


def _lists() -> Iterator[Request]:
    queries = {
        "": "all",
        "?status=pending": "pending",
        "?status=completed": "completed",
        "?completed=true": "by completed",
        "?q=MILK": "search",
        "?q=%25": "search for a per cent sign",
        "?sort=title&order=asc": "by title",
        "?sort=due_date&order=desc": "by due date",
        "?limit=2&offset=1&sort=title": "page",
        "?offset=100": "behind the end",
        "?limit=0": "limit 0",
        "?limit=201": "limit 201",
        "?status=late": "unknown status",
        "?sort=id": "unknown order",
    }
    for query, name in queries.items():
        yield Request(f"list, {name}", "GET", f"/api/tasks{query}")
    yield Request("list without a token", "GET", "/api/tasks", user=None)
    yield Request("list of somebody else", "GET", "/api/tasks", user="bob")


def _changes() -> Iterator[Request]:
    yield Request("change title", "PATCH", "/api/tasks/{milk}", {"title": "Buy oat milk"})
    yield Request("change with PUT", "PUT", "/api/tasks/{milk}", {"description": "1 l"})
    yield Request("clear description", "PATCH", "/api/tasks/{visit}", {"description": None, "due_date": None})
    yield Request("change nothing", "PATCH", "/api/tasks/{milk}", {})
    yield Request("title null", "PATCH", "/api/tasks/{milk}", {"title": None})
    yield Request("change, unknown id", "PATCH", f"/api/tasks/{UNKNOWN_ID}", {"title": "x"})
    yield Request("change somebody else's", "PATCH", "/api/tasks/{milk}", {"title": "x"}, user="bob")
    yield Request("change without a token", "PATCH", "/api/tasks/{milk}", {"title": "x"}, user=None)
    yield Request("toggle", "PATCH", "/api/tasks/{milk}/toggle")
    yield Request("toggle back", "PATCH", "/api/tasks/{milk}/toggle")
    yield Request("complete", "PATCH", "/api/tasks/{milk}/complete", {"completed": True})
    yield Request("toggle, unknown id", "PATCH", f"/api/tasks/{UNKNOWN_ID}/toggle")
    yield Request("toggle with POST", "POST", "/api/tasks/{milk}/toggle")
    yield Request("list after the changes", "GET", "/api/tasks?sort=title&order=asc")


def _path_users() -> Iterator[Request]:
    yield Request("list by user", "GET", "/api/{ann_id}/tasks?sort=title")
    yield Request("task by user", "POST", "/api/{ann_id}/tasks", {"title": "By path"}, captures={"path": "id"})
    yield Request("read by user", "GET", "/api/{ann_id}/tasks/{path}")
    yield Request("another user's path", "GET", "/api/{bob_id}/tasks")
    yield Request("another user's path, task", "GET", "/api/{bob_id}/tasks/{milk}")
    yield Request("path without a token", "GET", "/api/{ann_id}/tasks", user=None)
    yield Request("bad user in the path", "GET", "/api/1/tasks")


def _chat() -> Iterator[Request]:
    def say(name: str, message: str, *, path: str = "/api/chat", **captures: str) -> Request:
        return Request(name, "POST", path, {"message": message}, captures=captures)

    def go_on(name: str, message: str, conversation: str = "{talk}", user: str = "ann") -> Request:
        return Request(name, "POST", "/api/chat", {"message": message, "conversation_id": conversation}, user=user)

    messages = "/api/conversations/{talk}/messages"
    yield say("chat, task", "Add a task to buy bread", talk="conversation_id")
    yield go_on("chat, list", "Show all my tasks")
    yield go_on("chat, done", "I have finished buy bread")
    yield go_on("chat, rename", "Change buy bread to buy two loaves")
    yield go_on("chat, small talk", "Hello")
    yield go_on("chat, absent task", "Delete the task about a unicorn")
    yield go_on("chat, model out of order", "Hello x-emu-fault: 500")
    yield say("chat by user", "Hello", path="/api/{ann_id}/chat")
    yield say("chat, another user's path", "Hello", path="/api/{bob_id}/chat")
    yield say("chat, blank", "  ")
    yield say("chat, too long", "x" * 10_001)
    yield Request("chat without a token", "POST", "/api/chat", {"message": "Hello"}, user=None)
    yield go_on("chat, unknown conversation", "Hello", UNKNOWN_ID)
    yield go_on("chat, somebody else's conversation", "Hello", user="bob")
    yield Request("conversations", "GET", "/api/conversations")
    yield Request("conversations of somebody else", "GET", "/api/conversations", user="bob")
    yield Request("messages", "GET", messages)
    yield Request("messages, page", "GET", f"{messages}?limit=2&offset=1")
    yield Request("messages of somebody else", "GET", messages, user="bob")
    yield Request("list after the chat", "GET", "/api/tasks?sort=title&order=asc")
    yield Request("delete somebody else's conversation", "DELETE", "/api/conversations/{talk}", user="bob")
    yield Request("delete conversation", "DELETE", "/api/conversations/{talk}")
    yield Request("delete conversation again", "DELETE", "/api/conversations/{talk}")


def _refusals() -> Iterator[Request]:
    json, text = {"Content-Type": "application/json"}, {"Content-Type": "text/plain"}
    yield Request("broken JSON", "POST", "/api/tasks", raw=b'{"title": ', headers=json)
    yield Request("not UTF-8", "POST", "/api/tasks", raw=b'{"title": "\xff"}', headers=json)
    yield Request("other media type", "POST", "/api/tasks", raw=b"title=x", headers=text)
    yield Request("unknown method", "DELETE", "/api/tasks")


def _ends() -> Iterator[Request]:
    yield Request("delete somebody else's", "DELETE", "/api/tasks/{banana}", user="bob")
    yield Request("delete", "DELETE", "/api/tasks/{banana}")
    yield Request("delete again", "DELETE", "/api/tasks/{banana}")
    yield Request("delete without a token", "DELETE", "/api/tasks/{milk}", user=None)
    yield Request("delete by user", "DELETE", "/api/{ann_id}/tasks/{egypt}")
    yield Request("list at the end", "GET", "/api/tasks?sort=title&order=asc")
    yield Request("log-out", "POST", "/api/auth/logout")
    yield Request("log-out without a token", "POST", "/api/auth/logout", user=None)


LAST: Final = Request("large body", "POST", "/api/tasks", {"title": "x", "description": "x" * _LARGE_BODY_BYTES})
"""The backend closes the connection with the body half read: a port-forward does not survive that, so it is last."""
