"""Runs that touch no cluster and no engine: a stored run judged again, or the chart checked by itself.

To the tests of the session they look like any other run, except that nothing is deployed.
"""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

from pytest_todo_k8s import exit_codes, plan
from pytest_todo_k8s.command_log import CommandLog
from pytest_todo_k8s.criteria import judge, unset
from pytest_todo_k8s.criteria.outcome import asked, status_of
from pytest_todo_k8s.errors import TodoK8sError
from pytest_todo_k8s.evidence import Evidence, Phase, Verdict
from pytest_todo_k8s.evidence import Run as Identity
from pytest_todo_k8s.ownership import Owner
from pytest_todo_k8s.phases import static
from pytest_todo_k8s.reaping import RUNS
from pytest_todo_k8s.state import RunState
from pytest_todo_k8s.tools.command import CommandError, CommandRunner
from pytest_todo_k8s.tools.toolchain import cache_root

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_todo_k8s.evidence import Cleanup
    from pytest_todo_k8s.settings import Settings
    from pytest_todo_k8s.tools.toolchain import Toolchain

RENDERED = ("report.html", "junit.xml")
"""Files in the output folder that judging again writes anew."""


class OfflineRun:
    """What the gate drives in place of a `Run` when there is no cluster.

    Attributes:
        folder: A private folder (0700) for the session's tests, gone at the end.
        evidence: What is judged.
        unsaved: Whether the evidence could not be written.
        carried: Exit statuses that the stored run brings with it.
        narrowed: Why this is no gate, in words; None: it is one.
    """

    by_hand = ""

    def __init__(self, settings: Settings, toolchain: Toolchain, say: Callable[[str], None]) -> None:
        """Make the folder.

        Raises:
            OSError: It can't be made.
        """
        self._settings, self._toolchain, self._say = settings, toolchain, say
        self._started_s = time.monotonic()
        owner = Owner.of_this_process(settings.cluster)
        self.folder = cache_root(settings.environment) / RUNS / owner.run_id
        self.folder.mkdir(parents=True, mode=0o700)
        self.unsaved = False
        self.carried: list[int] = []
        self.narrowed: str | None = None
        stored = settings.stored
        self.evidence = stored.model_copy(deep=True) if stored else _empty(settings, owner)
        if stored:
            self._take_over(stored)

    def _take_over(self, stored: Evidence) -> None:
        """Judge by the stored run's own limits, unless others were given now."""
        run = self.evidence.run
        run.limits |= self._settings.limits
        run.only = list(self._settings.only) or run.only
        run.strict = run.strict or self._settings.strict
        self.carried = _carried(stored)
        if self._differs(stored):
            self.narrowed = "re-judged with other limits"
        if stored.run.partial or run.only:
            self.narrowed = self.narrowed or stored.run.partial_reason or "narrowed to some criteria"

    def _differs(self, stored: Evidence) -> bool:
        """Whether any part is judged by another limit than when the run was recorded."""
        before = {(result.id, part.name): part.limit for result in stored.criteria for part in result.parts}
        now = {(result.id, part.name): part.limit for result in judge(self.evidence) for part in result.parts}
        changed = any(before.get(name, limit) != limit for name, limit in now.items())
        return changed or self.evidence.run.strict != stored.run.strict

    @property
    def evidence_file(self) -> Path:
        """Where the session's tests read the evidence; a stored file itself is never written to."""
        return self.folder / "evidence.json"

    def go(self) -> None:
        """Judge; only an interruption is raised."""
        try:
            self._clear_results()
        except OSError as error:
            self.block(error)
            return
        if self._settings.stored is None:
            self._check_chart()
        self._publish()

    def block(self, error: Exception) -> None:
        """Note that there is nothing to judge by: the tests themselves could not be collected."""
        cause, hint = (error.cause, error.hint) if isinstance(error, TodoK8sError) else (str(error), "")
        self.evidence.phases.append(
            Phase(name="preflight", start_s=0.0, duration_s=0.0, ok=False, cause=cause, hint=hint)
        )
        self._say(f"preflight FAILED: {error}")
        self._publish()

    def down(self, *, keep: bool = False) -> Cleanup | None:  # noqa: ARG002  nothing was made, so nothing can stay
        """Remove the private folder; return the stored run's own proof, None for a run that made nothing."""
        shutil.rmtree(self.folder, ignore_errors=True)
        return self.evidence.cleanup

    def conclude(self, status: int) -> None:
        """Note the exit status; what was checked without a cluster is a result of its own and is written."""
        self.evidence.run.status = status
        if self._settings.stored is None:
            self.evidence.run.duration_s = time.monotonic() - self._started_s
            try:
                self.evidence.save(self._settings.out / "evidence.json")
            except OSError as error:
                self._say(f"the evidence can't be written: {error}")
                self.unsaved = True

    def _clear_results(self) -> None:
        """Remove what an earlier run wrote, apart from stored evidence."""
        self._settings.out.mkdir(parents=True, exist_ok=True)
        for name in RENDERED:
            (self._settings.out / name).unlink(missing_ok=True)

    def _check_chart(self) -> None:
        for line in plan.lines(self._settings):
            self._say(line)
        log = CommandLog(self.evidence, self._started_s)
        commands = CommandRunner(self._toolchain.child_environment(self._settings.environment), on_record=log.note)
        started = time.monotonic()
        error: TodoK8sError | CommandError | OSError | None = None
        try:
            static.run(self._settings, self._toolchain, commands, self.evidence, self.folder)
        except (TodoK8sError, CommandError, OSError) as problem:
            error = problem
            self._say(f"chart     FAILED: {problem}")
        self.evidence.phases.append(
            Phase(
                name="preflight",
                start_s=started - self._started_s,
                duration_s=time.monotonic() - started,
                ok=error is None,
                cause=str(error) if error else None,
            )
        )

    def _publish(self) -> None:
        self.evidence.criteria = judge(self.evidence)
        self.evidence.save(self.evidence_file)
        where = "a stored run is judged" if self._settings.stored else "no cluster was named"
        RunState(
            str(self.evidence_file), None, self.evidence.run.namespace, absent=f"nothing is deployed: {where}"
        ).save(self.folder)


def _empty(settings: Settings, owner: Owner) -> Evidence:
    return Evidence(
        run=Identity(
            id=owner.run_id,
            started_at=owner.created_at,
            namespace=settings.namespace,
            cluster=settings.cluster.provider,
            limits=dict(settings.limits),
            only=list(settings.only),
            strict=settings.strict,
            apps=settings.application.apps,
            unset=unset(settings.application),
        )
    )


def _carried(stored: Evidence) -> list[int]:
    """Return the exit statuses of a stored run that its criteria don't explain: other tests, lost rows, a signal."""
    status = stored.run.status
    if stored.run.interrupted:
        return [exit_codes.INCOMPLETE]
    failed = any(result.verdict is Verdict.FAIL for result in stored.criteria)
    left = stored.cleanup is not None and not stored.cleanup.ok
    explained = status_of(result.verdict for result in asked(stored, stored.criteria)) != exit_codes.OK or left
    if not status or failed or (explained and status != exit_codes.FAILED):
        return []
    return [status if status in exit_codes.PRIORITY else exit_codes.INCOMPLETE]
