"""Entry point of the pytest plugin: options and registration. Without `--todo-cluster` nothing else is imported."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest

from pytest_todo_k8s import fixtures, options

if TYPE_CHECKING:
    from pytest_todo_k8s.settings import Settings

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


def _configure_controller(config: pytest.Config) -> None:
    from pytest_todo_k8s.errors import ConfigError  # noqa: PLC0415  only where a cluster was named
    from pytest_todo_k8s.tools.toolchain import Toolchain  # noqa: PLC0415  likewise

    try:
        toolchain = Toolchain.load(os.environ)
        settings = options.read(config, default_profile=toolchain.profile)
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from None
    _refuse_repetition(config)
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
