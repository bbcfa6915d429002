"""docs/configuration.md: every option of the plugin, every environment variable, every sub-command."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s import cli, exit_codes
from pytest_todo_k8s.cluster.guard import ALLOW_VARIABLE, DENY_VARIABLE
from pytest_todo_k8s.documents.markdown import code, page, table
from pytest_todo_k8s.options import OPTIONS
from pytest_todo_k8s.project_settings import FILES, NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARIABLES: Final = (
    ("TODO_K8S_CACHE", "folder for tools, base images and the cluster's own files (default: the user's cache folder)"),
    (DENY_VARIABLE, "host name patterns, with commas, of API servers that are never written to"),
    (ALLOW_VARIABLE, "host name patterns, with commas, of the only API servers that are used (default: any)"),
    ("KUBECONFIG", "kubeconfig files that are read; the run uses a private copy with one context"),
    ("GEMINI_API_KEY", "with `assist --with kubectl-ai`: the key of the model; no other child inherits it"),
    ("OPENAI_API_KEY", "with `assist --with kubectl-ai`: the key, with OPENAI_ENDPOINT for another address"),
    ("TODO_ASSIST_MODEL", "with `assist --with kubectl-ai`: the model's name"),
    ("GITHUB_STEP_SUMMARY", "in a step of GitHub Actions: the summary is appended there"),
)
_STATUSES: Final = (
    (exit_codes.OK, "everything asked for has a verdict and passes"),
    (
        exit_codes.FAILED,
        "a criterion, or another selected test, failed; of `assist`: the analysers object to something",
    ),
    ("2-6", "pytest's own; 2 also for a wrong command line"),
    (exit_codes.INFRASTRUCTURE, "the machine, the cluster or a tool prevented a verdict"),
    (exit_codes.INCOMPLETE, "a criterion has no verdict, or its sample is void"),
    (exit_codes.LEFTOVERS, "clean-up left something behind"),
    (cli.INTERRUPTED, "`todo-k8s` was interrupted"),
)


def text() -> str:
    """Return the document."""
    options = [
        (
            code(f"{each.flag}={each.metavar}" if each.metavar else each.flag),
            code(each.variable),
            code(each.ini),
            each.help,
        )
        for each in OPTIONS
    ]
    return page(
        "Configuration",
        "The command line wins over the environment, the environment over pytest's ini file, that over the default.",
        "## Options of pytest",
        table(("Option", "Environment", "Ini key", "Meaning"), options),
        "## Settings of a project",
        f"A table `[{NAME}]` in {' or '.join(FILES)} describes another application than this project's own, and what "
        "SC-007 may expect: [other-applications.md](other-applications.md) has its keys.",
        "## Environment variables",
        table(("Variable", "Meaning"), ((code(name), meaning) for name, meaning in _VARIABLES)),
        "## The command `todo-k8s`",
        *_commands(),
        "## Exit statuses",
        table(("Status", "Meaning"), ((str(status), meaning) for status, meaning in _STATUSES)),
    )


def _commands() -> Iterator[str]:
    for name, parser in subcommands().items():
        yield f"### `todo-k8s {name}`"
        yield f"{parser.description or ''}"
        rows = [
            (code(_shown(action)), action.help or "")
            for action in parser._actions  # noqa: SLF001  argparse has no other way to its own arguments
            if not isinstance(action, argparse._HelpAction)  # noqa: SLF001  likewise
        ]
        yield table(("Argument", "Meaning"), rows) if rows else ""


def subcommands() -> dict[str, argparse.ArgumentParser]:
    """Return the parsers of the sub-commands, by name."""
    for action in cli.parser()._actions:  # noqa: SLF001  see above
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  likewise
            return dict(action.choices)
    return {}


def _shown(action: argparse.Action) -> str:
    value = action.metavar or (f"{{{','.join(map(str, action.choices))}}}" if action.choices else action.dest.upper())
    if not action.option_strings:
        return f"[{action.dest}]" if action.nargs == "?" else str(action.metavar or action.dest)
    return action.option_strings[-1] + ("" if action.nargs == 0 else f" {value}")
