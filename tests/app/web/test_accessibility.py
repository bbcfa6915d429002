"""What axe-core finds on every page, in both colour schemes: nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from tests.app.web.conftest import Account, sign_up
from tests.app.web.servers import FRONTEND
from tests.app.web.test_chat import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

    from tests.app.web.conftest import Stack

AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => (await axe.run()).violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])"""


def violations(page: Page) -> list[list[object]]:
    """What the rules of axe-core, those beyond WCAG too, say against what the page shows now: rule and elements."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[list[object]] = page.evaluate(RUN)
    return found


def check(page: Page, state: str) -> None:
    assert violations(page) == [], state


def test_axe_finds_what_is_wrong(page: Page) -> None:
    page.goto("/login", wait_until="networkidle")  # React must have taken the page over before it is spoilt
    page.evaluate("document.querySelector('label').remove(); document.querySelector('h1').style.color = '#999'")
    assert {"label", "color-contrast"} <= {rule for rule, _ in violations(page)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing(
    stack: Stack, new_context: Callable[..., BrowserContext], scheme: Literal["light", "dark"], width: int
) -> None:
    # Without motion no colour is caught on its way.
    context = new_context(
        stack.frontend.url, color_scheme=scheme, reduced_motion="reduce", viewport={"width": width, "height": 800}
    )
    page = context.new_page()
    for path in ("/", "/login?reason=expired", "/signup", "/nowhere"):
        page.goto(path)
        check(page, path)

    page = sign_up(context, Account.new())
    page.get_by_test_id("tasks-empty").wait_for()
    check(page, "no tasks")
    for completed in (False, True):
        task = {"title": "buy milk", "due_date": "2026-12-31", "completed": completed}
        assert context.request.post("/api/tasks", data=task).status == 201
    page.reload()
    page.get_by_test_id("task-edit").first.click()
    check(page, "tasks, one of them edited")
    page.get_by_test_id("task-delete").first.click()
    check(page, "question before a task is deleted")
    page.get_by_test_id("delete-cancel").click()
    page.get_by_test_id("task-new-details").click()
    check(page, "create dialog")
    page.get_by_test_id("create-cancel").click()
    page.get_by_test_id("floating-toggle").click()
    say(page, "Show me all my tasks")
    check(page, "floating chat")
    page.get_by_test_id("floating-toggle").click()
    page.get_by_test_id("task-title").first.click()
    page.get_by_test_id("task-form").wait_for()
    check(page, "task")

    page.goto("/dashboard")
    page.get_by_test_id("recent-tasks").wait_for()
    check(page, "dashboard")
    page.goto("/chat")
    page.get_by_test_id("chat-history").wait_for()
    check(page, "new conversation")
    say(page, "Delete the milk task")
    page.get_by_test_id("chat-message").fill("Hello x-emu-fault: 500")
    page.get_by_test_id("chat-send").click()
    page.get_by_test_id("banner-failure").wait_for()
    check(page, "conversation with a failure")
