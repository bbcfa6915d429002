"""A user's way by clicks and keys, as journey.py makes it by HTTP; what the browser's console says counts too."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from playwright.sync_api import Error, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, ConsoleMessage, Page, Response

TIMEOUT_S: Final = 15.0
"""Longest wait for anything but the assistant."""
CHAT_TIMEOUT_S: Final = 40.0
"""The frontend gives a turn 35 seconds."""
WIDTH: Final = 1280
HEIGHT: Final = 800
SERVER_ERROR: Final = 500
_TASKS: Final = re.compile(r"/tasks$")
_LOG_IN: Final = re.compile(r"/login(\?.*)?$")


def walk(
    browser: Browser,
    say: Callable[..., None],
    *,
    url: str,
    email: str,
    password: str,
    by_hand: str,
    by_chat: str,
    folder: str,
) -> None:
    """Walk the way and tell of each step; the first one that fails ends it.

    Args:
        browser: The browser.
        say: Takes `step`, `ok`, `started_s` (monotonic), `duration_s` and `detail` of a step; `problem` for what the
            console or the server complained of; `picture` for a file with what the user saw.
        url: The frontend.
        email: Of an account that does not exist yet.
        password: Its password.
        by_hand: Title of the task that is made, edited and completed by hand; it stays.
        by_chat: Title of the task that the assistant makes; it stays.
        folder: Where pictures go.
    """
    _go(browser, say, url, folder, lambda page: _Way(page, email, password, by_hand, by_chat).steps())


def visit(browser: Browser, say: Callable[..., None], *, url: str, test_id: str, folder: str) -> None:
    """Open a page and wait for its known element.

    Args:
        browser: The browser.
        say: As of `walk`.
        url: The frontend.
        test_id: `data-testid` of the element.
        folder: Where the picture goes.
    """

    def see(page: Page) -> None:
        page.goto("/")
        expect(page.get_by_test_id(test_id)).to_be_visible()

    _go(browser, say, url, folder, lambda page: {"page": lambda: see(page)})


def _go(
    browser: Browser,
    say: Callable[..., None],
    url: str,
    folder: str,
    steps_on: Callable[[Page], dict[str, Callable[[], None]]],
) -> None:
    """Do one step after the other on a new page of a new profile."""
    context = browser.new_context(base_url=url, viewport={"width": WIDTH, "height": HEIGHT})
    context.set_default_timeout(TIMEOUT_S * 1000)
    expect.set_options(timeout=TIMEOUT_S * 1000)
    page = context.new_page()
    _listen(page, say)
    for name, step in steps_on(page).items():
        started_s, detail = time.monotonic(), ""
        try:
            step()
        except (Error, AssertionError) as problem:
            detail = _sentence(problem)
        duration_s = time.monotonic() - started_s
        if name in _PICTURED or detail:
            _picture(page, Path(folder) / ("failure.png" if detail else f"{name}.png"), say)
        say(step=name, ok=not detail, started_s=started_s, duration_s=duration_s, detail=detail)
        if detail:
            break
    context.close()


_PICTURED: Final = frozenset({"chat", "page"})
"""Steps after which there is something to see: both tasks, or the page itself."""


@dataclass
class _Way:
    """The steps, on one page."""

    page: Page
    email: str
    password: str
    by_hand: str
    by_chat: str
    deleted: str = field(init=False)

    def __post_init__(self) -> None:
        self.deleted = f"{self.by_hand} to delete"

    def steps(self) -> dict[str, Callable[[], None]]:
        """Name and function of each, in order."""
        return {
            "sign-up": self.sign_up,
            "log-in": self.log_in,
            "create": self.create,
            "list": self.look,
            "edit": self.edit,
            "toggle": self.toggle,
            "delete": self.delete,
            "chat": self.chat,
            "log-out": self.log_out,
            "protected page": self.protected_page,
        }

    def sign_up(self) -> None:
        self.page.goto("/")
        self._click("landing-signup")
        self._fill("auth-name", "Browser")
        self._authenticate()
        expect(self._find("nav-user")).to_have_text("Browser")

    def log_in(self) -> None:
        self.log_out()
        self._authenticate()

    def create(self) -> None:
        for title in (f"{self.by_hand} at first", self.deleted):
            self._fill("task-new-title", title)
            self._click("task-new-submit")
            expect(self._find("task-new-title")).to_have_value("")

    def look(self) -> None:
        self.page.reload()
        self._titles(self.deleted, f"{self.by_hand} at first")

    def edit(self) -> None:
        self._find("task-edit").nth(1).click()
        self._fill("task-edit-title", self.by_hand)
        self._click("task-edit-save")
        self._titles(self.deleted, self.by_hand)

    def toggle(self) -> None:
        self._find("task-toggle").nth(1).click()
        expect(self._find("task-toggle").nth(1)).to_be_checked()

    def delete(self) -> None:
        self._find("task-delete").nth(0).click()
        self._click("delete-confirm")
        self._titles(self.by_hand)

    def chat(self) -> None:
        self._click("nav-chat")
        self._fill("chat-message", f'Add a task "{self.by_chat}"')
        self._click("chat-send")
        expect(self._find("message-assistant")).to_have_count(1, timeout=CHAT_TIMEOUT_S * 1000)
        self._click("nav-tasks")
        self._titles(self.by_chat, self.by_hand)

    def log_out(self) -> None:
        self._click("logout")
        expect(self.page).to_have_url(_LOG_IN)

    def protected_page(self) -> None:
        self.page.goto("/tasks")
        expect(self.page).to_have_url(_LOG_IN)

    def _authenticate(self) -> None:
        self._fill("auth-email", self.email)
        self._fill("auth-password", self.password)
        self._click("auth-submit")
        expect(self.page).to_have_url(_TASKS)

    def _find(self, test_id: str) -> Any:
        return self.page.get_by_test_id(test_id)

    def _click(self, test_id: str) -> None:
        self._find(test_id).click()

    def _fill(self, test_id: str, text: str) -> None:
        self._find(test_id).fill(text)

    def _titles(self, *expected: str) -> None:
        expect(self._find("task-title")).to_have_text(list(expected))


def _listen(page: Page, say: Callable[..., None]) -> None:
    """Tell of errors in the console, uncaught exceptions and answers that are the server's own failure."""

    def of_console(message: ConsoleMessage) -> None:
        # An answer that is no success is a message too; which of them are wrong is told by their status.
        if message.type == "error" and "Failed to load resource" not in message.text:
            say(problem=f"the console says: {message.text}")

    def of_answer(answer: Response) -> None:
        if answer.status >= SERVER_ERROR:
            say(problem=f"{answer.request.method} {answer.url} answered with status {answer.status}")

    page.on("console", of_console)
    page.on("pageerror", lambda error: say(problem=f"uncaught: {error.message}"))
    page.on("response", of_answer)


def _picture(page: Page, file: Path, say: Callable[..., None]) -> None:
    try:
        page.screenshot(path=file)
    except Error:
        return  # a page that can't be photographed has failed its step anyway
    say(picture=str(file))


def _sentence(problem: Exception) -> str:
    """Put what was expected and what was there into one line; the log of the waiting is left out."""
    lines = [line.strip() for line in str(problem).partition("Call log:")[0].splitlines()]
    return ", ".join(line for line in lines if line)[:300]
