"""The variables of compose.yaml: random secrets and the base images that set-up made, in a file for its owner alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.tools.redaction import generate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SECRETS: Final = {"POSTGRES_PASSWORD": 32, "JWT_SECRET": 48, "BETTER_AUTH_SECRET": 48, "GEMINI_API_KEY": 32}
"""Name to bytes of entropy. The model's key is one for the emulator."""


def write(file: Path, bases: Mapping[str, str]) -> None:
    """Make the file (0600) with new secrets.

    Args:
        file: Must not exist: a database keeps the password that it was made with.
        bases: Build argument to local base image; empty where the Dockerfiles' own serve.

    Raises:
        ConfigError: It is there already, or can't be written.
    """
    lines = ["# Made by `todo-k8s app env` for compose.yaml. It holds secrets: keep it to yourself."]
    lines += [f"{name}={generate(length).reveal()}" for name, length in _SECRETS.items()]
    lines += [f"{argument}={image}" for argument, image in sorted(bases.items())]
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        hint = "use it, or remove it together with the database (`docker compose down --volumes`) for new secrets"
        raise ConfigError(f"{file} is there already", hint) from None
    except OSError as error:
        raise ConfigError(f"{file} can't be written: {error.strerror}", "name another one with --file") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")
