"""A very small Todo application on a loopback port: what the frontend and the backend answer, as far as tests need it.

Faults are switched on by name, so that a test can show that the gate sees them.
"""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from http import cookies
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

LANDING = """<!doctype html><html><head><title>Todo</title>
<link rel="stylesheet" href="/style.css"><link rel="icon" href="/icon.svg"><link rel="canonical" href="/elsewhere">
<script src="/app.js"></script><script src="https://example.org/foreign.js"></script></head>
<body><main data-testid="landing"><svg><title>not this one</title></svg><img src="icon.svg#x"></main></body></html>"""
FILES = {"/style.css": b"main {}", "/icon.svg": b"<svg/>", "/app.js": b"1"}


class TodoServer(ThreadingHTTPServer):
    """The application; `faults` names what is broken."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, faults: frozenset[str]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults = faults
        self.unready = 0
        self.users: dict[str, str] = {}
        self.sessions: dict[str, str] = {}
        self.tasks: dict[str, dict[str, Any]] = {}
        self.seen: list[tuple[str, str, str | None]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    server: TodoServer

    def log_message(self, *_args: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/" and "page" not in self.server.faults:
            self.answer(200, LANDING.encode(), kind="text/html; charset=utf-8")
        elif path in FILES and path not in self.server.faults:
            self.answer(200, FILES[path])
        elif path in ("/health", "/api/health"):
            self.answer(500 if "health" in self.server.faults else 200, {"status": "healthy", "uptime_s": 1.5})
        elif path in ("/ready", "/api/ready"):
            self.server.unready -= 1
            self.answer(503 if self.server.unready >= 0 else 200, {"status": "ready"})
        elif path == "/tasks":
            open_door = "open door" in self.server.faults
            self.answer(200 if open_door else 307, b"", headers={} if open_door else {"Location": "/login"})
        elif path == "/api/tasks":
            self.for_user(self.list_tasks)
        elif path.startswith("/api/tasks/"):
            self.for_user(lambda user: self.with_task(user, lambda task: self.answer(200, task)))
        else:
            self.answer(404, {"error": {"code": "NOT_FOUND"}})

    def do_POST(self) -> None:
        body = self.body()
        if self.path == "/api/auth/signup":
            self.server.users[body["email"]] = body["password"]
            self.open_session(201, body["email"])
        elif self.path == "/api/auth/login":
            right = self.server.users.get(body["email"]) == body["password"] and "log-in" not in self.server.faults
            self.open_session(200, body["email"]) if right else self.answer(401, {"error": {}})
        elif self.path == "/api/auth/logout":
            self.answer(204, b"", headers={"Set-Cookie": "todo_session=; Max-Age=0; Path=/"})
        elif self.path == "/api/chat":
            self.for_user(lambda user: self.chat(user, body))
        else:
            self.for_user(lambda user: self.create(user, body))

    def do_PATCH(self) -> None:
        body = self.body()
        self.for_user(lambda user: self.with_task(user, lambda task: self.change(task, body)))

    def change(self, task: dict[str, Any], body: dict[str, Any]) -> None:
        if self.path.endswith("/toggle"):
            task["completed"] = not task["completed"]
        elif "edit" not in self.server.faults:
            task.update(body)
        self.answer(200, task)

    def do_DELETE(self) -> None:
        self.for_user(lambda user: self.with_task(user, self.remove))

    def remove(self, task: dict[str, Any]) -> None:
        self.server.tasks.pop(task["id"])
        self.answer(204, b"")

    def with_task(self, user: str, action: Any) -> None:
        """Do something with the task that the path names, if it is the user's own."""
        task = self.server.tasks.get(self.path.split("/")[3])
        ours = task is not None and (task["owner"] == user or "no owners" in self.server.faults)
        action(task) if ours else self.answer(404, {"error": {"code": "NOT_FOUND"}})

    def for_user(self, action: Any) -> None:
        held = cookies.SimpleCookie(self.headers.get("Cookie", "")).get("todo_session")
        user = self.server.sessions.get(held.value) if held else None
        action(user) if user else self.answer(401, {"error": {"code": "UNAUTHENTICATED"}})

    def list_tasks(self, user: str) -> None:
        everybodys = "one list" in self.server.faults
        tasks = [task for task in reversed(self.server.tasks.values()) if everybodys or task["owner"] == user]
        self.answer(200, {"tasks": tasks, "total": len(tasks)} if "list" not in self.server.faults else {"total": 0})

    def create(self, user: str, body: dict[str, Any]) -> None:
        self.answer(201, self.keep(user, body["title"]))

    def chat(self, user: str, body: dict[str, Any]) -> None:
        if "chat off" in self.server.faults:
            return self.answer(503, {"error": {"code": "AI_NOT_CONFIGURED"}})
        if "idle talk" in self.server.faults:
            return self.answer(200, {"content": "Hello.", "tool_invocations": None})
        self.keep(user, body["message"].split('"')[1])
        return self.answer(200, {"content": "Done.", "tool_invocations": [{"tool_name": "add_task"}]})

    def keep(self, user: str, title: str) -> dict[str, Any]:
        task = {"id": str(uuid.uuid4()), "title": title, "completed": False, "owner": user}
        self.server.tasks[str(task["id"])] = task
        return task

    def open_session(self, status: int, email: str) -> None:
        name = uuid.uuid4().hex
        self.server.sessions[name] = email
        self.answer(
            status, {"user": {"email": email}}, headers={"Set-Cookie": f"todo_session={name}; Path=/; HttpOnly"}
        )

    def body(self) -> dict[str, Any]:
        self.server.seen.append((self.command, self.path, self.headers.get("Origin")))
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return dict(json.loads(raw)) if raw else {}

    def answer(
        self,
        status: int,
        content: bytes | dict[str, Any],
        *,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **(headers or {})}.items():
            if status != 204 or name != "Content-Length":
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


@contextlib.contextmanager
def todo_server(*faults: str) -> Iterator[TodoServer]:
    """Serve for as long as the block lasts."""
    with TodoServer(frozenset(faults)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
