"""What set-up made on this machine, so that `todo-k8s setup --remove` takes back that and nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.tools.processes import Process  # noqa: TC001  pydantic reads the annotation

if TYPE_CHECKING:
    from pathlib import Path

FILE_NAME: Final = "made.json"


class Record(BaseModel):
    """Everything that set-up made outside its cache.

    Attributes:
        packages: Debian packages it installed, as asked for (not what these depend on).
        engine: The engine process it started last.
        kernel: Kernel settings it raised (name under /proc/sys) with their value before.
        firewall: Whether it added the rule that keeps service addresses on the machine.
        profile: Whether it made the Minikube profile.
        kind: Whether it made the kind cluster.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    packages: tuple[str, ...] = ()
    engine: Process | None = None
    kernel: dict[str, int] = {}
    firewall: bool = False
    profile: bool = False
    kind: bool = False

    @classmethod
    def load(cls, cache: Path) -> Self:
        """Read the record in a cache folder; an empty one when there is none.

        Raises:
            ConfigError: The file is there but can't be understood.
        """
        file = cache / FILE_NAME
        try:
            return cls.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            return cls()
        except (OSError, ValidationError) as error:
            cause = f"{file}, set-up's record of what it made, can't be read ({type(error).__name__})"
            raise ConfigError(
                cause, "move it away; `todo-k8s setup --remove` then leaves alone what it listed"
            ) from None

    @classmethod
    def change(cls, cache: Path, **changes: Any) -> Self:
        """Read the record, replace some of its values, and save it."""
        changed = cls.load(cache).model_copy(update=changes)
        write_aside(cache / FILE_NAME, changed.model_dump_json(indent=2) + "\n")
        return changed


def write_aside(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    aside = file.with_name(f".{file.name}.new")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(file)
