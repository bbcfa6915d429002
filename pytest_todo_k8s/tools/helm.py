"""Helm: lint, render and install one chart. Values come from files only, so no value ever stands in an argument."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import yaml

from pytest_todo_k8s.errors import TodoK8sError
from pytest_todo_k8s.tools.command import CommandError, last_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_todo_k8s.tools.command import CommandResult, CommandRunner
    from pytest_todo_k8s.tools.toolchain import Toolchain

QUICK_S: Final = 60.0
INSTALL_S: Final = 120
"""Seconds Helm gives a single operation; it waits for no pod, the gate watches them itself."""
TEST_S: Final = 120
"""Seconds for the chart's own tests together."""
_GRACE_S: Final = 30.0
_PASSED: Final = "Succeeded"
"""What `helm test` prints for each test that passed."""
_BUSY: Final = "another operation (install/upgrade/rollback) is in progress"
_NOISE: Final = re.compile(r"^(WARNING:|Use --debug|engine\.go:|==> |walk\.go:|\d+ chart\(s\)|Error: \d+ chart\(s\))")
_LABEL: Final = re.compile(r"^(Error|\[ERROR\]|\[WARNING\]|level=ERROR)[: ]+")


class HelmError(TodoK8sError):
    """Helm refused the chart or its values, or could not install them."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as it is rendered for one release.

    Attributes:
        folder: The chart's folder.
        release: Name of the release.
        namespace: Where it goes.
        kubernetes: The cluster's version (`v1.34.4`): a rendering without a cluster would assume another.
    """

    folder: Path
    release: str
    namespace: str
    kubernetes: str


class Helm:
    """The helm command in use; every call names kubeconfig, context and namespace itself."""

    def __init__(self, toolchain: Toolchain, commands: CommandRunner, kubeconfig: Path, context: str) -> None:
        self._helm = str(toolchain.path("helm"))
        self._commands = commands
        self._cluster = ["--kubeconfig", str(kubeconfig), "--kube-context", context]

    @cached_property
    def version(self) -> str:
        """Version of Helm, such as `v3.22.0`.

        Raises:
            HelmError: It gives none.
        """
        result = self._commands.run([self._helm, "version", "--short"], timeout_s=QUICK_S, check=False)
        if not result.ok or not result.stdout.strip():
            raise HelmError(f"{self._helm} tells no version: {CommandError(result)}", "run `todo-k8s setup`")
        return result.stdout.strip().partition("+")[0]

    def lint(self, chart: Chart, values: Sequence[Path]) -> None:
        """Run `helm lint --strict`.

        Raises:
            HelmError: It found something.
        """
        argv = [self._helm, "lint", "--strict", str(chart.folder), "--namespace", chart.namespace]
        argv += ["--kube-version", chart.kubernetes, *_values(values)]
        self._check(self._commands.run(argv, timeout_s=QUICK_S, check=False), chart)

    def template(self, chart: Chart, values: Sequence[Path]) -> list[dict[str, Any]]:
        """Render the chart without a cluster and return its manifests, in Helm's order.

        Raises:
            HelmError: It can't be rendered, or what comes out is not YAML.
        """
        argv = [self._helm, "template", chart.release, str(chart.folder), "--namespace", chart.namespace]
        argv += ["--kube-version", chart.kubernetes, *_values(values)]
        result = self._commands.run(argv, timeout_s=QUICK_S, check=False)
        self._check(result, chart)
        return _manifests(result.stdout, chart)

    def install(self, chart: Chart, values: Sequence[Path], log_file: Path) -> float:
        """Install the release, or upgrade it, without waiting for its pods; return the seconds it took.

        Raises:
            HelmError: It failed.
        """
        argv = self._installation(chart, values, "--timeout", f"{INSTALL_S}s")
        result = self._commands.run(argv, timeout_s=INSTALL_S + _GRACE_S, check=False, log_file=log_file)
        self._check(result, chart)
        return result.duration_s

    def upcoming(self, chart: Chart, values: Sequence[Path]) -> list[dict[str, Any]]:
        """Return the manifests that `install` would bring; unlike `template`, with the revision that would be theirs.

        Raises:
            HelmError: They can't be rendered.
        """
        argv = self._installation(chart, values, "--dry-run", "--output", "json")
        result = self._commands.run(argv, timeout_s=QUICK_S, check=False)
        self._check(result, chart)
        return _manifests(json.loads(result.stdout).get("manifest", ""), chart)

    def _installation(self, chart: Chart, values: Sequence[Path], *more: str) -> list[str]:
        argv = [self._helm, "upgrade", "--install", chart.release, str(chart.folder), *self._cluster]
        return [*argv, "--namespace", chart.namespace, *more, *_values(values)]

    def test(self, chart: Chart, log_file: Path) -> str:
        """Run the tests of the installed release; return what Helm said.

        Not with `--logs`: Helm asks for the logs when the pods that succeeded are gone, and calls that a failure.

        Raises:
            HelmError: One failed, or there is none.
        """
        argv = [self._helm, "test", chart.release, *self._cluster, "--namespace", chart.namespace]
        argv += ["--timeout", f"{TEST_S}s"]
        result = self._commands.run(argv, timeout_s=TEST_S + _GRACE_S, check=False, log_file=log_file)
        if not result.ok:
            raise HelmError(f"helm test: {_complaint(result)}", f"look into {log_file}")
        if _PASSED not in result.stdout:
            raise HelmError("helm test: the chart brings no test", f"give the chart {chart.folder} one")
        return result.stdout

    def preview(self, chart: Chart, values: Sequence[Path]) -> list[dict[str, Any]]:
        """Return the manifests that `amend` would install; nothing is changed.

        Raises:
            HelmError: There is no such release, or it can't be rendered.
        """
        result = self._commands.run(
            [*self._amendment(chart, values), "--dry-run", "--output", "json"], timeout_s=QUICK_S, check=False
        )
        self._check(result, chart)
        return _manifests(json.loads(result.stdout).get("manifest", ""), chart)

    def amend(self, chart: Chart, values: Sequence[Path], log_file: Path) -> float:
        """Upgrade an installed release with its own values and these on top; return the seconds it took.

        Raises:
            HelmError: It failed.
        """
        argv = [*self._amendment(chart, values), "--timeout", f"{INSTALL_S}s"]
        result = self._commands.run(argv, timeout_s=INSTALL_S + _GRACE_S, check=False, log_file=log_file)
        self._check(result, chart)
        return result.duration_s

    def _amendment(self, chart: Chart, values: Sequence[Path]) -> list[str]:
        argv = [self._helm, "upgrade", chart.release, str(chart.folder), *self._cluster, "--namespace", chart.namespace]
        return [*argv, "--reuse-values", *_values(values)]

    def revision(self, chart: Chart) -> int:
        """Return the revision of the installed release.

        Raises:
            HelmError: There is no such release.
        """
        argv = [self._helm, "get", "metadata", chart.release, *self._cluster, "--namespace", chart.namespace]
        result = self._commands.run([*argv, "--output", "yaml"], timeout_s=QUICK_S, check=False)
        self._check(result, chart)
        return int(yaml.safe_load(result.stdout)["revision"])

    def released(self, chart: Chart) -> list[dict[str, Any]]:
        """Return the manifests of the installed release.

        Raises:
            HelmError: There is no such release.
        """
        argv = [self._helm, "get", "manifest", chart.release, *self._cluster, "--namespace", chart.namespace]
        result = self._commands.run(argv, timeout_s=QUICK_S, check=False)
        self._check(result, chart)
        return _manifests(result.stdout, chart)

    @staticmethod
    def _check(result: CommandResult, chart: Chart) -> None:
        if result.ok:
            return
        if result.timed_out:
            raise HelmError(str(CommandError(result)), "look at the cluster's API server")
        if _BUSY in result.stderr:
            raise HelmError(
                f"helm {result.argv[1]}: another process changes the release {chart.release}, or died while it did",
                f"after a death `helm rollback {chart.release} --namespace {chart.namespace}` mends it",
            )
        raise HelmError(f"helm {result.argv[1]}: {_complaint(result)}", f"correct the chart {chart.folder}")


def _values(files: Sequence[Path]) -> list[str]:
    return [word for file in files for word in ("--values", str(file))]


def _complaint(result: CommandResult) -> str:
    """Return Helm's own sentence: errors and warnings of lint, else what stands behind `Error:`."""
    lines = [line.strip() for line in f"{result.stdout}\n{result.stderr}".splitlines()]
    found = [line for line in lines if _LABEL.match(line) and not _NOISE.match(line)]
    if not found:
        return last_lines(result.stderr or result.stdout, 3) or f"status {result.exit_code}"
    first = lines.index(found[0])
    # An error goes on below its first line (the values schema lists what it refuses).
    rest = [line for line in lines[first + 1 : first + 4] if line.startswith("- ") or found[0].endswith(":")]
    words = [_LABEL.sub("", found[0]), *[line for line in rest if line and not _NOISE.match(line)]]
    return " ".join(words)


def _manifests(text: str, chart: Chart) -> list[dict[str, Any]]:
    try:
        documents = [document for document in yaml.safe_load_all(text) if document]
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise HelmError(f"helm gave no YAML: {said}", f"correct the chart {chart.folder}") from None
    for document in documents:
        if not isinstance(document, dict) or "kind" not in document or not document.get("metadata", {}).get("name"):
            raise HelmError("helm gave a document without kind and name", f"correct the chart {chart.folder}")
    return documents
