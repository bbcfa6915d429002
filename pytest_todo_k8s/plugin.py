"""Entry point of the pytest plugin: options and registration. Without `--todo-cluster` nothing else is imported."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

import pytest

from pytest_todo_k8s import fixtures, options

if TYPE_CHECKING:
    from pytest_todo_k8s.settings import Settings
    from pytest_todo_k8s.tools.toolchain import Toolchain

_LOOKING: Final = (
    "collectonly",
    "setuponly",
    "setupplan",
    "showfixtures",
    "show_fixtures_per_test",
    "markers",
    "help",
    "version",
    "cacheshow",
)
"""pytest's options that run no test."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    options.add(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Check the options and register the hooks of this process: before any other plugin, see `hooks`."""
    config.pluginmanager.register(fixtures, "todo-k8s-fixtures")
    if not options.cluster_wanted(config):
        return
    from pytest_todo_k8s.rows import RowHooks  # noqa: PLC0415  only where a cluster was named

    config.pluginmanager.register(RowHooks(), "todo-k8s-rows")
    if not hasattr(config, "workerinput"):
        _configure_controller(config)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Refuse what runs every test several times; print the plan in place of everything else, where it was asked for."""
    if options.cluster_wanted(config) and not hasattr(config, "workerinput"):
        _refuse_repetition(config)
    if not options.given(config, "plan"):
        return None
    if not options.cluster_wanted(config):
        raise pytest.UsageError("--todo-plan: no cluster is named: add --todo-cluster=minikube")
    settings, _ = _read(config)
    if not settings.plan:
        return None
    from pytest_todo_k8s import plan  # noqa: PLC0415  only where it was asked for

    for line in plan.lines(settings):
        sys.stdout.write(f"{line}\n")
    return 0


def _read(config: pytest.Config) -> tuple[Settings, Toolchain]:
    """Return what was asked for and with what tools; what is wrong with it ends pytest with one sentence."""
    from pytest_todo_k8s import option_values  # noqa: PLC0415  only where a cluster was named
    from pytest_todo_k8s.errors import ConfigError  # noqa: PLC0415  likewise
    from pytest_todo_k8s.tools.toolchain import Toolchain  # noqa: PLC0415  likewise

    try:
        toolchain = Toolchain.load(os.environ)
        return option_values.read(config, default_profile=toolchain.profile), toolchain
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from None


def _configure_controller(config: pytest.Config) -> None:
    settings, toolchain = _read(config)
    if any(getattr(config.option, name, False) for name in _LOOKING):
        return
    from pytest_todo_k8s.gate import Gate  # noqa: PLC0415  only where a cluster is used
    from pytest_todo_k8s.hooks import Beginning, Completing, Reporting, TakingDown  # noqa: PLC0415  likewise

    _default_results(config, settings)
    gate = Gate(config, settings, toolchain)
    config.add_cleanup(gate.end)
    for hooks in (Beginning(gate), Completing(gate), TakingDown(gate), Reporting(gate)):
        config.pluginmanager.register(hooks, f"todo-k8s-{type(hooks).__name__.lower()}")


def _refuse_repetition(config: pytest.Config) -> None:
    """Refuse the modes of pytest-xdist that run every test several times."""
    if getattr(config.option, "dist", "no") == "each":
        raise pytest.UsageError("--todo-cluster and --dist=each: every criterion would be judged once for each worker")
    if getattr(config.option, "looponfail", False):
        raise pytest.UsageError("--todo-cluster and --looponfail: the deployment ends with the first round")


def _default_results(config: pytest.Config, settings: Settings) -> None:
    """Let the report and the JUnit file go to the output folder unless the user named other places."""
    if getattr(config.option, "htmlpath", "absent") is None:
        config.option.htmlpath = str(settings.out / "report.html")
        config.option.self_contained_html = True
    if getattr(config.option, "xmlpath", "absent") is None:
        config.option.xmlpath = str(settings.out / "junit.xml")
