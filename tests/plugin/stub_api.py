"""A small Kubernetes API on a loopback port: namespaces with UIDs, labels and a deletion that takes its time."""

from __future__ import annotations

import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

NAMESPACES = "/api/v1/namespaces"
SILENCE_S = 60.0


class StubApi:
    """The server; its state is read and changed by tests while it runs.

    Attributes:
        namespaces: Live namespaces by name.
        requests: What was asked, as `METHOD path`, in order.
        delete_s: Seconds from a deletion's request to its end.
        refused: `METHOD path` that is answered with 403.
        answering: While it is not set, connections are taken and never answered.
    """

    def __init__(self) -> None:
        self.namespaces: dict[str, dict[str, Any]] = {}
        self.requests: list[str] = []
        self.delete_s = 0.0
        self.refused: set[str] = set()
        self.answering = threading.Event()
        self.answering.set()
        self._deadlines: dict[str, float] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def writes(self) -> list[str]:
        """Requests that change something."""
        return [request for request in self.requests if not request.startswith("GET ")]

    def add(self, name: str, labels: dict[str, str] | None = None, notes: dict[str, str] | None = None) -> str:
        """Put a namespace there and return its UID."""
        metadata = {"name": name, "labels": labels or {}, "annotations": notes or {}}
        return str(self._create({"metadata": metadata})["metadata"]["uid"])

    def answer(self, method: str, target: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        url = urlsplit(target)
        with self._lock:
            self.requests.append(f"{method} {url.path}")
            self._finish_deletions()
            if f"{method} {url.path}" in self.refused:
                return _status(403, "Forbidden", f"{url.path} is forbidden here")
            if url.path == NAMESPACES:
                return self._collection(method, parse_qs(url.query), body)
            if url.path.startswith(f"{NAMESPACES}/"):
                return self._one(method, url.path.removeprefix(f"{NAMESPACES}/"), body)
            if (method, url.path) == ("GET", "/api/v1/nodes"):
                return 200, {"kind": "NodeList", "metadata": {}, "items": [{"metadata": {"name": "n"}, "status": {}}]}
            if (method, url.path) == ("GET", "/api/v1/persistentvolumes"):
                return 200, {"kind": "List", "metadata": {}, "items": []}
            return _status(404, "NotFound", f"{url.path} is not in this stub")

    def _collection(self, method: str, query: dict[str, list[str]], body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if method == "POST":
            name = body["metadata"]["name"]
            if name in self.namespaces:
                return _status(409, "AlreadyExists", f"namespaces {name} already exists")
            return 201, self._create(body)
        wanted = dict(pair.split("=") for selector in query.get("labelSelector", []) for pair in selector.split(","))
        items = [each for each in self.namespaces.values() if wanted.items() <= each["metadata"]["labels"].items()]
        return 200, {"kind": "NamespaceList", "metadata": {}, "items": items}

    def _one(self, method: str, name: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        live = self.namespaces.get(name)
        if live is None:
            return _status(404, "NotFound", f'namespaces "{name}" not found')
        if method == "PATCH":
            if body["metadata"]["uid"] != live["metadata"]["uid"]:
                return _status(409, "Conflict", "the UID in the patch does not match")
            live["metadata"]["annotations"] |= body["metadata"]["annotations"]
        if method == "DELETE":
            uid = body.get("preconditions", {}).get("uid")
            if uid not in {None, live["metadata"]["uid"]}:
                return _status(409, "Conflict", "the UID in the precondition does not match")
            live["status"] = {
                "phase": "Terminating",
                "conditions": [
                    {"type": "NamespaceContentRemaining", "status": "True", "message": "pods. has 1 resource instances"}
                ],
            }
            self._deadlines.setdefault(name, time.monotonic() + self.delete_s)
        return 200, live

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        body["metadata"]["uid"] = str(uuid.uuid4())
        live = {**body, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
        self.namespaces[body["metadata"]["name"]] = live
        self._deadlines.pop(body["metadata"]["name"], None)
        return live

    def _finish_deletions(self) -> None:
        for name, deadline in list(self._deadlines.items()):
            if time.monotonic() >= deadline:
                del self._deadlines[name]
                self.namespaces.pop(name, None)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet: the second would wait for the acknowledgement of the first

            def do_GET(self) -> None:
                if not api.answering.is_set():
                    api.answering.wait(SILENCE_S)
                    self.close_connection = True
                    return
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else {}
                status, answer = api.answer(self.command, self.path, body)
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_DELETE = do_PATCH = do_GET  # noqa: N815  names that the base class calls

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _status(code: int, reason: str, message: str) -> tuple[int, dict[str, Any]]:
    return code, {"kind": "Status", "code": code, "reason": reason, "message": message}
