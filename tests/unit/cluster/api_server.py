"""A small HTTP server on a loopback port that answers as a test tells it, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import yaml

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    content: str = ""


@dataclass
class Answer:
    """One answer; `body` is sent as JSON, bytes as they are, a list of bytes in chunks one after the other.

    An iterator of bytes is sent until it or the connection ends, in chunks or, where `length` is given, as one body.
    """

    status: int = 200
    body: Any = field(default_factory=dict)
    broken: bool = False
    length: int | None = None


@dataclass
class ApiServer:
    """Answers by `METHOD path`: several answers are given one after the other, the last one for ever."""

    url: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def on(self, request: str, *answers: Any) -> None:
        """Answer `GET /path` with these, one after the other; what is no `Answer` is the body of a good one."""
        self.answers[request] = [each if isinstance(each, Answer) else Answer(body=each) for each in answers]

    def paths(self, method: str) -> list[str]:
        return [each.path for each in self.asked if each.method == method]

    @property
    def writes(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.asked if each.method != "GET"]

    def next(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        waiting = self.answers.get(f"{asked.method} {asked.path}")
        if not waiting:
            return Answer(404, status(404, "NotFound", f"{asked.path} not found"))
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


def status(code: int, reason: str, message: str) -> dict[str, Any]:
    return {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message}


def listed(*items: dict[str, Any], version: str = "1", more: str = "") -> dict[str, Any]:
    return {"metadata": {"resourceVersion": version, "continue": more}, "items": list(items)}


def kubeconfig(folder: Path, server: str, context: str = "test") -> Path:
    """Write a kubeconfig with one context."""
    file = folder / "kubeconfig"
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "clusters": [{"name": context, "cluster": {"server": server}}],
        "contexts": [{"name": context, "context": {"cluster": context, "user": context}}],
        "users": [{"name": context, "user": {"token": "t0ken"}}],
    }
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


@contextmanager
def api_server() -> Iterator[ApiServer]:
    """Run a server until the block ends."""
    api = ApiServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            url = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            kind = self.headers.get("Content-Type") or ""
            self._send(api.next(Asked(self.command, url.path, query, json.loads(raw) if raw else None, kind)))

        do_GET = do_POST = do_DELETE = do_PATCH = _answer  # noqa: N815  names that the base class asks for

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            if isinstance(answer.body, Iterator) and answer.length is not None:
                self.send_header("Content-Length", str(answer.length))
                self.end_headers()
                for chunk in answer.body:
                    self.wfile.write(chunk)
                return
            parts = isinstance(answer.body, list) and answer.body and isinstance(answer.body[0], bytes)
            if parts or isinstance(answer.body, Iterator):
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                for chunk in answer.body:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
                if answer.broken:
                    self.close_connection = True
                else:
                    self.wfile.write(b"0\r\n\r\n")
                return
            data = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing: a client may well hang up."""

    server = Server(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
