"""The place set-up works on: the machine, the cache folder, the caller's environment and the commands."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_todo_k8s.bootstrap.machine import Machine
from pytest_todo_k8s.bootstrap.record import Record
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.toolchain import cache_root

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = Path(__file__).parent / "data"
"""The files that set-up builds from."""


@dataclass(frozen=True)
class Site:
    """What every step is given.

    Attributes:
        environment: The caller's variables, as `command_environment` completes them.
        cache: Root folder of everything kept between runs; need not exist.
        machine: Facts about the machine.
        runner: Starts the commands, with that environment.
        known: Answers that hold as long as set-up runs, by the name of the question.
    """

    environment: Mapping[str, str]
    cache: Path
    machine: Machine
    runner: CommandRunner
    known: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def here(cls, environment: Mapping[str, str]) -> Site:
        """Describe this machine; nothing is written."""
        complete = command_environment(environment)
        return cls(complete, cache_root(environment), Machine.read(), CommandRunner(complete))

    @property
    def toolchain(self) -> Path:
        """Where binaries, the engine's parts and Minikube's home are kept."""
        return self.cache / "toolchain"

    @property
    def partial(self) -> Path:
        """Where things are made before they are renamed to their place; emptied when set-up starts."""
        return self.toolchain / "partial"

    @property
    def logs(self) -> Path:
        """Where each step leaves its log."""
        return self.cache / "logs" / "setup"

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig of the cluster; the user's own is not touched."""
        return self.cache / "kubeconfig"

    @property
    def record(self) -> Record:
        """What set-up made so far, read anew each time."""
        return Record.load(self.cache)

    def which(self, name: str) -> Path | None:
        """Find a program on PATH."""
        found = shutil.which(name, path=self.environment["PATH"])
        return Path(found) if found else None


def command_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for children: the caller's, with BuildKit on and the folders of daemons on PATH."""
    folders = environment.get("PATH", os.defpath).split(os.pathsep)
    folders += [folder for folder in ("/usr/local/sbin", "/usr/sbin", "/sbin") if folder not in folders]
    return {**environment, "PATH": os.pathsep.join(folders), "DOCKER_BUILDKIT": "1"}
