"""The built-in analysers as an assistant that is always there; its proposals go through the same review."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from pytest_todo_k8s.analysis import health, images, manifests, rightsizing, utilisation
from pytest_todo_k8s.analysis.results import Analysis
from pytest_todo_k8s.assistants.proposal import Detection, Proposal, Status, Subject
from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.flows.visitor import AnswerError
from pytest_todo_k8s.measuring import load
from pytest_todo_k8s.measuring.window import Window, observe

if TYPE_CHECKING:
    from pytest_todo_k8s.assistants.workbench import Workbench

IDLE_S: Final = 60.0


@dataclass
class Builtin:
    """The analysers at a workbench.

    Attributes:
        bench: What they look at.
        under_load: Whether use of resources is also measured under the declared load, which makes an account and some
            tasks in the application.
        found: What they found so far.
    """

    bench: Workbench
    under_load: bool = False
    found: Analysis = field(default_factory=Analysis)
    name: ClassVar[str] = "builtin"

    def detect(self) -> Detection:
        """Always there."""
        return Detection(available=True, version="part of pytest-todo-k8s")

    def proposals(self, subject: Subject, target: str | None) -> list[Proposal]:
        """Analyse a subject, and return what follows from it as proposals.

        Raises:
            TodoK8sError: The cluster, the release or the chart is not as needed.
        """
        return {
            "dockerfile": self._dockerfiles,
            "manifest": self._manifests,
            "health": self._health,
            "resources": self._resources,
        }[subject](target)

    def _dockerfiles(self, target: str | None) -> list[Proposal]:
        sources = [each for each in self.bench.settings.images if target in {None, each.name}]
        if not sources:
            raise ConfigError(f"there is no image {target}", "name one of backend, frontend, postgres")
        self.found.images = [images.analyse(source, None) for source in sources]
        return [
            self._proposal("dockerfile", source.name, content=source.dockerfile.read_text(encoding="utf-8"))
            for source in sources
            if source.judged
        ]

    def _manifests(self, target: str | None) -> list[Proposal]:
        proposed = [each for each in manifests.propose(self.bench.rendered()) if target in {None, each.wording.object}]
        if not proposed:
            names = ", ".join(each.object for each in manifests.WORDINGS)
            raise ConfigError(f"no task asks for {target}", f"name one of {names}")
        self.found.manifests = [each.analysis() for each in proposed]
        return [self._proposal("manifest", each.wording.object, content=each.text) for each in proposed if each.text]

    def _health(self, _target: str | None) -> list[Proposal]:
        bench = self.bench
        logs = bench.settings.out / "logs" / "health"
        report = self.found.health = health.examine(bench.kube, bench.settings.namespace, logs, bench.redactor)
        return [self._proposal("health", bench.settings.namespace, text=health.as_text(report))]

    def _resources(self, _target: str | None) -> list[Proposal]:
        bench = self.bench
        idle = observe(bench.place, IDLE_S, lambda: None)
        self._note(idle, "idle")
        if self.under_load:
            self._note(self._loaded(), "load")
        self.found.recommendations = rightsizing.recommend(self.found.utilisation)
        if not self.found.recommendations:
            self.found.notes.append("no figures are recommended: give --load to measure under load too")
            return []
        origin = f"on {dt.datetime.now(dt.UTC):%Y-%m-%d} from namespace {bench.settings.namespace}, "
        origin += str(bench.settings.load)
        text = rightsizing.as_yaml(self.found.recommendations, origin)
        return [self._proposal("resources", bench.settings.namespace, content=text)]

    def _loaded(self) -> Window:
        bench, frontend = self.bench, self.bench.settings.application.frontend
        path = f"/api/v1/namespaces/{bench.settings.namespace}/services/{frontend.service}"
        ports = bench.kube.get(path)["spec"].get("ports") or [{}]
        url = bench.cluster.endpoint(int(ports[0].get("nodePort") or 0)).local_url

        def send() -> None:
            sent = load.send(url, bench.settings.application, bench.redactor, bench.settings.load)
            if sent.errors:
                self.found.notes.append(f"load: {sent.errors} of {sent.requests} requests failed")

        try:
            return observe(bench.place, bench.settings.load.duration_s, send)
        except AnswerError as problem:
            raise ConfigError(f"the load can't begin: {problem}", "look at `todo-k8s assist health`") from None

    def _note(self, window: Window, name: utilisation.WindowName) -> None:
        found, missing = utilisation.summarise(window.usages, name)
        self.found.utilisation += found
        self.found.notes += missing

    def _proposal(self, subject: Subject, target: str, *, content: str = "", text: str = "") -> Proposal:
        return Proposal(tool=self.name, subject=subject, target=target, status=Status.OK, content=content, text=text)
