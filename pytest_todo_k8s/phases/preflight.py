"""Looks at everything a run needs before it makes anything; each finding comes with its remedy."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.version import InvalidVersion, Version

from pytest_todo_k8s.application import REMEDY
from pytest_todo_k8s.cluster import access
from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.tools import build_context
from pytest_todo_k8s.tools.command import CommandError
from pytest_todo_k8s.tools.docker import Engine

if TYPE_CHECKING:
    from pytest_todo_k8s.context import RunContext

OLDEST: Final = {"minikube": Version("1.32"), "kubectl": Version("1.28"), "helm": Version("3.14")}
"""Oldest versions of the tools whose options this gate uses (helm: `get metadata` with a revision, 3.14)."""
_VERSION: Final = {
    "minikube": ("version", "--short"),
    "kubectl": ("version", "--client", "--output=json"),
    "helm": ("version", "--short"),
}
FREE_BYTES: Final = 4_000_000_000
"""Free space that two builds, their layers and the copies on the node need, with room to spare."""
QUICK_S: Final = 30.0


def run(context: RunContext) -> None:
    """Check the project's files, the tools, the engine, the disk and the cluster; note what they are.

    Raises:
        PhaseError: Something is missing; nothing was made so far.
    """
    _check_files(context)
    tools = {name: _version(context, name) for name in context.cluster.tools}
    engine = Engine(context.toolchain, context.commands, context.settings.environment)
    tools["docker"] = engine.facts.version
    _ = engine.builder  # that it can be had at all is the check
    _check_disk(engine.facts.data)
    context.cluster.ensure()
    access.check(context.kube, context.settings.namespace, access.inside(context.cluster))
    machine = context.cluster.facts()
    machine.tools = tools
    context.evidence.machine = machine
    _note_commit(context)
    context.progress(
        f"{machine.provider} {context.cluster.context}, Kubernetes {machine.kubernetes}, "
        f"namespace {context.settings.namespace}"
    )


def _check_files(context: RunContext) -> None:
    settings = context.settings
    if not (settings.chart / "Chart.yaml").is_file():
        raise PhaseError(
            "preflight",
            f"there is no Helm chart in {settings.chart}",
            REMEDY,
        )
    for source in settings.images:
        build_context.check(source)


def _version(context: RunContext, tool: str) -> str:
    """Return a tool's version once it is known to be new enough."""
    path = context.toolchain.path(tool)
    hint = "run `todo-k8s setup`, or install a newer one"
    try:
        answer = context.commands.run([path, *_VERSION[tool]], timeout_s=QUICK_S).stdout
    except CommandError as error:
        raise PhaseError("preflight", f"{path} does not work: {error}", hint) from None
    text = _first_version(answer)
    try:
        too_old = Version(text) < OLDEST[tool]
    except InvalidVersion:
        raise PhaseError("preflight", f"{path} tells no version", hint) from None
    if too_old:
        raise PhaseError("preflight", f"{path} is version {text}, at least {OLDEST[tool]} is needed", hint)
    return f"v{text}"


def _first_version(answer: str) -> str:
    """Find the version in what a tool prints: `v1.38.1`, `v3.22.0+g1234`, or kubectl's JSON."""
    for word in answer.replace('"', " ").replace(",", " ").split():
        if word[:1] == "v" and word[1:2].isdigit():
            return word[1:].partition("+")[0]
    return ""


def _check_disk(data: str) -> None:
    """Compare free space with what a run needs, where the engine's folder is on this machine."""
    folder = Path(data)
    if not data or not folder.is_dir():
        return
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES:
        raise PhaseError(
            "preflight",
            f"{folder} has {free / 1e9:.1f} GB free, a run needs {FREE_BYTES / 1e9:.0f} GB",
            "free some space, for example with `docker system prune`",
        )


def _note_commit(context: RunContext) -> None:
    """Note which commit of the project is judged; a folder that is no Git work tree has none."""
    root = str(context.settings.root)
    git = shutil.which("git", path=context.settings.environment.get("PATH"))
    if git is None:
        return
    commit = context.commands.run([git, "-C", root, "rev-parse", "HEAD"], timeout_s=QUICK_S, check=False)
    if not commit.ok:
        return
    status = context.commands.run(
        [git, "-C", root, "status", "--porcelain", "--untracked-files=no"], timeout_s=QUICK_S, check=False
    )
    context.evidence.run.commit = commit.stdout.strip()
    context.evidence.run.dirty = bool(status.stdout.strip()) if status.ok else None
