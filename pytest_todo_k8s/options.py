"""Every option of the plugin, once: command line, environment variable and ini key.

The command line wins over the environment, the environment over the ini file, that over the default.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.cluster import choice

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest


DEFAULT_NAMESPACE: Final = "todo-app-dev"
DEFAULT_OUT: Final = "out"
ASSISTANTS: Final = ("gordon", "kubectl-ai", "kagent")
"""AI tools that can be asked beside the built-in analysers."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option.

    Attributes:
        name: Its stem: `cluster` is `--todo-cluster`, `TODO_CLUSTER` and, in an ini file, `todo_cluster`.
        metavar: What its value is called in the help text; empty: it is a switch, on the command line without value.
        help: One sentence: what it does, its grammar and its default.
        many: Whether it may be given several times; an environment variable or ini key separates by commas or lines.
    """

    name: str
    metavar: str
    help: str
    many: bool = False

    @property
    def flag(self) -> str:
        """Name on the command line."""
        return "--todo-" + self.name.replace("_", "-")

    @property
    def ini(self) -> str:
        """Name in an ini file, and where pytest keeps the command line's value."""
        return f"todo_{self.name}"

    @property
    def variable(self) -> str:
        """Name of the environment variable."""
        return self.ini.upper()


OPTIONS: Final = (
    Option(
        "cluster",
        f"{choice.GRAMMAR}|none",
        "deploy to this cluster and judge the success criteria; none: check the chart alone and judge none of them: "
        "exit status 11, or 1 for a fault (default: do nothing)",
    ),
    Option(
        "registry",
        "HOST[:PORT][/PATH]",
        "where images go for a cluster named by its context; needed there, and only there",
    ),
    Option("evidence", "FILE", "judge and show the run whose evidence.json this is, without any cluster"),
    Option(
        "namespace",
        "NAME",
        f"namespace to make and to take down; auto: one of the run's own (default: {DEFAULT_NAMESPACE})",
    ),
    Option("out", "DIR", f"folder for report.html, evidence.json, junit.xml and logs/ (default: {DEFAULT_OUT})"),
    Option(
        "database_url_env",
        "NAME",
        "name of the environment variable that holds the URL of an external PostgreSQL (default: one in the cluster)",
    ),
    Option("keep", "never|failed|always", "when the deployment stays after the run, for 8 hours (default: never)"),
    Option(
        "reuse",
        "",
        "upgrade the kept deployment in the namespace, or make one where there is none, and keep it; an upgrade is no "
        "gate (default: the namespace must be free)",
    ),
    Option("timeout", "TIME", "longest time for all phases, such as 90s, 15m or 1h; clean-up follows (default: none)"),
    Option("plan", "", "say what would be done, and touch nothing"),
    Option(
        "model_key_env",
        "NAME",
        "name of the environment variable that holds a key of the real Gemini API (default: emulator in the cluster)",
    ),
    Option(
        "only", "SC-003,SC-008", "judge these criteria alone; such a run is no gate (default: all eleven)", many=True
    ),
    Option(
        "limit",
        "SC-008=70",
        "judge a criterion, or one of its parts (SC-002-backend=250), by another limit; a run with a looser one is no "
        "gate (default: as promised)",
        many=True,
    ),
    Option(
        "load",
        "RATE/TIME",
        "requests a second to the frontend, and for how long, while use is read for SC-008; a run with a lighter load "
        "is no gate (default: 10/60s)",
    ),
    Option(
        "seed",
        "NUMBER",
        "make the requests that chance makes for SC-011 from this seed (default: another one each time)",
    ),
    Option("tasks", "", "print the task list T001 to T099 with what does each task and its result (default: do not)"),
    Option(
        "values",
        "FILE",
        "values file for Helm beside the chart's own, a later one wins (default: none)",
        many=True,
    ),
    Option(
        "assist",
        "NAME",
        "also ask an assistant after measuring: gordon, kubectl-ai, kagent; nothing it proposes is applied (default: "
        "the built-in analysers alone)",
        many=True,
    ),
    Option("strict", "", "let a criterion whose samples leave it open (BORDERLINE) fail (default: it passes)"),
)


@dataclass(frozen=True, slots=True)
class Given:
    """The value of an option and the name of the place it came from, for error sentences."""

    value: str
    source: str


def add(parser: pytest.Parser) -> None:
    """Declare all options."""
    group = parser.getgroup("todo-k8s", "acceptance on Kubernetes (pytest-todo-k8s)")
    for option in OPTIONS:
        group.addoption(option.flag, dest=option.ini, default=None, help=option.help, **_grammar(option))
        parser.addini(option.ini, option.help, default=None)


def _grammar(option: Option) -> dict[str, Any]:
    """How the command line takes an option."""
    if not option.metavar:
        return {"action": "store_const", "const": "yes"}
    return {"metavar": option.metavar, "action": "append" if option.many else "store"}


def cluster_wanted(config: pytest.Config) -> bool:
    """Whether a cluster or a stored run was named at all: without one the plugin does nothing."""
    return given(config, "cluster") or given(config, "evidence")


def given(config: pytest.Config, name: str) -> bool:
    """Whether an option has a value, wherever from."""
    return name in values_given(config, os.environ)


def values_given(config: pytest.Config, environment: Mapping[str, str]) -> dict[str, Given]:
    """Return the options that have a value, by name; an empty environment variable or ini key counts as none."""
    given: dict[str, Given] = {}
    for option in OPTIONS:
        typed: str | list[str] | None = config.getoption(option.ini)
        if typed is not None:
            given[option.name] = Given(",".join(typed) if isinstance(typed, list) else typed, option.flag)
        elif environment.get(option.variable):
            given[option.name] = Given(environment[option.variable], option.variable)
        elif config.getini(option.ini):
            given[option.name] = Given(config.getini(option.ini), option.ini)
    return given
