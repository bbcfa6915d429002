"""Releases of the chart on the real cluster, and requests that go on while something is done to them."""

from __future__ import annotations

import dataclasses
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from pytest_todo_k8s.application import TODO_CHATBOT, nested
from pytest_todo_k8s.cluster.objects import Kinds
from pytest_todo_k8s.flows.visitor import OK, Account, AnswerError, Visitor
from pytest_todo_k8s.measuring.series import open_loop, threads
from pytest_todo_k8s.phases import deploy, secrets
from pytest_todo_k8s.phases.values import image_values
from tests.chart.conftest import merged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.tools.command import CommandResult

ROOT: Final = Path(__file__).parents[2]
RELEASE: Final = TODO_CHATBOT.release
CHART: Final = ROOT / TODO_CHATBOT.chart
PREVIOUS: Final = ROOT / "tests" / "chart" / "previous" / "todo-chatbot-chart-0.1.0.tgz"
PREVIOUS_DEVELOPMENT: Final[dict[str, Any]] = {
    "backend": {},
    "frontend": {"cookieSecure": False},
    "postgres": {"enabled": True, "storage": {"onUninstall": "Delete"}},
    "networkPolicy": {"backendHttpsEgress": False},
}
"""values-dev.yaml of that version; a file inside an archive can't be named on the command line."""
RATE_PER_S: Final = 20
FEWEST: Final = 1000
"""Requests that must have been sent before 0 failures mean anything: fewer than 0.3 % fail then (95 %)."""
ROUND_S: Final = 5
LONGEST_S: Final = 300
WAIT_S: Final = 180


@dataclass
class Requests:
    """What came of requests sent at a fixed rate, whatever became of the ones before.

    Attributes:
        sent: How many.
        failures: What was wrong with those that failed.
        slowest_s: Longest time from when one was due to its answer.
    """

    sent: int = 0
    failures: list[str] = field(default_factory=list)
    slowest_s: float = 0.0


@dataclass(frozen=True)
class Release:
    """One release in a namespace of its own.

    Attributes:
        context: The run whose namespace it is, and whose images are on the node.
        helm: The helm command.
        values: The run's images, and what else is not as the chart's values for development have it.
    """

    context: RunContext
    helm: Path
    values: Mapping[str, Any]

    @classmethod
    def prepare(cls, context: RunContext, namespace: str, helm: Path, **values: Any) -> Release:
        """Make the namespace and its Secrets; the values are the run's images, and what is given beside them."""
        own = dataclasses.replace(context, settings=dataclasses.replace(context.settings, namespace=namespace))
        assert own.evidence.machine
        deploy._create_namespace(own, own.evidence.machine.kubernetes)
        secrets.create(own)
        assert own.evidence.build
        references = {image.name: image.reference for image in own.evidence.build.images}
        return cls(own, helm, merged(nested(image_values(own.settings.application, references)), values))

    @property
    def namespace(self) -> str:
        return self.context.settings.namespace

    def run(self, *words: str | Path, check: bool = True) -> CommandResult:
        """Run Helm on the release's namespace."""
        where = ("--kubeconfig", self.context.cluster.kubeconfig, "--kube-context", self.context.cluster.context)
        argv = [self.helm, *words, *where, "--namespace", self.namespace]
        return self.context.commands.run([str(word) for word in argv], timeout_s=WAIT_S + 60, check=check)

    def upgrade(self, changes: Mapping[str, Any] | None = None) -> None:
        """Install this version of the chart or upgrade to it, and wait until everything is Ready."""
        development = yaml.safe_load((CHART / "values-dev.yaml").read_text(encoding="utf-8"))
        self._apply(CHART, merged(merged(development, self.values), changes or {}))

    def install_previous(self) -> None:
        """Install the previous version of the chart for development, and wait until everything is Ready."""
        known = {part: self.values[part] for part in PREVIOUS_DEVELOPMENT if part in self.values}
        self._apply(PREVIOUS, merged(PREVIOUS_DEVELOPMENT, known))

    def _apply(self, chart: Path, values: Mapping[str, Any]) -> None:
        file = self.context.state_dir / f"{self.namespace}.yaml"
        file.write_text(yaml.safe_dump(dict(values)), encoding="utf-8")
        self.run("upgrade", "--install", RELEASE, chart, "--values", file, "--wait", "--timeout", f"{WAIT_S}s")

    def pods(self) -> dict[str, str]:
        """Return the live pods of the Deployments and the StatefulSet, name to part."""
        found = self.context.kube.items(f"/api/v1/namespaces/{self.namespace}/pods")
        return {
            pod["metadata"]["name"]: pod["metadata"]["labels"]["app.kubernetes.io/component"]
            for pod in found
            if pod["metadata"]["labels"].get("app.kubernetes.io/component") in ("backend", "frontend", "postgres")
            and "deletionTimestamp" not in pod["metadata"]
        }

    def objects(self) -> set[str]:
        """Return `Kind/name` of everything in the namespace that has no owner."""
        return {
            f"{item['kind']}/{item['metadata']['name']}"
            for item in Kinds(self.context.kube).live(self.namespace)
            if not item["metadata"].get("ownerReferences")
        }

    def change_secret(self, name: str, values: Mapping[str, str]) -> None:
        """Rotate keys of a Secret: it is made anew, with the other keys as they were."""
        kube, path = self.context.kube, f"/api/v1/namespaces/{self.namespace}/secrets"
        old = kube.get(f"{path}/{name}")
        metadata = {key: old["metadata"][key] for key in ("name", "namespace", "labels")}
        kube.delete(f"{path}/{name}")
        end = time.monotonic() + WAIT_S
        while name in {each["metadata"]["name"] for each in kube.items(path)}:
            assert time.monotonic() < end, f"Secret {name} is not gone"
            time.sleep(0.2)
        kube.create(path, {**old, "metadata": metadata, "stringData": dict(values)})

    @property
    def url(self) -> str:
        """The frontend's NodePort from this machine."""
        port = deploy._node_port(self.context)
        assert port
        return self.context.cluster.endpoint(port).local_url


def send_during(url: str, context: RunContext, action: Callable[[], object]) -> Requests:
    """Send requests to the frontend while something is done, from before it begins until after it ended.

    Raises:
        Whatever `action` raises.
    """
    seen = Requests()
    with (
        Visitor(url) as visitor,
        Visitor(url) as stranger,
        threads(32) as pool,
        ThreadPoolExecutor(1) as other,
    ):
        visitor.sign_up(Account.new("during", context.redactor))
        visitor.create("during")
        actions = [
            _asks(stranger if path == "/" else visitor, path) for path in context.settings.application.frontend.load
        ]
        _round(pool, actions, seen)
        done, end = other.submit(action), time.monotonic() + LONGEST_S
        after = 0
        while time.monotonic() < end and (after < 2 or seen.sent < FEWEST):
            after += done.done()
            _round(pool, actions, seen)
        done.result()
    assert seen.sent >= FEWEST, f"only {seen.sent} requests"
    return seen


def _round(pool: ThreadPoolExecutor, actions: list[Callable[[], str | None]], seen: Requests) -> None:
    timings = open_loop(pool, actions, RATE_PER_S * ROUND_S, 1 / RATE_PER_S)
    seen.sent += len(timings)
    seen.failures += [timing.error for timing in timings if timing.error]
    seen.slowest_s = max(seen.slowest_s, *(timing.duration_s for timing in timings))


def _asks(visitor: Visitor, path: str) -> Callable[[], str | None]:
    def ask() -> str | None:
        try:
            answer = visitor.request("GET", path)
        except AnswerError as problem:
            return f"{time.strftime('%X')} {problem}"
        return None if answer.status == OK else f"{time.strftime('%X')} {path}: {answer.status} {answer.text[:200]}"

    return ask


def note(name: str, seen: Requests) -> None:
    """Print the figures and add them to the file that `TODO_RESILIENCE_FIGURES` names."""
    line = {"name": name, "sent": seen.sent, "failed": len(seen.failures), "slowest_s": round(seen.slowest_s, 2)}
    print(json.dumps(line))  # noqa: T201  the figures of a run
    if file := os.environ.get("TODO_RESILIENCE_FIGURES"):
        with Path(file).open("a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")
