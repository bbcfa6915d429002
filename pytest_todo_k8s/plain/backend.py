"""The backend and the model that it talks to as plain processes: migrations, then the servers, then their end."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.plain.host import PlainError
from pytest_todo_k8s.plain.server import Server, answers, serving
from pytest_todo_k8s.tools.command import CommandError
from pytest_todo_k8s.tools.redaction import Secret, generate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_todo_k8s.plain.host import Host

_MIGRATE_TIMEOUT_S: Final = 90.0
_NO_BYTE_CODE: Final = {"PYTHONDONTWRITEBYTECODE": "1"}
"""Byte code would be written into the source folder, which is also the context of an image build."""


@dataclass(frozen=True, slots=True)
class Model:
    """The model that the assistant speaks for.

    Attributes:
        url: Base address of its API.
        key: What its API asks for.
    """

    url: str
    key: Secret


@contextlib.contextmanager
def gemini_emulator(host: Host, python: Path, folder: Path) -> Iterator[Model]:
    """Run the emulator of the Gemini API for as long as the block lasts; it takes one key alone.

    Args:
        host: Who runs it.
        python: Interpreter with the backend's dependencies, which are more than its own.
        folder: The emulator's source folder.

    Raises:
        PlainError: It did not start.
    """
    key = generate()
    host.redactor.add(key)
    server = Server(
        name="the plain Gemini emulator",
        argv=lambda port: [python, "-m", "gemini_emulator", "--port", str(port)],
        cwd=folder,
        ready=answers("/healthz"),
        environment=lambda _port: {**_NO_BYTE_CODE, "EXPECTED_API_KEY": key.reveal(), "LOG_LEVEL": "info"},
    )
    with serving(host, server) as port:
        yield Model(f"http://127.0.0.1:{port}", key)


@contextlib.contextmanager
def backend(host: Host, python: Path, folder: Path, database_url: Secret, model: Model | None) -> Iterator[str]:
    """Migrate an empty database and run the backend on it for as long as the block lasts; give the backend's URL.

    Args:
        host: Who runs it.
        python: Interpreter with the backend's dependencies.
        folder: The backend's source folder.
        database_url: An empty database.
        model: What the assistant speaks for; None: the chat is off.

    Raises:
        PlainError: The migrations failed, or it did not start.
    """
    migrate(host, python, folder, database_url)
    with serving(host, server(host, python, folder, database_url, model)) as port:
        yield f"http://127.0.0.1:{port}"


def migrate(host: Host, python: Path, folder: Path, database_url: Secret) -> None:
    """Bring a database's schema up to date.

    Raises:
        PlainError: It failed.
    """
    environment = {**_NO_BYTE_CODE, "DATABASE_URL": database_url.reveal()}
    try:
        host.commands.run([python, "-m", "app.migrate"], timeout_s=_MIGRATE_TIMEOUT_S, env=environment, cwd=folder)
    except CommandError as error:
        raise PlainError(f"the plain backend's migrations failed: {error}") from None


def server(host: Host, python: Path, folder: Path, database_url: Secret, model: Model | None) -> Server:
    """Return the backend's server on a database that is up to date."""
    secret = generate(48)
    host.redactor.add(secret)
    environment = {
        **_NO_BYTE_CODE,
        "DATABASE_URL": database_url.reveal(),
        "JWT_SECRET": secret.reveal(),
        "GEMINI_API_KEY": model.key.reveal() if model else "",
        "LOG_LEVEL": "info",
    }
    if model:
        environment["GEMINI_BASE_URL"] = model.url
    return Server(
        name="the plain backend",
        argv=lambda _port: [python, "-m", "app"],
        cwd=folder,
        ready=answers("/ready"),
        environment=lambda port: {**environment, "PORT": str(port)},
    )
