"""The sub-command `todo-k8s assist`: analysers always, a tool beside them on request, approved proposals applied."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_todo_k8s import exit_codes
from pytest_todo_k8s.analysis.utilisation import verdict
from pytest_todo_k8s.assistants import asking, shown
from pytest_todo_k8s.assistants.approval import apply
from pytest_todo_k8s.assistants.builtin import Builtin
from pytest_todo_k8s.assistants.workbench import workbench

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from pytest_todo_k8s.analysis.results import Analysis
    from pytest_todo_k8s.assistants.workbench import Workbench


def run(arguments: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Do it, and return 0, or 1 where the analysers object to what they found.

    Raises:
        TodoK8sError: Something that the subject needs is not there.
    """
    with workbench(
        environment,
        Path.cwd(),
        namespace=arguments.namespace,
        out=arguments.out,
        cluster=arguments.cluster,
    ) as bench:
        if arguments.apply:
            sys.stdout.write(f"{apply(arguments.apply, arguments.subject, bench)}\n")
            return exit_codes.OK
        return _ask(arguments, bench)


def _ask(arguments: argparse.Namespace, bench: Workbench) -> int:

    builtin = Builtin(bench, under_load=arguments.load)
    proposals = builtin.proposals(arguments.subject, arguments.target)
    if arguments.tool != "builtin":
        proposals += asking.ask(arguments.tool, arguments.subject, arguments.target, bench)
    reviewed = [(each, asking.store(each, bench)) for each in proposals]
    text = shown.as_json if arguments.json else shown.as_text
    sys.stdout.write(text(arguments.subject, builtin.found, reviewed) + "\n")
    return exit_codes.FAILED if objections(builtin.found) else exit_codes.OK


def objections(found: Analysis) -> bool:
    """Whether the analysers speak against anything."""
    rules = [rule for image in found.images for rule in image.rules]
    rules += [rule for manifest in found.manifests for rule in manifest.rules]
    return (
        any(rule.objection for rule in rules)
        or bool(found.health and not found.health.healthy)
        or any(verdict(each) != "under 80 %" for each in found.utilisation)
    )
