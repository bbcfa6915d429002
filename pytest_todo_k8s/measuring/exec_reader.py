"""Reads the cgroups of containers whose nodes are out of reach: one long-lived `kubectl exec` in each container.

Inside a container its own cgroup is at the root of `/sys/fs/cgroup` (cgroup v1: the runtime mounts it there; v2: the
container's cgroup namespace begins there). An image need not have a shell, so a reader is tried with each interpreter
that a container may have. It ends by itself after its readings: nothing stays in the container, whatever becomes of
the caller.

It runs in the container that it measures, so its own use is inside the figures. On Minikube (cgroup v1, limits 500 m
and 512 MiB, 60 s without load) `python -m benchmarks.usage_readers` saw on the node, with the reader and without it,
0.8 m of CPU and 3 MiB of working set more for `python3`, 1.0 m and 11 MiB for `node`: about 2 % of the limits; a
container's own unrest is larger (one frontend used 1.3 m less). Both readers' figures of the same time differed by
less than 0.1 m and by 0.2 MiB. `sh`, which starts a `sleep` for each reading, added 2.5 m and 3 MiB to an idle
container of the engine. What an interpreter takes to start is spent before the first reading that counts.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.measuring import cgroups
from pytest_todo_k8s.measuring.cgroups import Readings
from pytest_todo_k8s.tools.command import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_todo_k8s.measuring.usage import Container
    from pytest_todo_k8s.tools.command import BackgroundCommand, CommandRunner

REMEDY: Final = "put one of them into the image, or measure where nodes are within reach (Minikube, kind)"
START_S: Final = 15.0
"""Seconds that one interpreter gets until its first reading."""
_POLL_S: Final = 0.2
_SAID: Final = 150
"""Characters kept of what an interpreter or kubectl said."""
_ABSENT: Final = re.compile(r"executable file .*not found|no such file or directory", re.IGNORECASE)
"""How runc and crun say that a program is not in the image."""
_KUBECTLS_OWN: Final = "command terminated with exit code"


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A program that a container may have and that can run a reader.

    Attributes:
        name: Its name on the container's PATH.
        options: What stands before the script: nothing of the application's own set-up is to be loaded.
        file: The script, beside this module.
        zeroth: What the interpreter wants between the script and its arguments.
    """

    name: str
    options: tuple[str, ...]
    file: str
    zeroth: tuple[str, ...] = ()

    def command(self, container: str, readings: int, root: str = cgroups.ROOT) -> list[str]:
        """Return the argument list that reads the cgroup around it once a second.

        Args:
            container: Id that the lines are to carry.
            readings: How many times.
            root: Where the cgroup file systems are mounted.
        """
        script = files("pytest_todo_k8s.measuring").joinpath(self.file).read_text(encoding="utf-8")
        return [self.name, *self.options, script, *self.zeroth, root, str(readings), "own", container]


INTERPRETERS: Final = (
    Interpreter("sh", ("-c",), cgroups.SCRIPT, ("cgroups",)),
    Interpreter("python3", ("-I", "-S", "-B", "-c"), "own_cgroup.py"),
    Interpreter("node", ("-e",), "own_cgroup.js"),
)
"""In the order in which they are tried: what uses least memory comes first."""


class ExecReader:
    """Implements `window.Reader` where the nodes are out of reach."""

    def __init__(self, commands: CommandRunner, kubectl: Sequence[str]) -> None:
        """Remember how containers are entered.

        Args:
            commands: Starts kubectl.
            kubectl: What a call in the pods' namespace begins with.
        """
        self._commands = commands
        self._kubectl = kubectl
        self._chosen: dict[str, Interpreter] = {}
        self._readers: dict[str, BackgroundCommand] = {}
        self._reasons: dict[str, str] = {}
        self._wanted = 0

    def start(self, containers: Sequence[Container], readings: int) -> None:
        """Find an interpreter in each container, begin in all of them, and return once the first readings are there.

        Raises:
            PhaseError: kubectl can't be started.
        """
        self._wanted = readings
        for container in containers:
            self._choose(container)
        for container in containers:
            if interpreter := self._chosen.get(container.id):
                self._readers[container.id] = self._exec(container, interpreter.command(container.id, readings))
        deadline_s = time.monotonic() + START_S
        while time.monotonic() < deadline_s and any(
            reader.running and not _samples(reader, container) for container, reader in self._readers.items()
        ):
            time.sleep(_POLL_S)

    def wait(self, deadline_s: float) -> None:
        """Let every reader end by itself, so that nothing of it stays in its container."""
        for reader in self._readers.values():
            reader.wait(max(0.0, deadline_s - time.monotonic()))

    def stop(self) -> None:
        """End the calls of kubectl that go on."""
        for reader in self._readers.values():
            reader.stop()

    def found(self) -> dict[str, Readings]:
        """Return what was read, by container id; `reason` says why nothing was, or not all."""
        found = {container: Readings(reason=reason) for container, reason in self._reasons.items()}
        for container, reader in self._readers.items():
            found[container] = readings = cgroups.parse(reader.lines).get(container, Readings())
            if len(readings.samples) < self._wanted:
                had = f"{len(readings.samples)} of {self._wanted} readings"
                readings.reason = f"its reader ended with status {reader.stop()} after {had}: {_last(reader.lines)}"
        return found

    def told(self, containers: Sequence[Container]) -> str:
        """Say how it was read, by what in which container."""
        by: dict[str, list[str]] = {}
        for container in containers:
            interpreter = self._chosen.get(container.id)
            place, name = f"{container.app}/{container.name}", interpreter.name if interpreter else "nothing"
            if place not in by.setdefault(name, []):
                by[name].append(place)
        who = ", ".join(f"{name} in {' and '.join(places)}" for name, places in by.items())
        return f"read every second by a process in each container ({who}), whose own use is in the figures"

    def _choose(self, container: Container) -> None:
        """Have each interpreter read once until one can; where none can, note what each of them said."""
        said = []
        for interpreter in INTERPRETERS:
            reader = self._exec(container, interpreter.command(container.id, 1))
            try:
                reader.wait(START_S)
            finally:
                reader.stop()
            if _samples(reader, container.id):
                self._chosen[container.id] = interpreter
                return
            said.append(f"{interpreter.name}: {_last(reader.lines)}")
        self._reasons[container.id] = f"no reader works in it ({'; '.join(said)}): {REMEDY}"

    def _exec(self, container: Container, argv: Sequence[str]) -> BackgroundCommand:
        words = [*self._kubectl, "exec", container.pod, "--container", container.name, "--", *argv]
        try:
            return self._commands.start(words)
        except CommandError as error:
            raise PhaseError("measure", f"kubectl can't be started: {error}", "run `todo-k8s setup`") from None


def _samples(reader: BackgroundCommand, container: str) -> bool:
    """Tell whether a reading is there."""
    readings = cgroups.parse(list(reader.lines)).get(container)
    return bool(readings and readings.samples)


def _last(lines: Sequence[str]) -> str:
    """Return in a few words why a reader ended without a reading."""
    words = [line for line in list(lines) if line.strip() and not line.startswith(_KUBECTLS_OWN)]
    if not words:
        return "it said nothing"
    if _ABSENT.search(words[-1]):
        return "not in the image"
    if words[-1].startswith("missing "):
        return cgroups.NO_CGROUP
    return words[-1][:_SAID]
