"""Applies one stored proposal that the user names by its hash: reviewed again, asked of the API server, then done.

A Dockerfile is built first and must stay within its budget, and is then copied over the committed one. Resources go by
`helm upgrade`. A manifest is put beside the report: only Helm deploys, so it has to go into the chart by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.assistants.proposal import FOLDER, Stored, find
from pytest_todo_k8s.assistants.questions import bounds
from pytest_todo_k8s.assistants.review import review
from pytest_todo_k8s.assistants.text import manifests as parsed
from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.measurements import Manifests
from pytest_todo_k8s.phases import manifests
from pytest_todo_k8s.tools import build_context
from pytest_todo_k8s.tools.docker import BuildOrder, Engine

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.assistants.workbench import Workbench

BUDGETS_MB: Final = {"backend": 300, "frontend": 500}
"""Megabytes that an image may have (SC-002)."""
BUILD_S: Final = 900.0
APPROVED: Final = "approved"


def apply(approval: str, subject: str, bench: Workbench) -> str:
    """Apply the proposal with this hash, and say what was done.

    Raises:
        ConfigError: There is no such proposal, it is about something else, or it is not allowed.
        TodoK8sError: A step of it fails; nothing was changed before.
    """
    stored = find(approval, bench.settings.out)
    proposal = stored.proposal
    if proposal.subject != subject:
        raise ConfigError(f"the proposal {approval} is about {proposal.subject}", f"call assist {proposal.subject}")
    verdict = review(proposal, bounds(bench.settings, proposal.target))
    if not stored.review.allowed or not verdict.allowed:
        reasons = "; ".join(verdict.violations or stored.review.violations)
        raise ConfigError(f"the proposal {approval} is not allowed: {reasons}", "nothing was applied")
    if not proposal.content:
        raise ConfigError(f"the proposal {approval} holds nothing to apply", "read its text instead")
    return {"dockerfile": _dockerfile, "manifest": _manifest, "resources": _resources}[subject](stored, bench)


def dry_run(found: list[dict[str, object]], bench: Workbench, *, existing: bool) -> list[str]:
    """Let the API server judge objects as SC-009 does; return what it refuses, the control probe's failure included."""
    checked = Manifests()
    refused = manifests.server_side(bench.kube, bench.settings.namespace, found, checked, existing=existing)
    broken = [f"{check.name}: {check.detail}" for check in checked.checks if check.name.startswith("control")
              and not check.ok]  # fmt: skip
    return [*broken, *refused]


def _dockerfile(stored: Stored, bench: Workbench) -> str:
    proposal = stored.proposal
    source = next(each for each in bench.settings.images if each.name == proposal.target)
    candidate = bench.folder / source.dockerfile.name
    candidate.write_text(proposal.content, encoding="utf-8")
    engine = Engine(bench.toolchain, bench.commands, bench.settings.environment)
    order = BuildOrder(
        reference=f"todo-proposal-{source.name}:{stored.sha256[:12]}",
        dockerfile=candidate,
        context=source.context,
        arguments=build_context.base_images(source, bench.toolchain.bases),
        labels={},
        cached=True,
        log_file=bench.settings.out / FOLDER / f"build-{stored.sha256[:12]}.log",
        timeout_s=BUILD_S,
    )
    try:
        engine.build(order)
        size = engine.size(order.reference)
    finally:
        engine.remove(order.reference)
    megabytes = (size.unpacked_bytes or size.history_bytes or 0) / 1e6
    budget = BUDGETS_MB[source.name]
    if not 0 < megabytes < budget:
        raise ConfigError(f"its image has {megabytes:.0f} MB, the budget is {budget} MB", "nothing was applied")
    source.dockerfile.write_text(proposal.content, encoding="utf-8")
    return f"built ({megabytes:.0f} MB) and written to {source.dockerfile}"


def _manifest(stored: Stored, bench: Workbench) -> str:
    _refuse(dry_run(parsed(stored.proposal.content), bench, existing=True), stored)
    file = _write(stored, bench, f"{stored.proposal.target.replace('/', '-').lower()}.yaml")
    return f"accepted by the API server (dry run) and written to {file}; put it into the chart to deploy it"


def _resources(stored: Stored, bench: Workbench) -> str:
    helm, chart = bench.release()
    file = _write(stored, bench, "values-recommended.yaml")
    _refuse(dry_run(helm.preview(chart, [file]), bench, existing=True), stored)
    log = bench.settings.out / FOLDER / f"helm-{stored.sha256[:12]}.log"
    seconds = helm.amend(chart, [file], log)
    return f"helm upgrade took {seconds:.1f} s; revision {helm.revision(chart)} has the values of {file}"


def _refuse(refused: list[str], stored: Stored) -> None:
    if refused:
        more = f"; and {len(refused) - 1} more" if refused[1:] else ""
        raise ConfigError(f"the API server refuses {stored.sha256[:12]}: {refused[0]}{more}", "nothing was applied")


def _write(stored: Stored, bench: Workbench, name: str) -> Path:
    folder = bench.settings.out / FOLDER / APPROVED
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(stored.proposal.content, encoding="utf-8")
    return file
