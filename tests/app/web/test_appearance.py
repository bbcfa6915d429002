"""How the pages look: both colour schemes, from 320 to 1920 pixels, saved as pictures for a person to judge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from tests.app.web.conftest import SCREENSHOTS, Account, sign_up
from tests.app.web.test_chat import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

    from tests.app.web.conftest import Stack

TITLES = ("Call the landlord", "a_title_that_has_no_place_to_break_" * 5, "Buy milk", "Water the plants")
NAMED_CONTROLS = """() => [...document.querySelectorAll("button, input, textarea, select, a[href]")]
  .filter((control) => !control.dataset.testid).map((control) => control.outerHTML)"""
UNSAFE_WIDTH = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def snap(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    assert page.evaluate(UNSAFE_WIDTH) == 0, f"{name}: the page is wider than the window"
    assert page.evaluate(NAMED_CONTROLS) == [], f"{name}: a control has no test id"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1920])
def test_pages_fit_and_follow_the_colour_scheme(
    stack: Stack, new_context: Callable[..., BrowserContext], scheme: Literal["light", "dark"], width: int
) -> None:
    context = new_context(stack.frontend.url, color_scheme=scheme, viewport={"width": width, "height": 800})
    page = context.new_page()
    for path in ("/", "/login?reason=expired", "/signup", "/nowhere"):
        page.goto(path)
        snap(page, f"{path.strip('/').partition('?')[0] or 'landing'}-{scheme}-{width}")
    background = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(246, 247, 251)") == (scheme == "light")

    page = sign_up(context, Account.new())
    page.get_by_test_id("tasks-empty").wait_for()
    snap(page, f"tasks-empty-{scheme}-{width}")
    for title in TITLES:
        assert context.request.post("/api/tasks", data={"title": title}).status == 201
    page.reload()
    page.get_by_test_id("task-toggle").nth(1).click()
    page.locator("[data-completed=true]").wait_for()
    page.get_by_test_id("task-edit").nth(3).click()
    page.get_by_test_id("task-edit-title").wait_for()
    snap(page, f"tasks-{scheme}-{width}")
    page.get_by_test_id("task-delete").first.click()
    page.get_by_test_id("delete-dialog").wait_for()
    snap(page, f"delete-{scheme}-{width}")
    page.get_by_test_id("delete-cancel").click()
    page.get_by_test_id("task-new-details").click()
    snap(page, f"create-{scheme}-{width}")
    page.get_by_test_id("task-title-field").fill("Pay the bills")
    page.get_by_test_id("task-description-field").fill("Gas and water.")
    page.get_by_test_id("task-due-field").fill("2026-12-31")
    page.get_by_test_id("create-submit").click()
    page.get_by_test_id("task-due").wait_for()
    page.get_by_test_id("floating-toggle").click()
    say(page, "What's pending?")
    snap(page, f"floating-{scheme}-{width}")
    page.get_by_test_id("floating-toggle").click()
    page.get_by_test_id("task-title").first.click()
    page.get_by_test_id("task-form").wait_for()
    snap(page, f"task-{scheme}-{width}")
    page.goto("/dashboard")
    page.get_by_test_id("recent-tasks").wait_for()
    snap(page, f"dashboard-{scheme}-{width}")
    page.goto("/chat")
    page.get_by_test_id("chat-history").wait_for()
    say(page, "Delete the milk task")
    page.get_by_test_id("chat-message").fill("Hello x-emu-fault: 500")
    page.get_by_test_id("chat-send").click()
    page.get_by_test_id("banner-failure").wait_for()
    snap(page, f"chat-{scheme}-{width}")
