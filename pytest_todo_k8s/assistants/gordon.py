"""Docker AI (Gordon): part of Docker Desktop, a terminal program whose answers are Markdown on a screen.

Described by Docker's documentation ("Gordon"): `docker ai version` and `docker ai -C DIR "prompt"`; there is no
non-interactive mode and no output format. Reading a file needs no approval and is not confined, so it gets a copy;
shell commands, writes and fetches ask `Approve? [Y/n/a]`, and the answer is always no.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from pytest_todo_k8s.assistants import text
from pytest_todo_k8s.assistants.assistant import CALL_S, Caller, Request, found, proposal, told, unavailable
from pytest_todo_k8s.assistants.proposal import Detection, Proposal, Status
from pytest_todo_k8s.tools.command import CommandError, CommandResult
from pytest_todo_k8s.tools.terminal import converse

if TYPE_CHECKING:
    from pathlib import Path

QUIET_S: Final = 4.0
"""Seconds of silence after a whole code block: it is waiting for the next question."""
_APPROVAL: Final = re.compile(r"Approve\?\s*\[Y/n/a\]")
_NO: Final = "n\r"


@dataclass(frozen=True, slots=True)
class Gordon:
    """Docker AI, by the docker command in use."""

    docker: Path
    caller: Caller
    timeout_s: float = CALL_S
    name: ClassVar[str] = "gordon"

    def detect(self) -> Detection:
        """Ask `docker ai version`; Docker Engine alone knows no such command."""
        answer = self.caller.quick([str(self.docker), "ai", "version"])
        if not found(answer):
            return Detection(available=False, reason=f"{self.docker} is not there")
        if answer.timed_out:
            return Detection(available=False, reason="docker ai version does not end")
        line = next(iter(text.plain_text(answer.stdout).strip().splitlines()), "")
        if answer.exit_code or not line:
            said = " ".join(told(answer).split())[:200] or f"status {answer.exit_code}"
            return Detection(available=False, reason=f"{said} (Docker AI is part of Docker Desktop)")
        return Detection(available=True, version=line)

    def propose(self, request: Request) -> Proposal:
        """Ask under a pseudo-terminal, refuse every approval, and take the Dockerfile from the answer."""
        if request.subject != "dockerfile":
            return unavailable(self.name, request, "Docker AI is asked for Dockerfiles alone")
        with self.caller.room(request.files) as room:
            argv = [str(self.docker), "ai", "-C", str(room / "work"), request.prompt]
            try:
                screen = converse(
                    self.caller.runner(room),
                    argv,
                    timeout_s=self.timeout_s,
                    cap_bytes=text.CAP_BYTES,
                    answer=lambda shown: _NO if _APPROVAL.search(text.plain_text(shown)) else None,
                    enough=lambda shown, silent_s: silent_s >= QUIET_S and bool(_answer(shown)),
                    env={"TERM": "xterm"},
                    cwd=room / "work",
                )
            except CommandError as error:
                return unavailable(self.name, request, str(error))
        shown = self.caller.redactor.clean(screen.text)
        result = CommandResult(tuple(argv), screen.exit_code, shown, "", screen.duration_s, screen.timed_out)
        return self._read(request, result)

    def _read(self, request: Request, result: CommandResult) -> Proposal:
        said = told(result)
        content = _answer(result.stdout)
        if not content and _APPROVAL.search(said):
            return proposal(self.name, request, result, Status.REFUSED, text="it wanted to act and was not allowed to")
        if not content:
            return proposal(self.name, request, result, Status.MALFORMED, text="its answer holds no Dockerfile")
        return proposal(self.name, request, result, Status.OK, content=content, commands=text.commands(said))


def _answer(shown: str) -> str:
    return text.dockerfile(text.plain_text(shown))
