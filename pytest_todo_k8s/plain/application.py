"""The application as plain processes, put together: database, emulated model, backend, and with it the frontend."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.plain import backend, frontend
from pytest_todo_k8s.plain.environment import interpreter
from pytest_todo_k8s.plain.postgres import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_todo_k8s.plain.host import Host
    from pytest_todo_k8s.plain.node import Node
    from pytest_todo_k8s.tools.redaction import Secret

BACKEND: Final = "app/backend"
EMULATOR: Final = "app/gemini_emulator"
FRONTEND: Final = "app/frontend"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts answer."""

    frontend: str
    backend: str


@dataclass(frozen=True, slots=True)
class PlainBackend:
    """The backend's URL, and its database's."""

    url: str
    database_url: Secret


def check(root: Path) -> None:
    """Make sure that a folder holds the application.

    Raises:
        ConfigError: It does not.
    """
    for part in (BACKEND, EMULATOR, FRONTEND):
        if not (root / part).is_dir():
            raise ConfigError(f"{root / part} is not there", "go to the project's folder (it holds app/)")


@contextlib.contextmanager
def backend_with_model(host: Host, root: Path, cache: Path) -> Iterator[PlainBackend]:
    """Run database, emulated model and backend for as long as the block lasts.

    Args:
        host: Who runs them.
        root: The project's folder.
        cache: Where the backend's dependencies are kept.

    Raises:
        PlainError: One of them can't be made or started.
    """
    python = interpreter(host, root / BACKEND / "requirements.txt", cache)
    with (
        postgres(host) as database_url,
        backend.gemini_emulator(host, python, root / EMULATOR) as model,
        backend.backend(host, python, root / BACKEND, database_url, model) as url,
    ):
        yield PlainBackend(url, database_url)


@contextlib.contextmanager
def application(host: Host, root: Path, cache: Path, node: Node, port: int) -> Iterator[Addresses]:
    """Run all parts for as long as the block lasts.

    Args:
        host: Who runs them.
        root: The project's folder.
        cache: Where the backend's dependencies are kept.
        node: Node for the frontend.
        port: Port of the frontend; 0: a free one.

    Raises:
        PlainError: One of them can't be made or started.
    """
    frontend.make(host, node)
    with (
        backend_with_model(host, root, cache) as plain,
        frontend.frontend(host, node, plain.url, port) as url,
    ):
        yield Addresses(frontend=url, backend=plain.url)
