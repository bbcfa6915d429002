"""The browser of set-up, for tests that need nothing else of it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from pytest_todo_k8s.bootstrap.browser import BrowserStep, found
from pytest_todo_k8s.bootstrap.console import Console, StepProgress
from pytest_todo_k8s.bootstrap.setup import locked
from pytest_todo_k8s.bootstrap.site import Site
from pytest_todo_k8s.browsing.browser import NODE_VARIABLE
from pytest_todo_k8s.tools.toolchain import Browser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser as Driven


def chromium() -> Browser:
    """Return the browser, unpacked first where the machine has none."""
    site, console = Site.here(os.environ), Console()
    step = BrowserStep(site)
    with locked(site, console):
        if not step.state().done:
            step.run(StepProgress.begin(step.name, site.logs, console))
    record = found(site)
    assert record is not None
    return Browser.recorded(record)


@contextmanager
def driven(browser: Browser) -> Iterator[Driven]:
    """Start the browser under playwright."""
    environment: dict[str, str | float | bool] = {**os.environ, **browser.environment}
    with pytest.MonkeyPatch.context() as patch:
        if browser.node:
            patch.setenv(NODE_VARIABLE, str(browser.node))
        with sync_playwright() as driver:
            started = driver.chromium.launch(executable_path=browser.path, env=environment)
            yield started
            started.close()
