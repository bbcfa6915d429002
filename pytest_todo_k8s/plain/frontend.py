"""The frontend as a plain process: the standalone server of its build, as it runs in its image."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pytest_todo_k8s.plain.host import PlainError
from pytest_todo_k8s.plain.server import Server, answers, serving
from pytest_todo_k8s.tools.command import CommandError
from pytest_todo_k8s.tools.redaction import generate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_todo_k8s.plain.host import Host
    from pytest_todo_k8s.plain.node import Node


def make(host: Host, node: Node) -> None:
    """Build the frontend, unless that was done before.

    Raises:
        PlainError: It failed.
    """
    try:
        node.build(host.progress)
    except CommandError as error:
        log = host.logs_dir / "plain-frontend.log"
        log.write_text(f"{error.result.stdout}\n{error.result.stderr}", encoding="utf-8")
        raise PlainError(f"the frontend can't be built: {error}", f"see {log}; npm needs a package registry") from None


@contextlib.contextmanager
def frontend(host: Host, node: Node, backend_url: str, port: int = 0) -> Iterator[str]:
    """Run the built frontend for as long as the block lasts and give its URL.

    Args:
        host: Who runs it.
        node: Node, after `make`.
        backend_url: Where it finds the backend.
        port: Its port; 0: a free one.

    Raises:
        PlainError: It did not start.
    """
    with serving(host, server(host, node, backend_url, port)) as number:
        yield f"http://127.0.0.1:{number}"


def server(host: Host, node: Node, backend_url: str, port: int = 0) -> Server:
    """Return the frontend's server; it serves when it reaches the backend."""
    secret = generate(48)
    host.redactor.add(secret)
    environment = {
        **node.variables,
        "BACKEND_URL": backend_url,
        "BETTER_AUTH_SECRET": secret.reveal(),
        "COOKIE_SECURE": "false",  # browsers come by plain http
        "HOSTNAME": "127.0.0.1",
        "NODE_ENV": "production",
    }
    return Server(
        name="the plain frontend",
        argv=lambda _port: [node.executable, node.standalone / "runtime/start.mjs"],
        cwd=node.standalone,
        ready=answers("/api/ready"),
        environment=lambda number: {**environment, "PORT": str(number)},
        port=port,
    )
