"""SC-005: how fast the backend answers /health."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.criterion import Aspect, Criterion, Finding, limit_of, require, void
from pytest_todo_k8s.criteria.latency import judge_series

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Evidence

LIMIT_S: Final = 1.0
ROW: Final = "SC-005-health"


def _health(evidence: Evidence) -> Finding:
    if evidence.measure is None or evidence.measure.backend is None:
        require(evidence, "measure")
        raise void("/health was not timed")
    return judge_series(evidence.measure.backend, limit_of(evidence, ROW, LIMIT_S))


CRITERION: Final = Criterion(
    id="SC-005",
    title="backend answers /health within 1 s",
    promise="Backend API responds to health check requests within 1 second",
    method=(
        "Latency from a probe inside the cluster through the Service, status and body checked, until the sampling rule "
        "decides whether fewer than 5 % of the answers take 1 s or more"
    ),
    aspects=(
        Aspect(
            "health",
            "s",
            LIMIT_S,
            ("deploy",),
            _health,
            settings=("backend.service", "backend.port", "backend.health"),
        ),
    ),
)
