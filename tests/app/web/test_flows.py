"""What a user does with the application, in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.app.web.conftest import PASSWORD, Account, sign_up

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.app.web.conftest import Stack

TASKS = re.compile(r"/tasks$")
LOGIN = re.compile(r"/login(\?.*)?$")


def fill_in(page: Page, email: str, password: str) -> None:
    page.get_by_test_id("auth-email").fill(email)
    page.get_by_test_id("auth-password").fill(password)
    page.get_by_test_id("auth-submit").click()


def create(page: Page, title: str) -> None:
    page.get_by_test_id("task-new-title").fill(title)
    page.get_by_test_id("task-new-submit").click()
    expect(page.get_by_test_id("task-new-title")).to_have_value("")


def hold_toggles(page: Page) -> list[Route]:
    """Hold back what the next clicks on check boxes send."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/toggle", hold)
    return held


def titles(page: Page, *expected: str) -> None:
    expect(page.get_by_test_id("task-title")).to_have_text(list(expected))


def test_a_visitor_signs_up_and_sees_an_empty_list(page: Page) -> None:
    account = Account.new()
    page.goto("/")
    page.get_by_test_id("landing-signup").click()
    page.get_by_test_id("auth-name").fill("Ann")
    fill_in(page, account.email, account.password)
    expect(page).to_have_url(TASKS)
    expect(page.get_by_test_id("nav-user")).to_have_text("Ann")
    expect(page.get_by_test_id("tasks-empty")).to_be_visible()
    page.goto("/")
    expect(page).to_have_url(TASKS)


def test_the_session_is_out_of_reach_of_scripts(tasks: Page) -> None:
    (cookie,) = tasks.context.cookies()
    assert cookie.get("name") == "todo_session"
    assert cookie.get("httpOnly") is True
    assert cookie.get("sameSite") == "Lax"
    assert tasks.evaluate("document.cookie") == ""


def test_a_task_is_created_completed_edited_and_deleted(tasks: Page) -> None:
    create(tasks, "buy milk")
    create(tasks, "water the plants")
    titles(tasks, "water the plants", "buy milk")
    milk = tasks.get_by_test_id("task-item").filter(has_text="buy milk")

    milk.get_by_test_id("task-toggle").click()
    expect(milk.get_by_test_id("task-toggle")).to_be_checked()

    milk.get_by_test_id("task-edit").click()
    tasks.get_by_test_id("task-edit-title").fill("buy oat milk")
    tasks.get_by_test_id("task-edit-save").click()
    titles(tasks, "water the plants", "buy oat milk")

    tasks.reload()
    titles(tasks, "water the plants", "buy oat milk")
    expect(tasks.get_by_test_id("task-toggle").nth(0)).not_to_be_checked()
    expect(tasks.get_by_test_id("task-toggle").nth(1)).to_be_checked()

    tasks.get_by_test_id("task-delete").nth(1).click()
    tasks.get_by_test_id("delete-cancel").click()
    expect(tasks.get_by_test_id("delete-dialog")).to_have_count(0)
    titles(tasks, "water the plants", "buy oat milk")
    tasks.get_by_test_id("task-delete").nth(1).click()
    tasks.get_by_test_id("delete-confirm").click()
    titles(tasks, "water the plants")
    tasks.reload()
    titles(tasks, "water the plants")


def test_filters_show_what_they_say(tasks: Page) -> None:
    create(tasks, "open")
    create(tasks, "done")
    tasks.get_by_test_id("task-toggle").first.click()
    tasks.get_by_test_id("filter-active").click()
    titles(tasks, "open")
    tasks.get_by_test_id("filter-completed").click()
    titles(tasks, "done")
    tasks.get_by_test_id("task-toggle").click()
    expect(tasks.get_by_test_id("tasks-empty")).to_be_visible()
    tasks.get_by_test_id("filter-all").click()
    titles(tasks, "done", "open")


def test_a_slow_change_does_not_bring_an_old_filter_back(tasks: Page) -> None:
    create(tasks, "open")
    create(tasks, "done")
    held = hold_toggles(tasks)
    tasks.get_by_test_id("task-toggle").first.click()
    tasks.get_by_test_id("filter-active").click()
    titles(tasks, "done", "open")
    held.pop().continue_()
    titles(tasks, "open")


def test_a_slow_change_does_not_disturb_an_edit(tasks: Page) -> None:
    create(tasks, "buy milk")
    held = hold_toggles(tasks)
    tasks.get_by_test_id("task-toggle").click()
    tasks.get_by_test_id("task-edit").click()
    tasks.get_by_test_id("task-edit-title").fill("buy oat milk")
    held.pop().continue_()
    tasks.locator("[data-completed=true]").wait_for()
    expect(tasks.get_by_test_id("task-edit-title")).to_have_value("buy oat milk")
    tasks.get_by_test_id("task-edit-save").click()
    titles(tasks, "buy oat milk")


def test_a_failed_change_leaves_what_was_typed(own_stack: Stack, new_context: Callable[..., BrowserContext]) -> None:
    page = sign_up(new_context(own_stack.frontend.url), Account.new())
    create(page, "buy milk")
    own_stack.backend.stop()
    page.get_by_test_id("task-toggle").click()
    expect(page.get_by_test_id("banner-failure")).to_be_visible()
    expect(page.get_by_test_id("task-toggle")).not_to_be_checked()
    page.get_by_test_id("task-edit").click()
    page.get_by_test_id("task-edit-title").fill("buy oat milk")
    page.get_by_test_id("task-edit-save").click()
    expect(page.get_by_test_id("task-edit-save")).to_be_enabled()
    expect(page.get_by_test_id("task-edit-title")).to_have_value("buy oat milk")
    page.get_by_test_id("task-edit-cancel").click()
    page.get_by_test_id("task-delete").click()
    page.get_by_test_id("delete-confirm").click()
    expect(page.get_by_test_id("delete-dialog")).to_have_count(0)
    titles(page, "buy milk")


def test_a_long_list_is_shown_page_by_page(tasks: Page) -> None:
    for number in range(201):
        assert tasks.context.request.post("/api/tasks", data={"title": f"task {number}"}).status == 201
    tasks.reload()
    expect(tasks.get_by_test_id("task-item")).to_have_count(200)
    tasks.get_by_test_id("tasks-more").click()
    expect(tasks.get_by_test_id("task-item")).to_have_count(201)
    expect(tasks.get_by_test_id("task-title").last).to_have_text("task 0")
    expect(tasks.get_by_test_id("tasks-more")).to_have_count(0)


def test_the_keyboard_is_enough(tasks: Page) -> None:
    tasks.get_by_test_id("task-new-title").focus()
    tasks.keyboard.type("by keyboard")
    tasks.keyboard.press("Enter")
    titles(tasks, "by keyboard")
    tasks.get_by_test_id("task-edit").focus()
    tasks.keyboard.press("Enter")
    expect(tasks.get_by_test_id("task-edit-title")).to_be_focused()
    tasks.keyboard.type(" never kept")
    tasks.keyboard.press("Escape")
    titles(tasks, "by keyboard")
    tasks.get_by_test_id("task-delete").focus()
    tasks.keyboard.press("Enter")
    expect(tasks.get_by_test_id("delete-dialog")).to_be_visible()
    tasks.keyboard.press("Escape")
    expect(tasks.get_by_test_id("delete-dialog")).to_have_count(0)
    titles(tasks, "by keyboard")


def test_markup_in_a_title_is_only_text(tasks: Page) -> None:
    title = "<img src=x onerror=alert(1)>"
    create(tasks, title)
    titles(tasks, title)
    expect(tasks.locator("li img")).to_have_count(0)


def test_users_never_see_each_others_tasks(stack: Stack, new_context: Callable[..., BrowserContext]) -> None:
    ann = sign_up(new_context(stack.frontend.url), Account.new())
    bob = sign_up(new_context(stack.frontend.url), Account.new())
    create(ann, "ann's own")
    bob.reload()
    expect(bob.get_by_test_id("tasks-empty")).to_be_visible()
    number = ann.get_by_test_id("task-item").get_attribute("data-task-id")
    assert bob.context.request.get(f"/api/tasks/{number}").status == 404
    assert bob.context.request.delete(f"/api/tasks/{number}").status == 404
    ann.reload()
    titles(ann, "ann's own")


def test_a_protected_page_asks_for_log_in(page: Page) -> None:
    page.goto("/tasks")
    expect(page).to_have_url(LOGIN)
    expect(page.get_by_test_id("auth-notice")).to_have_count(0)


def test_a_rubbish_session_is_no_session(page: Page, stack: Stack) -> None:
    page.context.add_cookies([{"name": "todo_session", "value": "rubbish", "url": stack.frontend.url}])
    page.goto("/tasks")
    expect(page).to_have_url(LOGIN)


def test_log_in_and_log_out(page: Page, stack: Stack, new_context: Callable[..., BrowserContext]) -> None:
    account = Account.new()
    create(sign_up(new_context(stack.frontend.url), account), "kept")
    page.goto("/login")
    fill_in(page, account.email, "not the password")
    expect(page.get_by_test_id("auth-failure")).to_be_visible()
    fill_in(page, account.email, PASSWORD)
    expect(page).to_have_url(TASKS)
    titles(page, "kept")
    page.get_by_test_id("logout").click()
    expect(page).to_have_url(LOGIN)
    assert page.context.cookies() == []
    page.go_back()
    expect(page).to_have_url(LOGIN)


def test_an_address_that_is_taken_is_refused_in_words(page: Page, tasks: Page) -> None:
    email = tasks.get_by_test_id("nav-user").inner_text()
    page.goto("/signup")
    fill_in(page, email, PASSWORD)
    expect(page.get_by_test_id("auth-failure")).to_contain_text("account already")
    expect(page).to_have_url(re.compile(r"/signup$"))


def test_an_ended_session_leads_to_log_in_with_a_word(
    own_stack: Stack, new_context: Callable[..., BrowserContext]
) -> None:
    page = sign_up(new_context(own_stack.frontend.url), Account.new())
    own_stack.backend.stop()
    own_stack.backend.environment["JWT_SECRET"] = "another secret of more than thirty-two bytes"
    own_stack.backend.start()
    page.get_by_test_id("filter-active").click()
    expect(page).to_have_url(LOGIN)
    expect(page.get_by_test_id("auth-notice")).to_be_visible()
    assert page.context.cookies() == []


def test_a_backend_that_is_down_is_a_banner_and_comes_back(
    own_stack: Stack, new_context: Callable[..., BrowserContext]
) -> None:
    page = sign_up(new_context(own_stack.frontend.url), Account.new())
    create(page, "before")
    own_stack.backend.stop()

    page.get_by_test_id("task-new-title").fill("during")
    page.get_by_test_id("task-new-submit").click()
    expect(page.get_by_test_id("banner-failure")).to_be_visible()
    titles(page, "before")
    page.reload()
    expect(page.get_by_test_id("banner-failure")).to_be_visible()
    expect(page.get_by_test_id("logout")).to_be_visible()

    own_stack.backend.start()
    page.get_by_test_id("banner-retry").click()
    titles(page, "before")
    expect(page.get_by_test_id("banner-failure")).to_have_count(0)


def test_an_unknown_address_is_told_in_words(page: Page) -> None:
    answer = page.goto("/nowhere")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_test_id("not-found")).to_be_visible()
