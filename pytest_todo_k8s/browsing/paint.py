"""First contentful paint: how long a visitor with an empty cache looks at nothing (https://www.w3.org/TR/paint-timing)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from playwright.sync_api import Error

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

FIRST_PAINT: Final = """() => new Promise((resolve) => {
  const found = () => performance.getEntriesByName("first-contentful-paint")[0];
  if (found()) return resolve(found().startTime);
  new PerformanceObserver((_, observer) => { if (found()) { observer.disconnect(); resolve(found().startTime); } })
    .observe({ type: "paint", buffered: true });
})"""
"""Evaluated in a page: milliseconds from the start of its navigation."""


def paint(browser: Browser, say: Callable[..., None], *, url: str, test_id: str, loads: int, timeout_s: float) -> None:
    """Load a page in one new profile after the other and tell of each when it painted first.

    The first load is not counted: the browser itself is still starting.

    Args:
        browser: The browser.
        say: Takes `paint_s`, or `error` for a load that failed.
        url: The page.
        test_id: `data-testid` of an element that must be visible.
        loads: How many loads count.
        timeout_s: Seconds for each.
    """
    for number in range(loads + 1):
        context = browser.new_context()
        context.set_default_timeout(timeout_s * 1000)
        try:
            page = context.new_page()
            page.goto(url)
            page.get_by_test_id(test_id).wait_for(state="visible")
            seconds = page.evaluate(FIRST_PAINT) / 1000
            if number:
                say(paint_s=seconds)
        except Error as problem:
            if number:
                say(error=problem.message.splitlines()[0])
        finally:
            context.close()
