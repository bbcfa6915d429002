"""One run: its private folder and journal, its phases, its verdicts, and the proof that nothing of it is left."""

from __future__ import annotations

import contextlib
import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s import journal
from pytest_todo_k8s.cluster import node_ssh, provider
from pytest_todo_k8s.cluster.kube import Kube, KubeError
from pytest_todo_k8s.command_log import CommandLog
from pytest_todo_k8s.context import RunContext
from pytest_todo_k8s.criteria import judge, unset
from pytest_todo_k8s.errors import PhaseError, TodoK8sError
from pytest_todo_k8s.evidence import Cleanup, Evidence, Phase
from pytest_todo_k8s.evidence import Run as Identity
from pytest_todo_k8s.journal import Journal
from pytest_todo_k8s.kept import drop_old_images, keep, take_up
from pytest_todo_k8s.ownership import Owner, obstacle
from pytest_todo_k8s.progress import heartbeat
from pytest_todo_k8s.reaper import Reaper
from pytest_todo_k8s.reaping import RUNS
from pytest_todo_k8s.sequence import execute
from pytest_todo_k8s.settings import AUTO
from pytest_todo_k8s.state import RunState
from pytest_todo_k8s.sweep import in_the_way, sweep
from pytest_todo_k8s.teardown import Means, Teardown
from pytest_todo_k8s.tools.command import CommandError, CommandRunner
from pytest_todo_k8s.tools.processes import RUN_VARIABLE
from pytest_todo_k8s.tools.redaction import Redactor, Secret
from pytest_todo_k8s.tools.toolchain import cache_root

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytest_todo_k8s.evidence import PhaseName
    from pytest_todo_k8s.settings import Settings
    from pytest_todo_k8s.tools.toolchain import Toolchain

MODEL_KEY: Final = "GEMINI_API_KEY"
"""A key of the model service that may be in the caller's environment for other programs: no child inherits it."""
RESULTS: Final = ("report.html", "evidence.json", "junit.xml", "summary.md", "values-recommended.yaml")
"""Files in the output folder that each run writes anew."""


class Run:
    """From the first file to the last proof; everything that is made is made through it.

    Attributes:
        folder: The run's private folder (0700), gone after a clean end.
        narrowed: Why the run itself is no gate, in words; None: no reason lies in it.
        carried: Exit statuses from elsewhere: there are none.
        evidence: What was measured so far.
        unsaved: Whether the evidence could not be written.
    """

    narrowed: str | None = None
    carried: Sequence[int] = ()

    def __init__(self, settings: Settings, toolchain: Toolchain, say: Callable[[str], None]) -> None:
        """Make the run's folder and journal and clear the results of the run before.

        Args:
            settings: What was asked for.
            toolchain: Which tools are used.
            say: Prints one line for the user.

        Raises:
            OSError: A folder can't be made.
        """
        self._toolchain, self._say = toolchain, say
        self._started_s = time.monotonic()
        self._owner = owner = Owner.of_this_process(settings.cluster)
        if settings.namespace == AUTO:
            settings = replace(settings, namespace=f"todo-k8s-{owner.run_id}")
        self._settings = settings
        self._runs = cache_root(settings.environment) / RUNS
        self.folder = self._runs / owner.run_id
        self.folder.mkdir(parents=True, mode=0o700)
        self._journal = Journal(self.folder / journal.FILE, owner)
        self._context: RunContext | None = None
        self._swept: list[str] = []
        self._reaper = Reaper()
        self._held = contextlib.ExitStack()
        self.unsaved = False
        self.evidence = Evidence(
            run=Identity(
                id=owner.run_id,
                started_at=owner.created_at,
                namespace=settings.namespace,
                cluster=owner.cluster,
                limits=dict(settings.limits),
                only=list(settings.only),
                strict=settings.strict,
                apps=settings.application.apps,
                unset=unset(settings.application),
            )
        )
        self._log = CommandLog(self.evidence, self._started_s)
        self._start_reaper()

    @property
    def by_hand(self) -> str:
        """The command that takes the most important thing down."""
        if self._context and self._context.kept:
            return f"todo-k8s reap {self._context.kept.journal.owner.run_id}"
        return f"kubectl delete namespace {self._settings.namespace}"

    @property
    def evidence_file(self) -> Path:
        """Where the evidence is kept."""
        return self._settings.out / "evidence.json"

    def go(self) -> None:
        """Run all phases, judge, and tell the tests where everything is; only an interruption is raised."""
        try:
            self._clear_results()
            self._context = context = self._new_context()
        except (TodoK8sError, OSError) as error:
            return self.block(error)
        failed = execute(context, enter=self._enter, after_preflight=self._sweep, save=self._save)
        self._analyse(context)
        self._publish(f"BLOCKED by {failed.phase}: {failed}" if failed else None)
        return None

    def block(self, error: Exception) -> None:
        """Note that no phase could begin: every criterion is blocked by preflight."""
        cause, hint = (error.cause, error.hint) if isinstance(error, TodoK8sError) else (str(error), "")
        with contextlib.suppress(OSError):  # if that is what is wrong, it has been said
            self._clear_results()
        self.evidence.phases.append(
            Phase(name="preflight", start_s=0.0, duration_s=0.0, ok=False, cause=cause, hint=hint)
        )
        self._say(f"preflight FAILED: {error}")
        self._publish(f"BLOCKED by preflight: {error}")

    def down(self, *, keep: bool = False) -> Cleanup | None:
        """Take down everything and prove it; safe to call again after it was broken off.

        Args:
            keep: Let the deployment stay, if there is one.

        Returns:
            The proof; None when the run had not begun any phase, so that there was nothing to prove.
        """
        if self.evidence.cleanup is None and self.evidence.phases:
            self._take_down(kept=self._keep() if keep else None)
        self._held.close()
        if self._journal.file.exists() and not self._journal.open_entries():
            shutil.rmtree(self.folder, ignore_errors=True)
        self._reaper.dismiss()
        return self.evidence.cleanup

    def conclude(self, status: int) -> None:
        """Write the last state of the evidence, with the exit status of the run."""
        self.evidence.run.status = status
        self.evidence.run.duration_s = time.monotonic() - self._started_s
        self._save()

    def _save(self) -> None:
        """Write the evidence; a full disk is told once and never keeps the run from taking down what it made."""
        try:
            self.evidence.save(self.evidence_file)
        except OSError as error:
            if not self.unsaved:
                self._say(f"the evidence can't be written: {error}")
            self.unsaved = True

    def _clear_results(self) -> None:
        """Remove what an earlier run wrote: its verdict must not be taken for this run's, nor its logs."""
        logs = self._settings.out / "logs"
        if (self._settings.out / "evidence.json").exists():
            for file in logs.rglob("*"):
                if file.is_file() and not file.is_symlink() and file.suffix in {".log", ".png", ".txt"}:
                    file.unlink()
        for name in RESULTS:
            (self._settings.out / name).unlink(missing_ok=True)
        logs.mkdir(parents=True, exist_ok=True)

    def _new_context(self) -> RunContext:
        settings, redactor = self._settings, Redactor()
        if key := settings.environment.get(MODEL_KEY, ""):
            redactor.add(Secret(key))
        for secret in (settings.database_url, settings.model_key):
            if secret:
                redactor.add(secret)
        commands = CommandRunner(self._environment(), redactor=redactor, on_record=self._log.note)
        cluster = provider.chosen(settings, self._toolchain, commands, self.folder)
        return RunContext(
            settings=settings,
            toolchain=self._toolchain,
            commands=commands,
            redactor=redactor,
            journal=self._journal,
            evidence=self.evidence,
            state_dir=self.folder,
            logs_dir=settings.out / "logs",
            progress=self._say,
            cluster=cluster,
            kube=Kube(cluster.kubeconfig, cluster.context),
            started_s=self._started_s,
        )

    def _start_reaper(self) -> None:
        """Have somebody who takes everything down if this process dies; a run goes on without, and says so."""
        environment = {name: value for name, value in self._environment().items() if name != RUN_VARIABLE}
        try:
            self._reaper.start(self.folder, self._settings.out / "logs" / "reaper.log", environment)
        except CommandError as error:
            self._say(f"no reaper: {error}; if this process is killed, `todo-k8s reap` takes down what is left")

    def _environment(self) -> dict[str, str]:
        """The environment of every child: the caller's, without secrets, and the run's mark."""
        environment = self._toolchain.child_environment(self._settings.environment) | {RUN_VARIABLE: self._owner.run_id}
        environment.pop(MODEL_KEY, None)
        return environment

    def _enter(self, phase: PhaseName) -> None:
        self._log.phase = phase

    def _means(self) -> Means | None:
        context = self._context
        return Means(context.kube, context.cluster, context.commands, context.toolchain) if context else None

    def _sweep(self, context: RunContext) -> None:
        """Remove what dead runs left; then the namespace must be free."""
        means = self._means()
        if means:
            swept = sweep(self._runs, self._owner, means)
            self._swept = swept.removed
            for line in [*swept.removed, *(f"NOT REMOVED: {text}" for text in swept.leftovers)]:
                self._say(f"sweep     {line}")
        name = self._settings.namespace
        live = in_the_way(context.kube, name, lambda line: self._say(f"preflight {line}"))
        if live is None:
            return None
        if self._settings.reuse:
            return self._take_up(context, live)
        cause = obstacle(live) or f"the namespace {name} of a dead run is still there"
        raise PhaseError("preflight", cause, "name another one with --todo-namespace, or remove it")

    def _take_up(self, context: RunContext, live: dict[str, Any]) -> None:
        """Upgrade the kept deployment that is there, which stays for as long as this run may last."""
        kept = context.kept = take_up(live, self._runs, self._owner.cluster, self._held)
        keep(kept.journal, context.kube)
        run_id = kept.journal.owner.run_id
        self.narrowed = f"the deployment of the run {run_id} was upgraded, not made from nothing"
        self.evidence.run.partial, self.evidence.run.partial_reason = True, self.narrowed
        self._say(f"preflight the deployment that the run {run_id} keeps in {self._settings.namespace} is upgraded")

    def _analyse(self, context: RunContext) -> None:
        """Let the analysers look at what is there; nothing of it is judged."""
        from pytest_todo_k8s.analysis.in_run import analyse  # noqa: PLC0415  needs all that the phases need

        with heartbeat("analysis", self._say):
            analyse(context)
        self._save()

    def _publish(self, blocked: str | None) -> None:
        self.evidence.criteria = judge(self.evidence)
        self._save()
        state = RunState(str(self.evidence_file), blocked, self._settings.namespace)
        if self._context and self._context.deployment and not blocked:
            state = self._reachable(self._context)
        try:
            state.save(self.folder)
        except OSError as error:
            self._say(f"the run's state can't be written, so no test will find it: {error}")

    def _reachable(self, context: RunContext) -> RunState:
        deployment = context.deployed()
        built = context.evidence.build.images if context.evidence.build else []
        return RunState(
            evidence=str(self.evidence_file),
            blocked=None,
            namespace=self._settings.namespace,
            kubeconfig=str(context.cluster.kubeconfig),
            context=context.cluster.context,
            frontend_url=deployment.frontend.local_url,
            backend_url=deployment.backend_url,
            images={image.name: image.reference for image in built},
            ssh_config=self._ssh_config(context),
        )

    def _ssh_config(self, context: RunContext) -> str:
        """Write how tests reach the node, where they can, and return the file's path."""
        text = node_ssh.configuration(context)
        if not text:
            return ""
        file = self.folder / "ssh_config"
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
        return str(file)

    def _keep(self) -> str | None:
        """Mark namespace and images as kept; return until when, and what takes them down. None: nothing to keep."""
        context, means = self._context, self._means()
        if context is None or means is None:
            return None
        try:
            return keep(context.ledger, means.kube)
        except KubeError as error:
            self._say(f"the namespace can't be kept{' for longer' if context.kept else ''}: {error}")
            return f"until {context.ledger.owner.end:%Y-%m-%d %H:%M} UTC" if context.kept else None

    def _take_down(self, kept: str | None) -> None:
        started, start_s = time.monotonic(), time.monotonic() - self._started_s
        self._enter("teardown")
        entries = self._journal.open_entries()
        with heartbeat("teardown", self._say):
            going = [each for each in entries if each.kind == "process"] if kept else entries
            removal = Teardown(
                self._owner.run_id, going, self._means(), on_gone=self._journal.forget, stop=self._stop_background
            ).run()
            removed = [*self._drop_old_images(), *removal.removed]
        uids = [str(entry.details["uid"]) for entry in entries if entry.kind == "namespace" and "uid" in entry.details]
        if self._context and self._context.kept:
            uids = [self._context.kept.uid]
        duration_s = time.monotonic() - started
        left = "; ".join(removal.leftovers)
        self.evidence.phases.append(
            Phase(name="teardown", start_s=start_s, duration_s=duration_s, ok=not left, cause=left or None)
        )
        self.evidence.cleanup = Cleanup(
            namespace=self._settings.namespace,
            uid=next(iter(uids), None),
            gone_after_s=removal.gone_after_s,
            leftovers=removal.leftovers,
            removed=removed,
            kept=kept,
            swept=self._swept,
        )
        if not self.evidence.criteria:
            self.evidence.criteria = judge(self.evidence)
        self._save()
        told = f"LEFT BEHIND: {left}" if left else f"{duration_s:.1f} s, {f'kept {kept}' if kept else 'nothing left'}"
        self._say(f"teardown  {told}")

    def _drop_old_images(self) -> list[str]:
        """Remove what an upgrade has made superfluous; what can't be removed stays in the kept run's journal."""
        context, means = self._context, self._means()
        if context is None or means is None or context.kept is None:
            return []
        dropped = drop_old_images(context.kept, self.evidence, means)
        for text in dropped.leftovers:
            self._say(f"teardown  stays for now: {text}")
        return dropped.removed

    def _stop_background(self) -> None:
        for command in self._context.background if self._context else []:
            command.stop()
