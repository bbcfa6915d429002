"""The eleven success criteria: pure judges of evidence. Nothing here touches a cluster, a file or a clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria import (
    sc_001_build_time,
    sc_002_image_size,
    sc_003_pods_ready,
    sc_004_frontend_load,
    sc_005_backend_health,
    sc_006_user_flow,
    sc_007_clean_logs,
    sc_008_utilisation,
    sc_009_manifests,
    sc_010_no_manual_step,
    sc_011_parity,
)
from pytest_todo_k8s.criteria.criterion import Criterion, row_name
from pytest_todo_k8s.criteria.judging import judge_criterion

if TYPE_CHECKING:
    from pytest_todo_k8s.application import Application
    from pytest_todo_k8s.evidence import CriterionResult, Evidence

__all__ = ["CRITERIA", "Criterion", "judge", "unset"]

CRITERIA: Final[tuple[Criterion, ...]] = (
    sc_001_build_time.CRITERION,
    sc_002_image_size.CRITERION,
    sc_003_pods_ready.CRITERION,
    sc_004_frontend_load.CRITERION,
    sc_005_backend_health.CRITERION,
    sc_006_user_flow.CRITERION,
    sc_007_clean_logs.CRITERION,
    sc_008_utilisation.CRITERION,
    sc_009_manifests.CRITERION,
    sc_010_no_manual_step.CRITERION,
    sc_011_parity.CRITERION,
)
"""In the order of every table."""


def unset(application: Application) -> dict[str, str]:
    """Return the key that is missing in an application's settings for a row, by the row's name."""
    missing = {
        row_name(criterion.id, aspect.name): [key for key in aspect.settings if not application.has(key)]
        for criterion in CRITERIA
        for aspect in criterion.aspects
    }
    return {row: keys[0] for row, keys in missing.items() if keys}


def judge(evidence: Evidence) -> list[CriterionResult]:
    """Judge all criteria, in order; never raises: a judge that does makes its criterion CRASHED."""
    return [judge_criterion(criterion, evidence) for criterion in CRITERIA]
