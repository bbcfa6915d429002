"""The protocol of all assistants, and the one way in which their programs are called.

A tool gets an argument list, an empty home and temporary folder of its own, an allow-list of environment variables, no
standard input, a wall-clock limit, and is ended with everything it started. What it prints is capped and redacted.
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from pytest_todo_k8s.assistants.proposal import Proposal, Status, Subject
from pytest_todo_k8s.assistants.text import CAP_BYTES, plain_text
from pytest_todo_k8s.tools.command import EXIT_NOT_FOUND, CommandRunner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_todo_k8s.assistants.proposal import Detection
    from pytest_todo_k8s.tools.command import CommandResult
    from pytest_todo_k8s.tools.redaction import Redactor

DETECT_S: Final = 5.0
CALL_S: Final = 60.0
_PASSED: Final = ("PATH", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables of the caller that every tool inherits; each adapter names its own keys besides."""


@dataclass(frozen=True, slots=True)
class Request:
    """What an assistant is asked.

    Attributes:
        subject: What it is about.
        target: Image, `Kind/name` or namespace.
        prompt: The words.
        files: Files of the project that it may see, by relative path; it gets copies.
        kubeconfig: Kubeconfig of a read-only account, where the question is about a cluster.
    """

    subject: Subject
    target: str
    prompt: str
    files: Mapping[str, str] = field(default_factory=dict)
    kubeconfig: Path | None = None


class Assistant(Protocol):
    """One tool. It proposes; the review is not its own, and nothing is ever applied by it."""

    @property
    def name(self) -> str:
        """The word after `--with`."""

    def detect(self) -> Detection:
        """Tell whether it can be used; quick, and without asking a model."""

    def propose(self, request: Request) -> Proposal:
        """Ask it, within bounds; every ending has a status, none is an exception."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls programs on behalf of assistants.

    Attributes:
        environment: The caller's environment.
        redactor: Takes secrets out of what comes back.
    """

    environment: Mapping[str, str]
    redactor: Redactor

    @contextmanager
    def room(self, files: Mapping[str, str] | None = None) -> Iterator[Path]:
        """Make a throw-away folder with copies of files, gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="todo-assist-", ignore_cleanup_errors=True) as name:
            work = Path(name, "work")
            for folder in (work, Path(name, "home"), Path(name, "tmp")):
                folder.mkdir(mode=0o700)
            for path, content in (files or {}).items():
                (work / path).parent.mkdir(parents=True, exist_ok=True)
                (work / path).write_text(content, encoding="utf-8")
            yield Path(name)

    def runner(self, room: Path, keys: Sequence[str] = ()) -> CommandRunner:
        """Return what starts a tool in a room; `keys` are the variables it inherits besides the common ones."""
        kept = {name: self.environment[name] for name in (*_PASSED, *keys) if name in self.environment}
        own = {"HOME": str(room / "home"), "TMPDIR": str(room / "tmp"), "NO_COLOR": "1", "TERM": "dumb"}
        return CommandRunner({**kept, **own}, redactor=self.redactor)

    def ask(
        self,
        argv: Sequence[str],
        room: Path,
        *,
        timeout_s: float,
        keys: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> CommandResult:
        """Run a tool to its end in a room."""
        runner = self.runner(room, keys)
        return runner.run(argv, timeout_s=timeout_s, grace_s=2.0, env=env, cwd=room / "work", check=False)

    def quick(self, argv: Sequence[str], keys: Sequence[str] = ()) -> CommandResult:
        """Run a tool's own description of itself."""
        with self.room() as room:
            return self.ask(argv, room, timeout_s=DETECT_S, keys=keys)


def found(result: CommandResult) -> bool:
    """Whether the program was there at all."""
    return result.exit_code != EXIT_NOT_FOUND


def told(result: CommandResult) -> str:
    """Return both streams as plain text, capped."""
    return plain_text(f"{result.stdout}\n{result.stderr}"[:CAP_BYTES]).strip()


def proposal(tool: str, request: Request, result: CommandResult, status: Status, **parts: object) -> Proposal:
    """Put an answer together; a call that ran out of time is that, whatever else it said."""
    return Proposal.model_validate(
        {
            "tool": tool,
            "subject": request.subject,
            "target": request.target,
            "status": Status.TIMEOUT if result.timed_out else status,
            "argv": list(result.argv),
            "prompt_sha256": hashlib.sha256(request.prompt.encode()).hexdigest(),
            "raw": told(result),
            "exit_code": result.exit_code,
            "duration_s": result.duration_s,
            **parts,
        }
    )


def unavailable(tool: str, request: Request, reason: str) -> Proposal:
    """Say that a tool could not be asked."""
    return Proposal(tool=tool, subject=request.subject, target=request.target, status=Status.UNAVAILABLE, text=reason)
