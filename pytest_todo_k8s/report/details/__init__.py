"""What each criterion's section shows beside its verdict: the evidence itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.report.details import audit, builds, deployment, latency, manifests, usage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_todo_k8s.evidence import Evidence, PhaseName
    from pytest_todo_k8s.report.blocks import Block

DETAILS: Final[Mapping[str, tuple[PhaseName | None, Callable[[Evidence], list[Block]]]]] = {
    "SC-001": ("build", builds.times),
    "SC-002": ("build", builds.sizes),
    "SC-003": ("deploy", deployment.pods),
    "SC-004": ("measure", latency.frontend),
    "SC-005": ("measure", latency.backend),
    "SC-006": ("exercise", deployment.flow),
    "SC-007": ("settle", deployment.logs),
    "SC-008": ("measure", usage.utilisation),
    "SC-009": ("deploy", manifests.checks),
    "SC-010": (None, audit.commands),
    "SC-011": ("parity", manifests.parity),
}
"""By criterion: the phase in which it was measured (None: over the whole run), and its blocks."""
