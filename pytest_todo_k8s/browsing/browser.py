"""Asks a browser, which runs in a process of its own with a limit of time and without the run's secrets.

The process is `browsing.child`; it gets one request as JSON and answers with a line of JSON for each thing it has
seen, so that what came before a time-out is not lost.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.tools.command import CommandError, last_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_todo_k8s.context import RunContext

CHILD: Final = "pytest_todo_k8s.browsing.child"
NODE_VARIABLE: Final = "PLAYWRIGHT_NODEJS_PATH"
"""Names the Node that playwright's driver runs on."""


class BrowserError(Exception):
    """There is no browser, or it did not do its work; the text is one sentence with what to do."""


def ask(context: RunContext, do: str, request: Mapping[str, Any], *, timeout_s: float) -> list[dict[str, Any]]:
    """Let the browser do something and return what it says, in order.

    Args:
        context: The run.
        do: `paint`, `walk` or `visit`.
        request: Keyword arguments of the function that does it; `Secret` values must be revealed and known to the
            run's redactor.
        timeout_s: Seconds after which the browser is ended.

    Raises:
        BrowserError: It did not come to its end; what it said until then is lost where the browser itself failed.
    """
    browser = context.toolchain.browser
    if browser is None:
        raise BrowserError("there is no Chromium or Chrome on this machine: run `todo-k8s setup`, or install one")
    if importlib.util.find_spec("playwright") is None:
        raise BrowserError("playwright is not installed: run `pip install pytest-todo-k8s[acceptance]`")
    order = {
        "do": do,
        "executable": str(browser.path),
        "environment": dict(browser.environment),
        "request": dict(request),
    }
    try:
        done = context.commands.run(
            [sys.executable, "-m", CHILD],
            timeout_s=timeout_s,
            env={NODE_VARIABLE: str(browser.node)} if browser.node else None,
            input=json.dumps(order).encode(),
        )
    except CommandError as error:
        said = last_lines(error.result.stderr, 1)
        how = f"was ended after {timeout_s:.0f} s" if error.result.timed_out else f"failed: {said or 'no word'}"
        raise BrowserError(f"the browser {browser.path} {how}") from None
    return list(_lines(done.stdout))


def _lines(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        if line.startswith("{"):
            yield json.loads(line)
