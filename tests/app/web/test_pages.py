"""Dashboard, create dialog, task page, themes and ended sessions, in a real browser."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from playwright.sync_api import expect

from tests.app.web.conftest import PASSWORD, Account, sign_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext, Page

    from tests.app.web.conftest import Stack

LIGHT = "rgb(246, 247, 251)"
DARK = "rgb(18, 20, 28)"


def background(page: Page) -> str:
    return str(page.evaluate("() => getComputedStyle(document.body).backgroundColor"))


def post_task(page: Page, **task: object) -> str:
    answer = page.context.request.post("/api/tasks", data=task)
    assert answer.status == 201, answer.text()
    return str(answer.json()["id"])


def test_the_dashboard_counts_and_shows_the_newest(tasks: Page) -> None:
    tasks.get_by_test_id("nav-dashboard").click()
    expect(tasks.get_by_test_id("recent-empty")).to_be_visible()
    for number in range(6):
        post_task(tasks, title=f"task {number}", completed=number < 2)
    tasks.reload()
    expect(tasks.get_by_test_id("count-total")).to_have_text("6")
    expect(tasks.get_by_test_id("count-pending")).to_have_text("4")
    expect(tasks.get_by_test_id("count-completed")).to_have_text("2")
    expect(tasks.get_by_test_id("recent-task")).to_have_text([f"task {number}" for number in (5, 4, 3, 2, 1)])
    expect(tasks.get_by_test_id("nav-dashboard")).to_have_attribute("aria-current", "page")
    tasks.get_by_test_id("recent-task").first.click()
    expect(tasks.get_by_test_id("task-title-field")).to_have_value("task 5")


def test_a_task_is_created_with_all_its_parts(tasks: Page) -> None:
    tasks.get_by_test_id("task-new-details").click()
    tasks.keyboard.press("Escape")
    expect(tasks.get_by_test_id("create-dialog")).to_have_count(0)
    expect(tasks.get_by_test_id("task-new-details")).to_be_focused()
    tasks.keyboard.press("Enter")
    tasks.get_by_test_id("task-title-field").fill("buy milk")
    tasks.get_by_test_id("task-description-field").fill("two\nlitres")
    tasks.get_by_test_id("task-due-field").fill("2026-12-31")
    tasks.get_by_test_id("create-submit").click()
    expect(tasks.get_by_test_id("create-dialog")).to_have_count(0)
    expect(tasks.get_by_test_id("task-title")).to_have_text(["buy milk"])
    expect(tasks.get_by_test_id("task-due")).to_have_text("Due Dec 31, 2026")
    tasks.get_by_test_id("task-title").click()
    expect(tasks.get_by_test_id("task-description-field")).to_have_value("two\nlitres")
    expect(tasks.get_by_test_id("task-due-field")).to_have_value("2026-12-31")


def test_what_cannot_be_created_is_said_in_the_dialog(tasks: Page) -> None:
    refusal = {"error": {"code": "TASK_LIMIT", "message": "No more than 500 tasks.", "request_id": "1"}}
    tasks.route("**/api/tasks", lambda route: route.fulfill(status=409, json=refusal))
    tasks.get_by_test_id("task-new-details").click()
    tasks.get_by_test_id("task-title-field").fill("one more")
    tasks.get_by_test_id("create-submit").click()
    expect(tasks.get_by_test_id("create-dialog").get_by_test_id("banner-failure")).to_have_text(
        "No more than 500 tasks."
    )
    expect(tasks.get_by_test_id("task-title-field")).to_have_value("one more")


def test_a_task_is_changed_on_its_page_and_only_where_it_was(tasks: Page) -> None:
    number = post_task(tasks, title="buy milk", description="two litres", due_date="2026-12-31T09:30:00Z")
    tasks.goto(f"/tasks/{number}")
    # Somebody else changes a part that this form leaves alone.
    expect(tasks.get_by_test_id("task-title-field")).to_have_value("buy milk")
    assert tasks.context.request.patch(f"/api/tasks/{number}", data={"description": "three litres"}).ok
    tasks.get_by_test_id("task-title-field").fill("buy oat milk")
    tasks.get_by_test_id("task-completed-field").check()
    tasks.get_by_test_id("task-save").click()
    expect(tasks.get_by_test_id("task-saved")).to_have_text("Saved.")
    expect(tasks.get_by_test_id("task-description-field")).to_have_value("three litres")
    task = tasks.context.request.get(f"/api/tasks/{number}").json()
    assert (task["title"], task["completed"], task["due_date"]) == ("buy oat milk", True, "2026-12-31T09:30:00Z")

    tasks.get_by_test_id("task-due-field").fill("")
    tasks.get_by_test_id("task-save").click()
    expect(tasks.get_by_test_id("task-saved")).to_have_text("Saved.")
    tasks.reload()
    expect(tasks.get_by_test_id("task-due-field")).to_have_value("")
    expect(tasks.get_by_test_id("task-completed-field")).to_be_checked()


def test_a_task_is_deleted_on_its_page(tasks: Page) -> None:
    tasks.goto(f"/tasks/{post_task(tasks, title='buy milk')}")
    tasks.get_by_test_id("task-delete").click()
    tasks.get_by_test_id("delete-confirm").click()
    expect(tasks).to_have_url(re.compile(r"/tasks$"))
    expect(tasks.get_by_test_id("tasks-empty")).to_be_visible()


def test_a_task_that_is_not_there_is_told_in_words(tasks: Page) -> None:
    tasks.goto(f"/tasks/{uuid4()}")
    expect(tasks.get_by_test_id("banner-failure")).to_contain_text("no such task")
    answer = tasks.goto("/tasks/not-an-id")
    assert answer is not None
    expect(tasks.get_by_test_id("not-found")).to_be_visible()


def test_a_theme_is_kept_and_there_from_the_first_byte(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/login")
    assert background(page) == LIGHT
    page.get_by_test_id("theme").select_option("dark")
    assert background(page) == DARK
    page.goto("/signup")
    assert background(page) == DARK
    expect(page.get_by_test_id("theme")).to_have_value("dark")
    # Written by the server: no script has to run before the right colours are there.
    assert 'data-theme="dark"' in page.context.request.get("/login").text()
    page.get_by_test_id("theme").select_option("system")
    assert background(page) == LIGHT
    page.emulate_media(color_scheme="dark")
    assert background(page) == DARK
    page.get_by_test_id("theme").select_option("light")
    assert background(page) == LIGHT


def test_a_session_that_ran_out_leads_to_log_in_with_a_word(
    own_stack: Stack, new_context: Callable[..., BrowserContext]
) -> None:
    own_stack.backend.stop()
    own_stack.backend.environment["TOKEN_TTL_S"] = "1"
    own_stack.backend.start()
    context = new_context(own_stack.frontend.url)
    answer = context.request.post("/api/auth/signup", data={"email": Account.new().email, "password": PASSWORD})
    end = datetime.fromisoformat(answer.json()["expires_at"])
    time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds()) + 1)
    page = context.new_page()
    page.goto("/chat")
    expect(page).to_have_url(re.compile(r"/login\?reason=expired$"))
    expect(page.get_by_test_id("auth-notice")).to_be_visible()


def test_every_page_says_that_the_backend_is_down_and_recovers(
    own_stack: Stack, new_context: Callable[..., BrowserContext]
) -> None:
    page = sign_up(new_context(own_stack.frontend.url), Account.new())
    number = post_task(page, title="before")
    own_stack.backend.stop()
    paths = {"/dashboard": "count-total", f"/tasks/{number}": "task-form", "/chat": "chat-empty"}
    for path in paths:
        page.goto(path)
        expect(page.get_by_test_id("banner-failure")).to_be_visible()
    own_stack.backend.start()
    for path, sign in paths.items():
        page.goto(path)
        expect(page.get_by_test_id(sign)).to_be_visible()
        expect(page.get_by_test_id("banner-failure")).to_have_count(0)
