"""Runs the plan of set-up, or prints it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final

from filelock import FileLock, Timeout

from pytest_todo_k8s.bootstrap import space
from pytest_todo_k8s.bootstrap.console import Console, StepProgress
from pytest_todo_k8s.bootstrap.files import fresh
from pytest_todo_k8s.bootstrap.handover import leave
from pytest_todo_k8s.bootstrap.plan import plan
from pytest_todo_k8s.bootstrap.step import Condition
from pytest_todo_k8s.errors import SetupError
from pytest_todo_k8s.tools.command import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_todo_k8s.bootstrap.site import Site
    from pytest_todo_k8s.bootstrap.step import Step

LOCK_TIMEOUT_S: Final = 3600.0
LOCK_NAME: Final = "setup.lock"


def set_up(site: Site, *, with_kind: bool = False) -> None:
    """Make what is missing, in order, and leave `setup.json` for the plugin.

    Args:
        site: The machine.
        with_kind: Whether a kind cluster is wanted beside Minikube.

    Raises:
        SetupError: A step can't be done; what is done stays, the next set-up goes on from there.
    """
    console = Console()
    with locked(site, console):
        chosen = plan(site, with_kind=with_kind)
        fresh(site.partial)  # whatever stands there was left by a set-up that was killed
        for position, step in enumerate(chosen.steps):
            _run(site, step, chosen.steps[position + 1 :], console)
        file = leave(site, chosen)
    console.say(f"ready, described in {file}")


@contextmanager
def locked(site: Site, console: Console) -> Iterator[None]:
    """Let nobody else change this cache meanwhile; wait for who is at it.

    Raises:
        SetupError: The other one takes too long, or the cache folder can't be written.
    """
    lock = FileLock(site.cache / LOCK_NAME)
    try:
        site.cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        _acquire(lock, console)
    except Timeout:
        cause = f"another set-up has been at work on {site.cache} for over {LOCK_TIMEOUT_S:.0f} s"
        raise SetupError("lock", cause, "end it, or give this one another folder by TODO_K8S_CACHE") from None
    except OSError as error:
        cause = f"the cache folder {site.cache} can't be used: {error.strerror or error}"
        raise SetupError("lock", cause, "name a folder that you may write to by TODO_K8S_CACHE") from None
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, console: Console) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        console.say("another set-up is at work on this cache; waiting for it")
        lock.acquire(timeout=LOCK_TIMEOUT_S)


def _run(site: Site, step: Step, later: Sequence[Step], console: Console) -> None:
    state = step.state()
    if state.done:
        console.say(f"{step.name}: {state.reason}")
        return
    lacking = [each for each in later if each.state().condition in {Condition.MISSING, Condition.BROKEN}]
    space.check(site, step.name, [each.cost for each in (step, *lacking)])
    progress = StepProgress.begin(step.name, site.logs, console)
    progress.say(f"{state.reason}; going to {step.title} (about {step.cost.seconds} s)")
    before = console.elapsed_s
    try:
        step.run(progress)
        after = step.state()
    except (CommandError, OSError) as error:
        raise SetupError(step.name, str(error), step.remedy, progress.log_file) from error
    if not after.done:
        raise SetupError(step.name, f"it did its work, but then: {after.reason}", step.remedy, progress.log_file)
    progress.say(f"done in {console.elapsed_s - before:.1f} s: {after.reason}")


def print_plan(site: Site, out: IO[str], *, with_kind: bool = False) -> None:
    """Print what set-up would do, and touch nothing; arguments as of `set_up`.

    Raises:
        SetupError: There is no way to do it on this machine.
    """
    seconds = megabytes = 0
    for step in plan(site, with_kind=with_kind).steps:
        state = step.state()
        print(f"{step.name:<9} {state.condition:<8} {state.reason}", file=out)
        if not state.done:
            cost = step.cost
            seconds, megabytes = seconds + cost.seconds, megabytes + cost.cache_mb + cost.engine_mb
            print(f"{'':<18} would {step.title} (about {cost.seconds} s)", file=out)
    if seconds or megabytes:
        free = space.free_mb(site.cache)
        print(
            f"about {max(1, round(seconds / 60))} min, up to {megabytes:,} MB of disk; {free:,} MB are free", file=out
        )
    else:
        print("nothing to do", file=out)
