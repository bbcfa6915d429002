"""Asking two applications the same and finding where they differ."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.comparing.answers import Answer, ask, ask_all, differences
from pytest_todo_k8s.comparing.request import Request
from pytest_todo_k8s.errors import PhaseError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ID = "0b8f7f4e-1d1c-4c58-9a51-0e4a5f0f3a10"
REQUESTS = (
    Request("sign-up", "POST", "/signup", {"a": 1}, user=None, captures={"ann": "token", "ann_id": "user.id"}),
    Request("list", "GET", "/{ann_id}/tasks"),
    Request("raw", "POST", "/raw", raw=b"x", headers={"Content-Type": "text/plain"}),
)
SIGN_UP = {"token": "a.b.c", "user": {"id": ID}}


@contextlib.contextmanager
def application(answers: Mapping[str, tuple[int, bytes, dict[str, str]]]) -> Iterator[tuple[str, list[str]]]:
    """Give fixed answers by path; note what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: object) -> None: ...

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append(f"{self.command} {self.path} {body.decode()} {self.headers.get('Authorization')}")
            status, content, headers = answers[self.path]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815  the name that http.server looks for

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", asked
        finally:
            server.shutdown()
            thread.join()


def test_two_are_asked_and_a_failure_of_one_ends_both() -> None:
    answers: dict[str, tuple[int, bytes, dict[str, str]]] = {
        "/signup": (201, json.dumps(SIGN_UP).encode(), {}),
        f"/{ID}/tasks": (200, b"[]", {}),
        "/raw": (204, b"", {}),
    }
    with application(answers) as (one, asked_one), application(answers) as (other, asked_other):
        here, there = ask_all({"one": one, "other": other}, REQUESTS)
    assert here == there
    assert len(here) == len(asked_one) == len(asked_other) == 3
    many = [dataclasses.replace(REQUESTS[0], name=f"sign-up {number}") for number in range(5_000)]
    with (
        application(answers) as (one, asked_one),
        application({"/signup": (500, b"{}", {})}) as (other, _),
        pytest.raises(PhaseError, match="other"),
    ):
        ask_all({"one": one, "other": other}, many)
    assert len(asked_one) < len(many)


def test_values_are_captured_and_sent() -> None:
    answers = {
        "/signup": (201, json.dumps(SIGN_UP).encode(), {"Content-Type": "application/json"}),
        f"/{ID}/tasks": (200, b'{"tasks": []}', {}),
        "/raw": (415, b"plain text", {}),
    }
    with application(answers) as (url, asked):
        first, second, third = ask(url, REQUESTS, "the plain application")
    assert asked == ['POST /signup {"a": 1} None', f"GET /{ID}/tasks  Bearer a.b.c", "POST /raw x Bearer a.b.c"]
    assert first.body == {"token": "<token>", "user": {"id": "<id 1>"}}
    assert first.headers == {"content-type": "application/json"}
    assert (second.status, third.status, third.body) == (200, 415, "plain text")


def test_of_metrics_only_what_describes_them_is_compared() -> None:
    text = b"# TYPE b counter\n# HELP b Beans.\nb 12.5\n"
    with application({"/raw": (200, text, {"Content-Type": "text/plain"})}) as (url, _):
        [answer] = ask(url, [Request("metrics", "GET", "/raw", user=None)], "the plain application")
    assert answer.body == ["# HELP b Beans.", "# TYPE b counter"]


def test_a_value_that_does_not_come_ends_the_comparison() -> None:
    with application({"/signup": (500, b"{}", {})}) as (url, _):
        cause = r"the plain application answered POST /signup \(sign-up\) without token: status 500"
        with pytest.raises(PhaseError, match=cause):
            ask(url, REQUESTS, "the plain application")


def compare(plain: Answer, cluster: Answer) -> list[tuple[str, str, str]]:
    found = differences(REQUESTS[1:2], [plain], [cluster])
    return [(each.where, each.plain, each.cluster) for each in found]


def answer(status: int = 200, body: object = None, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@pytest.mark.parametrize(
    ("plain", "cluster", "expected"),
    [
        (answer(body={"a": [1, 2]}), answer(body={"a": [1, 2]}), []),
        (answer(200), answer(201), [("status", "200", "201")]),
        (answer(location="/a"), answer(), [("header location", "/a", "(absent)")]),
        (answer(body={"a": [1, {"b": "x"}]}), answer(body={"a": [1, {"b": "y"}]}), [("body.a[1].b", "x", "y")]),
        (answer(body={"a": 1}), answer(body={}), [("body.a", "1", "(absent)")]),
        (answer(body={"a": [1]}), answer(body={"a": [1, 2]}), [("body.a", "[1]", "[1, 2]")]),
        (answer(body={"a": 1}), answer(body={"a": True}), [("body.a", "1", "true")]),
        (answer(body={"a": 1}), answer(body={"a": 1.0}), [("body.a", "1", "1.0")]),
        (answer(body="x" * 400), answer(body=None), [("body", f"{'x' * 300}... (400 characters)", "null")]),
    ],
)
def test_differences(plain: Answer, cluster: Answer, expected: list[tuple[str, str, str]]) -> None:
    assert compare(plain, cluster) == expected


def test_no_answer_is_never_alike() -> None:
    silent = Answer(None, {}, None, "ConnectionError: refused")
    assert compare(silent, silent) == [("answer", "ConnectionError: refused", "ConnectionError: refused")]
    assert compare(answer(204), silent) == [("answer", "status 204", "ConnectionError: refused")]
