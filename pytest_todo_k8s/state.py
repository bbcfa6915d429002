"""What the controller tells the tests of a run: one small file, mode 0600, without secrets."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE: Final = "state.json"
WANTED: Final = "wanted"
"""A worker makes this empty file beside the state when one of its tests needs the deployment."""


@dataclass(frozen=True, slots=True)
class RunState:
    """Where a test finds the run.

    Attributes:
        evidence: Path of `evidence.json`.
        blocked: Why there is no deployment, one sentence; None: there is one.
        namespace: Of the deployment.
        kubeconfig: Path of the run's private kubeconfig.
        context: Its one context.
        frontend_url: The frontend, on a loopback address where the node publishes its port.
        backend_url: The backend, by a port-forward that the controller keeps.
        images: Name (`backend`...) to reference.
        absent: Why nothing is deployed though nothing failed, one sentence; None: it is, or `blocked` tells why not.
        ssh_config: Path of an OpenSSH client configuration for the host `node`; empty: there is no way to the node.
    """

    evidence: str
    blocked: str | None
    namespace: str
    kubeconfig: str = ""
    context: str = ""
    frontend_url: str = ""
    backend_url: str = ""
    images: Mapping[str, str] = field(default_factory=dict)
    absent: str | None = None
    ssh_config: str = ""

    def save(self, folder: Path) -> None:
        """Write it to `folder`, aside and renamed."""
        aside = folder / f".{FILE}"
        descriptor = os.open(aside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(asdict(self), stream, indent=1, sort_keys=True)
        aside.replace(folder / FILE)

    @classmethod
    def load(cls, folder: Path) -> RunState:
        """Read it.

        Raises:
            ConfigError: It is not there or can't be understood.
        """
        file = folder / FILE
        try:
            return cls(**json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise ConfigError(f"the run's state can't be read from {file}: {error}") from None
