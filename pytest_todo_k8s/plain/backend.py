"""The backend as a plain process: migrations, then the web server on a loopback port, then its end."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.measuring.fetch import fetch, new_session
from pytest_todo_k8s.plain.server import Server, serving
from pytest_todo_k8s.tools.command import CommandError
from pytest_todo_k8s.tools.redaction import generate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.tools.command import BackgroundCommand
    from pytest_todo_k8s.tools.redaction import Secret

_MIGRATE_TIMEOUT_S: Final = 90.0
_OK: Final = 200


@contextlib.contextmanager
def backend(context: RunContext, python: Path, folder: Path, database_url: Secret) -> Iterator[str]:
    """Run the backend for as long as the block lasts and give its URL.

    Args:
        context: The run.
        python: Interpreter with the backend's dependencies.
        folder: The backend's source folder.
        database_url: An empty database.

    Raises:
        PhaseError: The migrations failed, or it did not start.
    """
    secret = generate(48)
    context.redactor.add(secret)
    # Byte code would be written into the source folder, which is also the context of an image build.
    environment = {"DATABASE_URL": database_url.reveal(), "PYTHONDONTWRITEBYTECODE": "1", "LOG_LEVEL": "info"}
    try:
        context.commands.run([python, "-m", "app.migrate"], timeout_s=_MIGRATE_TIMEOUT_S, env=environment, cwd=folder)
    except CommandError as error:
        raise PhaseError("parity", f"the plain backend's migrations failed: {error}") from None
    environment |= {"JWT_SECRET": secret.reveal(), "GEMINI_API_KEY": ""}
    server = Server(
        name="the plain backend",
        argv=lambda _port: [python, "-m", "app"],
        cwd=folder,
        ready=_ready,
        environment=lambda port: {**environment, "PORT": str(port)},
    )
    with serving(context, server) as port:
        yield f"http://127.0.0.1:{port}"


def _ready(port: int, _process: BackgroundCommand) -> bool:
    with new_session() as session:
        return fetch(session, f"http://127.0.0.1:{port}/ready", timeout_s=3.0).status == _OK
