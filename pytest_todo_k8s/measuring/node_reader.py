"""Reads all containers' cgroups on the node, by one process there: nothing runs in the containers that are measured."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.measuring import cgroups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_todo_k8s.cluster.provider import Cluster
    from pytest_todo_k8s.measuring.cgroups import Readings
    from pytest_todo_k8s.measuring.usage import Container
    from pytest_todo_k8s.tools.command import BackgroundCommand

_START_S: Final = 15.0
_POLL_S: Final = 0.2


class NodeReader:
    """Implements `window.Reader` where the provider reaches the node."""

    def __init__(self, cluster: Cluster) -> None:
        """Remember whose node; nothing is started yet."""
        self._cluster = cluster
        self._sampler: BackgroundCommand | None = None

    def start(self, containers: Sequence[Container], readings: int) -> None:
        """Begin, and return once every container was looked up and a first reading is there.

        Raises:
            PhaseError: The process ended or stays silent.
        """
        self._sampler = sampler = self._cluster.start_on_node(
            cgroups.on_node([each.id for each in containers], readings)
        )
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and sampler.running:
            lines = list(sampler.lines)
            if len(cgroups.parse(lines)) >= len(containers) and any(line.startswith("use ") for line in lines):
                return
            time.sleep(_POLL_S)
        sampler.stop()  # its last lines are all there only once its output is read to the end
        said = " / ".join(list(sampler.lines)[-3:]) or "nothing"
        raise PhaseError("measure", f"the containers' cgroups can't be read on the node; the reader said: {said}"[:500])

    def wait(self, deadline_s: float) -> None:
        """Let the process end by itself, so that nothing of it stays on the node."""
        if self._sampler:
            self._sampler.wait(max(0.0, deadline_s - time.monotonic()))

    def stop(self) -> None:
        """End the process if it goes on."""
        if self._sampler:
            self._sampler.stop()

    def found(self) -> dict[str, Readings]:
        """Return what was read, by container id."""
        return cgroups.parse(self._sampler.lines) if self._sampler else {}

    def told(self, containers: Sequence[Container]) -> str:  # noqa: ARG002  the protocol's
        """Say how it was read."""
        return "read on the node every second"
