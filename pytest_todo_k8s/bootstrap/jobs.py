"""Commands that go on side by side, each with its own log; the first failure stops the others."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.step import Progress
    from pytest_todo_k8s.tools.command import BackgroundCommand, CommandRunner

POLL_S: Final = 0.2
HEARTBEAT_S: Final = 30.0


@dataclass(frozen=True)
class Job:
    """One command and what follows when it went well.

    Attributes:
        name: One word, for progress lines.
        argv: Program and arguments.
        log_file: Where its output goes; written anew.
        timeout_s: Seconds it may take.
        env: Variables on top of the runner's.
        cwd: Its working directory.
        then: Called after status 0, in the caller's thread.
    """

    name: str
    argv: Sequence[str | Path]
    log_file: Path
    timeout_s: float
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    then: Callable[[], None] = lambda: None


@dataclass
class _Running:
    job: Job
    command: BackgroundCommand
    started_s: float

    @property
    def age_s(self) -> float:
        return time.monotonic() - self.started_s


def run_jobs(
    runner: CommandRunner, jobs: Sequence[Job], *, step: str, hint: str, width: int, progress: Progress
) -> None:
    """Run all jobs, at most `width` at a time, in order.

    Args:
        runner: Starts them.
        jobs: What to run.
        step: Name of the step, for the error.
        hint: What to do when one fails, for the error.
        width: How many at a time.
        progress: Told of each end, and every 30 s of what still goes on.

    Raises:
        SetupError: One failed or ran out of time; the others were stopped.
    """
    waiting, running = list(jobs), list[_Running]()
    told_s = time.monotonic()
    try:
        while waiting or running:
            while waiting and len(running) < width:
                running.append(_start(runner, waiting.pop(0)))
            time.sleep(POLL_S)
            for each in [each for each in running if not each.command.running]:
                running.remove(each)
                _finish(each, step, hint)
                progress.say(f"{each.job.name} made in {each.age_s:.0f} s")
            _check_time(running, step, hint)
            if running and time.monotonic() - told_s > HEARTBEAT_S:
                told_s = time.monotonic()
                progress.say("still at " + ", ".join(f"{each.job.name} ({each.age_s:.0f} s)" for each in running))
    finally:
        for each in running:
            each.command.stop()


def _start(runner: CommandRunner, job: Job) -> _Running:
    job.log_file.unlink(missing_ok=True)
    command = runner.start(job.argv, env=job.env, cwd=job.cwd, log_file=job.log_file)
    return _Running(job, command, time.monotonic())


def _finish(each: _Running, step: str, hint: str) -> None:
    status = each.command.stop()
    if status != 0:
        raise SetupError(
            step, f"{each.job.name} could not be made, its command ended with status {status}", hint, each.job.log_file
        )
    each.job.then()


def _check_time(running: Sequence[_Running], step: str, hint: str) -> None:
    for each in running:
        if each.age_s > each.job.timeout_s:
            cause = f"{each.job.name} was not made within {each.job.timeout_s:.0f} s"
            raise SetupError(step, cause, hint, each.job.log_file)
