"""The one place where processes are started.

Every child gets an argument list (no shell), its own copy of the environment, a closed stdin, a session of its own
(so that a terminal's Ctrl-C does not reach it) and a time-out with a grace. Its output is capped, decoded and redacted,
its duration recorded; the records are evidence for the criterion "no manual intervention".
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final

from pytest_todo_k8s.tools import child
from pytest_todo_k8s.tools.capture import Capture, Silence
from pytest_todo_k8s.tools.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

TAIL_CHARACTERS: Final = 500
"""Characters kept of the end of each output stream in the command log."""
EXIT_NOT_FOUND: Final = 127
"""Status that a shell gives for a command that isn't there; used here in the same sense."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a finished command left.

    Attributes:
        argv: The argument list, redacted.
        exit_code: The exit status; negative: the signal that ended the process.
        stdout: Standard output as text, redacted, capped to `capture.OUTPUT_CAP_BYTES`.
        stderr: Standard error, likewise.
        duration_s: Seconds on the monotonic clock.
        timed_out: Whether the time-out ended the process.
    """

    argv: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str
    duration_s: float
    timed_out: bool = False

    @property
    def ok(self) -> bool:
        """Whether the command ended by itself with status 0."""
        return self.exit_code == 0 and not self.timed_out


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """One line of the command log.

    Attributes:
        argv: The argument list, redacted.
        started_s: Start on the monotonic clock, seconds.
        duration_s: Seconds it ran.
        exit_code: As in `CommandResult`.
        timed_out: As in `CommandResult`.
        tails: The last characters of each of its output streams, where a prompt would stand.
        silence_s: Longest time in which it said nothing; None: not observed.
    """

    argv: tuple[str, ...]
    started_s: float
    duration_s: float
    exit_code: int
    timed_out: bool
    tails: tuple[str, ...]
    silence_s: float | None = None


class CommandError(Exception):
    """A command failed, was not found or ran out of time; its text is one sentence."""

    def __init__(self, result: CommandResult) -> None:
        super().__init__(result)
        self.result = result

    def __str__(self) -> str:
        name = " ".join(self.result.argv[:3])
        last = last_lines(self.result.stderr or self.result.stdout, 3)
        if self.result.timed_out:
            return f"{name} was ended after {self.result.duration_s:.0f} s" + (
                f"; it last said: {last}" if last else ""
            )
        return f"{name} ended with status {self.result.exit_code}" + (f": {last}" if last else "")


def last_lines(text: str, count: int) -> str:
    """Return the last `count` lines of `text` that are not blank, joined by ' / '."""
    return " / ".join([line.strip() for line in text.splitlines() if line.strip()][-count:])


class CommandRunner:
    """Runs commands with one base environment, one redactor and one log."""

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        redactor: Redactor | None = None,
        on_record: Callable[[CommandRecord], None] | None = None,
    ) -> None:
        """Remember how children are started.

        Args:
            environment: The children's whole environment; copied.
            redactor: Takes secrets out of everything that is kept.
            on_record: Called once for each finished command, from the thread that ran it.
        """
        self._environment = dict(environment)
        self._redactor = redactor or Redactor()
        self._on_record = on_record

    def run(
        self,
        argv: Sequence[str | os.PathLike[str]],
        *,
        timeout_s: float,
        grace_s: float = 5.0,
        env: Mapping[str, str] | None = None,
        input: bytes | None = None,  # noqa: A002  the name subprocess gave it
        cwd: Path | None = None,
        check: bool = True,
        log_file: Path | None = None,
        on_line: Callable[[str], None] | None = None,
        stop: threading.Event | None = None,
    ) -> CommandResult:
        """Run a command to its end.

        Args:
            argv: Program and arguments.
            timeout_s: Seconds after which the command's whole session gets SIGTERM.
            grace_s: Seconds from there to SIGKILL.
            env: Variables set on top of the base environment.
            input: Bytes for its standard input, which is closed otherwise.
            cwd: Its working directory.
            check: Raise when it did not end with status 0.
            log_file: Also append everything it prints there, redacted.
            on_line: Called with each line of output as it comes, redacted.
            stop: Another thread sets it to end the command before its time.

        Raises:
            CommandError: It failed, was not found or ran out of time, and `check` is set.
        """
        started = time.monotonic()
        words = [os.fspath(word) for word in argv]
        stdin = subprocess.DEVNULL if input is None else subprocess.PIPE
        with contextlib.ExitStack() as stack:
            try:
                with child.unbroken():
                    process = self._spawn(words, env=env, cwd=cwd, stdin=stdin)
                    stack.callback(child.end, process, grace_s)  # has something to do only where Ctrl-C comes
            except OSError as error:
                return self._finish(words, started, EXIT_NOT_FOUND, "", _not_started(words, error), check=check)
            log = stack.enter_context(log_file.open("a", encoding="utf-8")) if log_file else None
            silence = Silence()
            sinks = [
                Capture(stream, self._redactor, log, on_line, silence)
                for stream in (process.stdout, process.stderr)
                if stream
            ]
            if input is not None:
                threading.Thread(target=child.feed, args=(process.stdin, input), daemon=True).start()
            timed_out = child.wait(process, started + timeout_s, grace_s, stop)
            silence.end()
            for sink in sinks:
                sink.join(grace_s)
        out, err = (sink.text() for sink in sinks)
        return self._finish(
            words,
            started,
            process.returncode,
            out,
            err,
            timed_out=timed_out,
            silence_s=silence.longest_s,
            check=check,
        )

    def pipe(
        self,
        producer: Sequence[str | os.PathLike[str]],
        consumer: Sequence[str | os.PathLike[str]],
        *,
        timeout_s: float,
        grace_s: float = 5.0,
        check: bool = True,
    ) -> CommandResult:
        """Run `producer | consumer` without a shell; the result is the consumer's unless only the producer failed.

        Raises:
            CommandError: Either of them failed, and `check` is set.
        """
        started = time.monotonic()
        left, right = [os.fspath(word) for word in producer], [os.fspath(word) for word in consumer]
        try:
            source = self._spawn(left, stdin=subprocess.DEVNULL)
        except OSError as error:
            return self._finish(left, started, EXIT_NOT_FOUND, "", _not_started(left, error), check=check)
        try:
            sink = self._spawn(right, stdin=source.stdout)
        except OSError as error:
            child.end(source, grace_s)
            child.close(source)
            return self._finish(right, started, EXIT_NOT_FOUND, "", _not_started(right, error), check=check)
        if source.stdout:
            source.stdout.close()  # the consumer holds it now; so the producer sees its end
        sinks = [Capture(stream, self._redactor) for stream in (source.stderr, sink.stdout, sink.stderr) if stream]
        try:
            late = child.wait(sink, started + timeout_s, grace_s)
            late = child.wait(source, max(started + timeout_s, time.monotonic() + grace_s), grace_s) or late
        finally:
            child.end(source, grace_s)  # there is something to end only where the wait for the consumer was broken off
        for each in sinks:
            each.join(grace_s)
        producer_err, out, err = (each.text() for each in sinks)
        broken = source.returncode != 0 and sink.returncode == 0
        if broken:
            return self._finish(left, started, source.returncode, "", producer_err, timed_out=late, check=check)
        words = [*left, "|", *right]
        return self._finish(words, started, sink.returncode, out, err or producer_err, timed_out=late, check=check)

    def start(
        self,
        argv: Sequence[str | os.PathLike[str]],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: int = subprocess.DEVNULL,
        log_file: Path | None = None,
        detach: bool = False,
        terminal: int | None = None,
    ) -> BackgroundCommand:
        """Start a command that goes on in the background.

        Args:
            argv: Program and arguments.
            env: Variables set on top of the base environment.
            cwd: Its working directory.
            stdin: Descriptor that it reads from; the caller closes its own copy.
            log_file: Its output goes there; without one the last lines are kept in memory.
            detach: It is to outlive this process: nothing of it is tied to ours (needs `log_file`).
            terminal: File descriptor of a pseudo-terminal's far end that takes the place of all three streams.

        Raises:
            CommandError: It can't be started.
            ValueError: `detach` without `log_file`.
        """
        if detach and log_file is None:
            raise ValueError("a detached command needs a log file: an inherited pipe would tie it to this process")
        words = [os.fspath(word) for word in argv]
        started = time.monotonic()
        with contextlib.ExitStack() as stack:
            out = stack.enter_context(log_file.open("ab")) if log_file else subprocess.PIPE
            if terminal is not None:
                out = stdin = terminal
            try:
                process = self._spawn(words, env=env, cwd=cwd, stdin=stdin, stdout=out, stderr=subprocess.STDOUT)
            except OSError as error:
                result = CommandResult(tuple(words), EXIT_NOT_FOUND, "", _not_started(words, error), 0.0)
                raise CommandError(result) from None
        record = None if detach else self._record
        return BackgroundCommand(process, tuple(map(self._redactor.clean, words)), started, self._redactor, record)

    def _spawn(
        self,
        words: list[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: int | IO[bytes] | None = subprocess.DEVNULL,
        stdout: int | IO[bytes] = subprocess.PIPE,
        stderr: int = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            words,
            env=self._environment | dict(env or {}),
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )

    def _finish(
        self,
        words: list[str],
        started: float,
        exit_code: int,
        out: str,
        err: str,
        *,
        check: bool,
        timed_out: bool = False,
        silence_s: float | None = None,
    ) -> CommandResult:
        argv = tuple(self._redactor.clean(word) for word in words)
        result = CommandResult(argv, exit_code, out, err, time.monotonic() - started, timed_out)
        tails = (out[-TAIL_CHARACTERS:], err[-TAIL_CHARACTERS:])
        self._record(CommandRecord(argv, started, result.duration_s, exit_code, timed_out, tails, silence_s))
        if check and not result.ok:
            raise CommandError(result)
        return result

    def _record(self, record: CommandRecord) -> None:
        if self._on_record:
            self._on_record(record)


@dataclass
class BackgroundCommand:
    """A command that goes on while the run does other things; `stop` ends its whole session."""

    process: subprocess.Popen[bytes]
    argv: tuple[str, ...]
    started_s: float
    redactor: Redactor
    on_end: Callable[[CommandRecord], None] | None
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=10_000))
    """The last lines it printed, both streams, redacted; empty when it has a log file."""

    def __post_init__(self) -> None:
        if self.process.stdout:
            self._sink = Capture(self.process.stdout, self.redactor, None, self.lines.append)

    @property
    def pid(self) -> int:
        """Process id, also the id of its session."""
        return self.process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.poll() is None

    def wait(self, limit_s: float) -> bool:
        """Wait until it ends by itself, for `limit_s` seconds at most; return whether it did."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(limit_s)
        return not self.running

    def stop(self, grace_s: float = 5.0) -> int:
        """End it (SIGTERM, after `grace_s` seconds SIGKILL) and return its exit status; safe to call twice."""
        child.end(self.process, grace_s)
        if self.process.stdout:
            self._sink.join(grace_s)
        if self.on_end:
            tail = "\n".join(list(self.lines)[-3:])
            duration = time.monotonic() - self.started_s
            self.on_end(CommandRecord(self.argv, self.started_s, duration, self.process.returncode, False, (tail,)))
            self.on_end = None
        return self.process.returncode


def _not_started(words: list[str], error: OSError) -> str:
    return f"{words[0]} can't be started: {error.strerror or error}"
