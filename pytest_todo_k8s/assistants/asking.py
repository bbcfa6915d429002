"""Asks an assistant: found, asked within bounds, its answers reviewed and kept."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.analysis.results import ProposalSummary
from pytest_todo_k8s.assistants.access import read_only
from pytest_todo_k8s.assistants.assistant import Caller, unavailable
from pytest_todo_k8s.assistants.gordon import Gordon
from pytest_todo_k8s.assistants.kagent import Kagent, controller
from pytest_todo_k8s.assistants.kubectl_ai import KubectlAi, provider
from pytest_todo_k8s.assistants.proposal import Review, Status, keep
from pytest_todo_k8s.assistants.questions import bounds, requests
from pytest_todo_k8s.assistants.review import review
from pytest_todo_k8s.assistants.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_todo_k8s.assistants.assistant import Assistant
    from pytest_todo_k8s.assistants.proposal import Proposal, Subject
    from pytest_todo_k8s.context import RunContext

PROGRAMS: Final = {"gordon": "docker", "kubectl-ai": "kubectl-ai", "kagent": "kagent"}
"""The program of each assistant."""
IN_RUN: Final[Mapping[str, tuple[Subject, ...]]] = {
    "gordon": ("dockerfile",),
    "kubectl-ai": ("health",),
    "kagent": ("health", "resources"),
}
"""What each is asked in an acceptance run."""


def in_run(context: RunContext, tool: str) -> list[ProposalSummary]:
    """Ask an assistant in an acceptance run, and return what goes into evidence.

    Raises:
        TodoK8sError: The cluster refuses the read-only account.
    """
    bench = Workbench(
        settings=context.settings,
        toolchain=context.toolchain,
        commands=context.commands,
        caller=Caller(context.settings.environment, context.redactor),
        redactor=context.redactor,
        folder=context.state_dir,
        reached=context.cluster,
    )
    proposals = [each for subject in IN_RUN[tool] for each in ask(tool, subject, None, bench)]
    return [_summary(each, store(each, bench)) for each in proposals]


def _summary(proposal: Proposal, verdict: Review) -> ProposalSummary:
    return ProposalSummary(
        tool=proposal.tool,
        subject=proposal.subject,
        target=proposal.target,
        status=proposal.status.value,
        allowed=verdict.allowed,
        violations=verdict.violations,
        sha256=proposal.sha256,
        text=proposal.text[:2000],
    )


def ask(tool: str, subject: Subject, target: str | None, bench: Workbench) -> list[Proposal]:
    """Ask an assistant about a subject; one that is not there answers so, for each question.

    Raises:
        TodoK8sError: The cluster that the question is about is out of reach.
    """
    if not _which(PROGRAMS[tool], bench):
        absent = f"{PROGRAMS[tool]} is not on PATH"
        return [unavailable(tool, each, absent) for each in requests(subject, target, bench.settings, None)]
    with _tool(tool, bench) as assistant:
        detection = assistant.detect()
        if not detection.available:
            questions = requests(subject, target, bench.settings, None)
            return [unavailable(tool, each, detection.reason) for each in questions]
        with _account(subject, tool, bench) as kubeconfig:
            return [assistant.propose(each) for each in requests(subject, target, bench.settings, kubeconfig)]


def store(proposal: Proposal, bench: Workbench) -> Review:
    """Review a proposal and keep both, unless there was nobody to propose anything."""
    judged = review(proposal, bounds(bench.settings, proposal.target))
    if proposal.status is not Status.UNAVAILABLE:
        keep(proposal, judged, bench.settings.out)
    return judged


def _which(program: str, bench: Workbench) -> str | None:
    return shutil.which(program, path=bench.caller.environment.get("PATH"))


@contextlib.contextmanager
def _tool(name: str, bench: Workbench) -> Iterator[Assistant]:

    environment = bench.caller.environment
    if name == "gordon":
        yield Gordon(Path(_which("docker", bench) or "docker"), bench.caller)
    elif name == "kubectl-ai":
        yield KubectlAi("kubectl-ai", bench.caller, provider(environment), environment.get("TODO_ASSIST_MODEL", ""))
    else:
        with controller(bench) as url:
            yield Kagent("kagent", bench.caller, bench.kube, url)


@contextlib.contextmanager
def _account(subject: Subject, tool: str, bench: Workbench) -> Iterator[Path | None]:
    """Give a tool that goes to the cluster by itself an account that may only read there."""
    if subject == "dockerfile" or tool == "gordon":
        yield None
        return
    with read_only(bench.kube, bench.settings.namespace, bench.cluster.kubeconfig, bench.folder) as kubeconfig:
        yield kubeconfig
