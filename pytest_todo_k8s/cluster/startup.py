"""Watches a release come up, from the start of Helm to the last pod Ready, and stops early when it can't."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.cluster import diagnose, events
from pytest_todo_k8s.cluster.kube import KubeError
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.measurements import Trouble as TroubleFound

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from pytest_todo_k8s.cluster.diagnose import Trouble
    from pytest_todo_k8s.cluster.kube import Kube
    from pytest_todo_k8s.cluster.rollout import Rollout

LIMIT_S: Final = 180.0
"""Seconds to wait; more than the promise of 120, so that a late deployment has a figure and not only a verdict."""


@dataclass
class Startup:
    """One wait for a release.

    Attributes:
        kube: The API.
        namespace: Where the release goes.
        rollout: What must come up; takes the pods' changes.
        started_s: Start of Helm on the monotonic clock.
        limit_s: Seconds from there to the end of the wait.
        found: The troubles that ended it, as evidence.
    """

    kube: Kube
    namespace: str
    rollout: Rollout
    started_s: float
    limit_s: float = LIMIT_S
    found: list[TroubleFound] = field(default_factory=list)
    _since: dict[tuple[str, str], float] = field(default_factory=dict)

    def wait(self, install: Future[float], tell: Callable[[str], None]) -> float:
        """Wait until all pods are up, and return when the last one was: seconds since the start of Helm.

        Args:
            install: Helm at work; its error ends the wait.
            tell: Told now and then what is still missing.

        Raises:
            PhaseError: They can't come up, or did not in time.
            HelmError: Helm failed.
        """
        path = f"/api/v1/namespaces/{self.namespace}/pods"
        told_s = self.started_s
        for change, pod in self.kube.watch(path, self.started_s + self.limit_s):
            now_s = time.monotonic()
            if change != "IDLE":
                self.rollout.see(change, pod, now_s - self.started_s)
                if self.rollout.complete:
                    install.result()
                    return now_s - self.started_s
                continue
            if install.done():
                install.result()
            self._check(now_s)
            if now_s - told_s >= 10.0:  # noqa: PLR2004  seconds between two lines
                told_s = now_s
                tell(f"deploy    waiting for {', '.join(self.rollout.missing)}")
        raise self._late()

    def _check(self, now_s: float) -> None:
        """Stop when a trouble has lasted longer than it may."""
        try:
            found = self._troubles()
        except KubeError as error:
            if error.status:
                raise
            return  # out of reach for a moment: the watch goes on until its deadline
        keys = {(trouble.about, trouble.code) for trouble in found}
        self._since = {key: self._since.get(key, now_s) for key in keys}
        final = [each for each in found if now_s - self._since[each.about, each.code] >= each.patience_s]
        if final:
            raise self._failed(final)

    def _troubles(self) -> list[Trouble]:
        ours = {each.name for each in self.rollout.workloads}
        jobs = self.kube.items(f"/apis/batch/v1/namespaces/{self.namespace}/jobs")
        jobs = [job for job in jobs if job["metadata"]["name"] in ours]
        return diagnose.troubles(list(self.rollout.waiting()), self.rollout.short, jobs, self._events())

    def _events(self) -> list[dict[str, Any]]:
        return events.read(self.kube, self.namespace)

    def _failed(self, found: list[Trouble]) -> PhaseError:
        after_s = time.monotonic() - self.started_s
        self.found = [
            TroubleFound(about=each.about, code=each.code, cause=each.cause, remedy=each.remedy, after_s=after_s)
            for each in found
        ]
        cause, hint = diagnose.sentence(found, self.kube, self.namespace)
        return PhaseError("deploy", cause, hint)

    def _late(self) -> PhaseError:
        """The error at the deadline: what is known to be wrong, else the state of what is missing."""
        found = self._troubles() or diagnose.late(self.rollout.waiting(), self._events())
        missing = ", ".join(self.rollout.missing)
        if not found:
            return PhaseError(
                "deploy", f"not up after {self.limit_s:.0f} s: {missing}", "look at the chart's workloads"
            )
        error = self._failed(found)
        return PhaseError("deploy", f"not up after {self.limit_s:.0f} s: {missing}: {error.cause}", error.hint)
