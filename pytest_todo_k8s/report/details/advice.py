"""What the analysers found, and what assistants proposed: shown, never judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_todo_k8s.analysis import utilisation
from pytest_todo_k8s.criteria.figures import MEGABYTE, figure
from pytest_todo_k8s.report.blocks import Block, Facts, Listing, Table

if TYPE_CHECKING:
    from pytest_todo_k8s.analysis.results import Analysis, HealthReport, ImageAnalysis
    from pytest_todo_k8s.evidence import Evidence


def advice(evidence: Evidence) -> list[Block]:
    """Show health, images, manifests, use of resources with recommended figures, and assistants' proposals."""
    found = evidence.analysis
    if found is None:
        return []
    blocks: list[Block] = [*(_health(found.health) if found.health else []), *_images(found.images)]
    blocks += [*_manifests(found), *_resources(found), *_assistants(found)]
    return [*blocks, *([Listing("What could not be analysed", tuple(found.notes))] if found.notes else [])]


def _health(report: HealthReport) -> list[Block]:
    said = f"{'healthy' if report.healthy else 'not healthy'} at {report.at}"
    pairs = (
        ("Namespace", f"{report.namespace}: {said}, by the built-in analyser"),
        ("Logs", f"{report.log_lines} lines, {len(report.bad_lines)} bad; {len(report.warnings)} Warning events"),
    )
    head = ("About", "Reason", "Cause", "Next step")
    rows = tuple((each.about, each.reason, each.cause, each.next_step) for each in report.findings)
    return [Facts(pairs), Table("Findings on health", head, rows)]


def _images(images: list[ImageAnalysis]) -> list[Block]:
    rules = tuple(
        (image.image, str(sum(1 for rule in image.rules if not rule.objection)), str(len(image.rules)))
        for image in images
    )
    rows = tuple(
        (image.image, each.text, "" if each.saving_bytes is None else figure(each.saving_bytes / MEGABYTE, "MB"))
        for image in images
        for each in image.advice
    )
    parts = tuple(
        (image.image, what, each.name, figure(each.size_bytes / MEGABYTE, "MB"))
        for image in images
        for what, portions in (("layer", image.layers), ("package", image.packages))
        for each in portions
    )
    if not images:
        return []
    blocks: list[Block] = [
        Table("Dockerfile rules kept", ("Image", "Kept", "Of"), rules, figures=(1, 2)),
        Table("Advice on images", ("Image", "Advice", "Expected saving"), rows, figures=(2,)),
    ]
    if parts:
        head = ("Image", "Kind", "Part", "Unpacked")
        blocks.append(Table("Largest parts of the images", head, parts, figures=(3,), folded=True))
    return blocks


def _manifests(found: Analysis) -> list[Block]:
    rows = tuple(
        (each.task, each.object, rule.rule, rule.detail, rule.accepted or "not expected")
        for each in found.manifests
        for rule in each.rules
        if not rule.ok
    )
    head = ("Task", "Object", "Asked for", "Rendered", "Reason")
    return [Table("Where the chart differs from the wording of a task", head, rows)] if found.manifests else []


def _resources(found: Analysis) -> list[Block]:
    blocks: list[Block] = []
    if found.utilisation:
        head = ("Container", "Window", "CPU p95", "CPU peak", "Memory p95", "Memory peak", "Of the limits")
        uses = tuple(utilisation.row(each, f"{each.pod}/{each.container}") for each in found.utilisation)
        blocks.append(Table("Use of resources, idle and under load", head, uses, figures=(2, 3, 4, 5)))
    if found.recommendations:
        columns = ("Value", "Now", "Recommended", "Reason")
        figures = tuple(
            (
                f"{each.part}.resources.{each.kind}.{each.resource}",
                each.now or "none, or not read",
                each.proposed,
                each.reason,
            )
            for each in found.recommendations
        )
        blocks.append(Table("Recommended requests and limits", columns, figures, figures=(1, 2)))
    return blocks


def _assistants(found: Analysis) -> list[Block]:
    rows = tuple(
        (
            each.tool,
            f"{each.subject} {each.target}",
            each.status,
            "allowed" if each.allowed else f"refused: {'; '.join(each.violations)}",
            each.sha256[:12],
        )
        for each in found.proposals
    )
    head = ("Assistant", "Asked about", "Ended as", "Review", "Hash")
    return [Table("Proposals of assistants; none was applied", head, rows)] if rows else []
