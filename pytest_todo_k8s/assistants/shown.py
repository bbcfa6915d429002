"""The result of `todo-k8s assist` as text for a terminal, and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pytest_todo_k8s.analysis.health import as_text as health_text
from pytest_todo_k8s.analysis.utilisation import shares, verdict
from pytest_todo_k8s.assistants.proposal import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_todo_k8s.analysis.results import Analysis, RuleResult
    from pytest_todo_k8s.assistants.proposal import Proposal, Review, Subject

    Reviewed = list[tuple[Proposal, Review]]


def as_json(subject: Subject, found: Analysis, reviewed: Reviewed) -> str:
    """Return the analysis and the proposals, without the raw output of tools, which is in their files."""
    proposals = [
        proposal.model_dump(mode="json", exclude={"raw"})
        | {"sha256": proposal.sha256, "review": verdict.model_dump(mode="json")}
        for proposal, verdict in reviewed
    ]
    content = {"subject": subject, "analysis": found.model_dump(mode="json"), "proposals": proposals}
    return json.dumps(content, indent=1, sort_keys=True)


def as_text(_subject: Subject, found: Analysis, reviewed: Reviewed) -> str:
    """Return the analysis, then one paragraph for each proposal with its verdict and hash."""
    lines = [*_images(found), *_manifests(found), *_resources(found)]
    if found.health:
        lines.append(health_text(found.health))
    lines += [f"note: {note}" for note in found.notes]
    for proposal, review in reviewed:
        lines += _proposal(proposal, review)
    return "\n".join(lines)


def _images(found: Analysis) -> Iterator[str]:
    for image in found.images:
        bad = [rule for rule in image.rules if rule.objection]
        yield f"{image.image} ({image.dockerfile}): {len(image.rules) - len(bad)} of {len(image.rules)} rules kept"
        yield from _rules(bad)
        for number, each in enumerate(image.advice, 1):
            saving = f", saves about {each.saving_bytes / 1e6:.1f} MB" if each.saving_bytes else ""
            yield f"  {number}. {each.text}{saving}"
        for portion in image.packages[:5]:
            yield f"  {portion.size_bytes / 1e6:8.1f} MB  {portion.name}"


def _manifests(found: Analysis) -> Iterator[str]:
    for each in found.manifests:
        differing = [rule for rule in each.rules if not rule.ok]
        yield f"{each.task} {each.object}: {len(each.rules) - len(differing)} of {len(each.rules)} clauses as worded"
        yield from _rules(differing)


def _rules(rules: list[RuleResult]) -> Iterator[str]:
    for rule in rules:
        yield f"  {rule.rule}: {rule.detail}" + (f" (deliberately: {rule.accepted})" if rule.accepted else "")


def _resources(found: Analysis) -> Iterator[str]:
    for each in found.utilisation:
        parts = ", ".join(f"{name} {share:.0%}" for name, share in shares(each).items() if share is not None)
        yield f"{each.pod}/{each.container} {each.window} {each.seconds:.0f} s: {parts}; {verdict(each)}"
    for figure in found.recommendations:
        yield (
            f"{figure.part}.resources.{figure.kind}.{figure.resource}: {figure.now or 'none'} -> {figure.proposed}  "
            f"({figure.reason})"
        )


def _proposal(proposal: Proposal, review: Review) -> Iterator[str]:
    if proposal.status is Status.UNAVAILABLE:
        yield f"{proposal.tool} {proposal.target}: unavailable: {proposal.text}; the built-in analyser answered instead"
        return
    allowed = "allowed" if review.allowed else "NOT allowed"
    yield f"{proposal.tool} {proposal.target}: {proposal.status.value}, {allowed}, {proposal.sha256[:12]}"
    yield from (f"  {violation}" for violation in review.violations)
    if proposal.tool != "builtin" and proposal.text:
        yield from (f"  | {line}" for line in proposal.text.splitlines()[:40])
    yield from (f"  it would run: {command}" for command in proposal.commands)
