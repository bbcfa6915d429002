"""Manifests and parity: SC-009 and SC-011."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.report.blocks import Block, Facts, Listing, Table

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Evidence


def checks(evidence: Evidence) -> list[Block]:
    """Show every check of the chart and the objects of the release."""
    manifests = evidence.manifests
    if manifests is None:
        return []
    rows = tuple(
        (check.name, "kept" if check.ok else "BROKEN", check.detail, check.command or "") for check in manifests.checks
    )
    return [
        Table("Checks", ("Check", "Result", "What it saw", "Command"), rows),
        Listing("Objects of the release", tuple(manifests.rendered)),
        Facts((("Live objects in no template", ", ".join(manifests.foreign) or "none"),)),
        Listing("Live objects that are not what the release says", tuple(manifests.changed)),
    ]


def parity(evidence: Evidence) -> list[Block]:
    """Show what was compared, how it was normalised, and each difference."""
    compared = evidence.parity
    if compared is None:
        return []
    rows = tuple((each.request, each.where, each.plain, each.cluster) for each in compared.differences)
    facts = (
        ("Requests compared", f"{compared.requests}, of them {compared.generated} made by chance"),
        ("Seed of the chance", "none" if compared.seed is None else str(compared.seed)),
        (
            "Operations of the API document",
            f"{len(compared.operations)}, not asked: {', '.join(compared.unasked) or 'none'}",
        ),
        ("Rows compared", str(compared.rows)),
        ("Steps in a browser compared", compared.unwalked or str(compared.steps)),
        ("Not run because", compared.skipped or "it was run"),
    )
    return [
        Facts(facts),
        Listing("Normalised before the comparison", tuple(compared.normalised)),
        Table("Differences", ("Request", "Where", "Plain", "In the cluster"), rows),
    ]
