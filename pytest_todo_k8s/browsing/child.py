"""The process in which the browser is driven: `python -m pytest_todo_k8s.browsing.child`, a request on its input."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import Error, sync_playwright

from pytest_todo_k8s.browsing.paint import paint
from pytest_todo_k8s.browsing.walk import visit, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DOES: Final[Mapping[str, Callable[..., None]]] = {"paint": paint, "walk": walk, "visit": visit}


def say(**facts: Any) -> None:
    """Tell the run one thing."""
    print(json.dumps(facts), flush=True)  # noqa: T201  it is how this process answers


def main(order: Mapping[str, Any]) -> None:
    """Start the browser, do what is asked, and end it."""
    environment = {**os.environ, **order["environment"]}
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=order["executable"], env=environment)
        try:
            say(browser=f"Chromium {browser.version}")
            DOES[order["do"]](browser, say, **order["request"])
        finally:
            browser.close()


if __name__ == "__main__":
    try:
        main(json.load(sys.stdin))
    except Error as problem:
        sys.exit(problem.message.splitlines()[0])
