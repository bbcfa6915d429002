"""docs/troubleshooting.md: from the table that a run's own sentences come from."""

from __future__ import annotations

from typing import Final

from pytest_todo_k8s.bootstrap.bases import BasesStep
from pytest_todo_k8s.bootstrap.binaries import BinariesStep
from pytest_todo_k8s.bootstrap.engine import EngineStep
from pytest_todo_k8s.bootstrap.firewall import FirewallStep
from pytest_todo_k8s.bootstrap.golang import GoStep
from pytest_todo_k8s.bootstrap.images import ImagesStep
from pytest_todo_k8s.bootstrap.kernel import KernelStep
from pytest_todo_k8s.bootstrap.metrics import MetricsStep
from pytest_todo_k8s.bootstrap.node_image import NodeImageStep
from pytest_todo_k8s.bootstrap.packages import PackagesStep
from pytest_todo_k8s.cluster.causes import CAUSES
from pytest_todo_k8s.documents.markdown import code, page, table

_STEPS: Final = (
    PackagesStep,
    KernelStep,
    EngineStep,
    FirewallStep,
    GoStep,
    BinariesStep,
    ImagesStep,
    NodeImageStep,
    MetricsStep,
    BasesStep,
)


def text() -> str:
    """Return the document."""
    causes = [
        (
            code(cause.code),
            cause.sentence.format(about="…", said="…"),
            cause.remedy,
            f"{cause.patience_s:.0f} s" if cause.patience_s else "at once",
        )
        for cause in CAUSES.values()
    ]
    steps = [(code(step.name), step.remedy) for step in _STEPS]
    return page(
        "Troubleshooting",
        "Every failure names its cause and a remedy by itself: in the last lines of the run, in the report and in "
        "`evidence.json`. `todo-k8s assist health` asks a running deployment for the same; `todo-k8s doctor` asks the "
        "machine.",
        "## The application does not come up",
        "The reason as a run names it, what it means, and what to do. Some pass by themselves: they end the wait only "
        "when they last longer.",
        table(("Reason", "What is told", "What to do", "Final after"), causes),
        "## Set-up stops",
        "`todo-k8s setup` names the step, the end of its log, and where the whole log is; the same command goes on "
        "from there.",
        table(("Step", "What to do"), steps),
        "## Something of a dead run is left",
        "`todo-k8s reap` removes what runs that no longer live have left; every run does so too when it starts. What "
        "another one made is never touched.",
    )
