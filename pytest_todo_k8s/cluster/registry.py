"""An image registry through which images reach a cluster whose nodes are out of reach; the engine does the talking.

What was pushed stays there until the registry's own rules end it.
"""

from __future__ import annotations

import ipaddress
import json
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.tools.command import CommandError, last_lines

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.tools.command import CommandResult, CommandRunner

PUSH_S: Final = 600.0
QUICK_S: Final = 60.0


class Registry:
    """One place in a registry, with the credentials that the docker command has for it."""

    def __init__(self, place: str, docker: Path, commands: CommandRunner) -> None:
        """Remember it.

        Args:
            place: `HOST[:PORT][/PATH]`, below which the images go.
            docker: The docker command.
            commands: Starts it.
        """
        self._place = place
        self._docker = docker
        self._commands = commands

    def name(self, reference: str) -> str:
        """Return the name that an image of the engine has there."""
        return f"{self._place}/{reference}"

    def push(self, reference: str) -> None:
        """Bring an image of the engine there; the engine has it under that second name only meanwhile.

        Raises:
            PhaseError: It can't be pushed.
        """
        remote = self.name(reference)
        try:
            self._commands.run([self._docker, "tag", reference, remote], timeout_s=QUICK_S)
            self._commands.run([self._docker, "push", remote], timeout_s=PUSH_S)
        except CommandError as error:
            hint = f"log in (`docker login {self._host}`), or name another place with --todo-registry"
            raise PhaseError("load", f"the image {remote} can't be pushed: {error}", hint) from None
        finally:
            self._run("image", "rm", remote)

    def configuration_id(self, reference: str) -> str | None:
        """Return the id of the configuration of the image that is there now; None: there is none.

        Raises:
            PhaseError: The registry does not tell.
        """
        remote = self.name(reference)
        answer = self._inspect(remote)
        if answer is None:
            return None
        if "manifests" in answer:  # an index; the engine pushes one platform, the first
            answer = self._inspect(f"{remote}@{answer['manifests'][0]['digest']}") or {}
        return str((answer.get("config") or {}).get("digest") or "") or None

    @property
    def _host(self) -> str:
        return self._place.partition("/")[0]

    def _inspect(self, remote: str) -> dict[str, Any] | None:
        insecure = ["--insecure"] if self._plain else []
        result = self._run("manifest", "inspect", *insecure, remote)
        if result.ok:
            answer: dict[str, Any] = json.loads(result.stdout)
            return answer
        if any(text in result.stderr.lower() for text in ("no such manifest", "not found", "unknown")):
            return None
        said = last_lines(result.stderr, 1)
        raise PhaseError(
            "load", f"the registry does not tell of {remote}: {said}", f"see `docker manifest inspect {remote}`"
        )

    @property
    def _plain(self) -> bool:
        """Whether the engine speaks plain http with this registry: on loopback, and where its settings say so."""
        host = self._host.rpartition(":")[0] or self._host
        try:
            if ipaddress.ip_address(host.strip("[]")).is_loopback:
                return True
        except ValueError:
            if host == "localhost":
                return True
        told = self._run("info", "--format", "{{json .RegistryConfig.IndexConfigs}}")
        known = json.loads(told.stdout) if told.ok and told.stdout.strip() else {}
        return (known or {}).get(self._host, {}).get("Secure") is False

    def _run(self, *words: str) -> CommandResult:
        return self._commands.run([self._docker, *words], timeout_s=QUICK_S, check=False)
