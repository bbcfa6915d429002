"""The real application on loopback addresses, a real browser, and accounts in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from pytest_todo_k8s.plain.node import Node
from pytest_todo_k8s.tools.command import CommandRunner
from tests.app.web import servers
from tests.app.web.chromium import chromium, driven

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_todo_k8s.tools.toolchain import Browser as Chromium
    from tests.app.web.servers import Server

PASSWORD = "correct horse battery"
TIMEOUT_MS = 30_000
"""Longest wait for anything in a browser; long, because the machines of such tests are busy."""
SCREENSHOTS = Path(__file__).parents[3] / "out" / "web"


@dataclass(frozen=True)
class Account:
    """A user of the application."""

    email: str
    password: str = PASSWORD

    @classmethod
    def new(cls) -> Account:
        return cls(f"{uuid4().hex}@example.org")


@dataclass(frozen=True)
class Stack:
    """A frontend, the backend behind it and the database behind that."""

    frontend: Server
    backend: Server


@pytest.fixture(scope="session")
def node() -> Node:
    """Node from its Python package, with the frontend's packages installed."""
    found = Node.packaged(servers.FRONTEND, CommandRunner(os.environ), os.environ)
    found.install()
    return found


@pytest.fixture(scope="session")
def built(node: Node) -> Node:
    """Node with the frontend built."""
    node.build()
    return node


@pytest.fixture(scope="session")
def database_url(node: Node) -> Iterator[str]:
    with servers.postgres() as folder:
        yield servers.new_database(node.commands, folder)


@pytest.fixture(scope="session")
def stack(built: Node, database_url: str) -> Iterator[Stack]:
    """The application with its assistant that tests share: each works with accounts of its own."""
    with servers.gemini_emulator(built.commands).running() as emulator:
        chat = {"GEMINI_BASE_URL": emulator.url, "GEMINI_API_KEY": "any key does"}
        yield from _stack(built, database_url, chat)


def _stack(built: Node, database_url: str, chat: dict[str, str]) -> Iterator[Stack]:
    with servers.backend(built.commands, database_url, **chat).running() as backend:
        frontend = servers.frontend(built, backend.url)
        with frontend.running():
            yield Stack(frontend, backend)


@pytest.fixture
def own_stack(built: Node, database_url: str) -> Iterator[Stack]:
    """An application without an assistant, whose parts a test may stop and change."""
    yield from _stack(built, database_url, {})


@pytest.fixture(scope="session")
def unpacked() -> Chromium:
    return chromium()


@pytest.fixture(scope="session")
def browser(unpacked: Chromium) -> Iterator[Browser]:
    expect.set_options(timeout=TIMEOUT_MS)
    with driven(unpacked) as found:
        yield found


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Open one more browser profile; whatever goes wrong in its pages fails the test."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # An answer that is not a success is a message too; those are for the tests to expect.
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            problems.append(message.text)

    def open_context(base_url: str, **options: object) -> BrowserContext:
        context = browser.new_context(base_url=base_url, **options)  # type: ignore[arg-type]  # playwright's options
        context.set_default_timeout(TIMEOUT_MS)
        context.on("console", note)
        context.on("weberror", lambda problem: problems.append(str(problem.error)))
        contexts.append(context)
        return context

    yield open_context
    # What a page says while it is closed under its feet is not its fault.
    found = list(problems)
    for context in contexts:
        context.close()
    assert found == []


def sign_up(context: BrowserContext, account: Account) -> Page:
    """Make an account through the API, so that the profile is signed in, and open the tasks."""
    answer = context.request.post("/api/auth/signup", data={"email": account.email, "password": account.password})
    assert answer.status == 201, answer.text()
    page = context.new_page()
    page.goto("/tasks")
    return page


@pytest.fixture
def page(stack: Stack, new_context: Callable[..., BrowserContext]) -> Page:
    """A page of a visitor who is not signed in."""
    return new_context(stack.frontend.url).new_page()


@pytest.fixture
def tasks(stack: Stack, new_context: Callable[..., BrowserContext]) -> Page:
    """The task page of a new user."""
    return sign_up(new_context(stack.frontend.url), Account.new())
