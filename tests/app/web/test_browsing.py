"""The gate's own browser, in a process of its own, before the real application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.browsing.browser import BrowserError, ask
from pytest_todo_k8s.criteria.sc_006_user_flow import BY_BROWSER
from pytest_todo_k8s.tools.toolchain import Browser, Toolchain
from tests.app.web.conftest import PASSWORD, Account
from tests.unit.running import run_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_todo_k8s.context import RunContext
    from tests.app.web.conftest import Stack

Asked = list[dict[str, Any]]


@pytest.fixture
def context(unpacked: Browser, tmp_path: Path) -> RunContext:
    return run_context(tmp_path, toolchain=Toolchain(paths={}, browser=unpacked))


@pytest.fixture
def walk(context: RunContext) -> Callable[[str], Asked]:
    def walk(url: str) -> Asked:
        request = {"url": url, "email": Account.new().email, "password": PASSWORD, "by_hand": "water the plants"}
        request |= {"by_chat": "buy milk", "folder": str(context.logs_dir)}
        return ask(context, "walk", request, timeout_s=120)

    return walk


def paint(context: RunContext, url: str, test_id: str) -> Asked:
    request = {"url": url, "test_id": test_id, "loads": 2, "timeout_s": 4}
    return ask(context, "paint", request, timeout_s=60)


def test_first_paints(context: RunContext, stack: Stack) -> None:
    seen = paint(context, stack.frontend.url, "landing")
    assert seen[0]["browser"].startswith("Chromium 1")
    assert len(seen) == 3
    assert all(0 < each["paint_s"] < 4 for each in seen[1:])


def test_a_page_that_never_shows_its_landmark(context: RunContext, stack: Stack) -> None:
    seen = paint(context, stack.frontend.url, "nothing-of-that-name")
    assert [list(each) for each in seen[1:]] == [["error"], ["error"]]
    assert "Timeout" in seen[1]["error"]


def test_the_whole_way(context: RunContext, stack: Stack, walk: Callable[[str], Asked]) -> None:
    seen = walk(stack.frontend.url)
    steps = [each for each in seen if "step" in each]
    assert tuple(each["step"] for each in steps) == BY_BROWSER
    assert [each["detail"] for each in steps] == [""] * len(steps)
    assert [each for each in seen if "problem" in each] == []
    (picture,) = (each["picture"] for each in seen if "picture" in each)
    assert picture == str(context.logs_dir / "chat.png")
    assert (context.logs_dir / "chat.png").stat().st_size > 5_000


def test_a_page_of_which_only_an_element_is_known(context: RunContext, stack: Stack) -> None:
    place = {"url": stack.frontend.url, "folder": str(context.logs_dir)}
    seen = ask(context, "visit", {**place, "test_id": "landing"}, timeout_s=60)
    assert [(each["step"], each["ok"]) for each in seen if "step" in each] == [("page", True)]
    assert (context.logs_dir / "page.png").exists()


def test_a_way_that_breaks_off(context: RunContext, own_stack: Stack, walk: Callable[[str], Asked]) -> None:
    own_stack.backend.stop()
    seen = walk(own_stack.frontend.url)
    (step,) = (each for each in seen if "step" in each)
    assert (step["step"], step["ok"]) == ("sign-up", False)
    assert step["detail"].endswith("/signup")
    assert (context.logs_dir / "failure.png").exists()
    assert any("answered with status 50" in each["problem"] for each in seen if "problem" in each)


def test_a_browser_that_does_not_start(tmp_path: Path) -> None:
    context = run_context(tmp_path, toolchain=Toolchain(paths={}, browser=Browser(tmp_path / "no-browser")))
    with pytest.raises(BrowserError, match=r"no-browser failed: .*"):
        paint(context, "http://127.0.0.1:9", "landing")


def test_no_browser(tmp_path: Path) -> None:
    with pytest.raises(BrowserError, match="run `todo-k8s setup`, or install one"):
        ask(run_context(tmp_path), "paint", {}, timeout_s=1)


def test_a_browser_that_takes_too_long(context: RunContext, stack: Stack) -> None:
    request = {"url": stack.frontend.url, "test_id": "nothing", "loads": 9, "timeout_s": 60}
    with pytest.raises(BrowserError, match=r"was ended after 3 s"):
        ask(context, "paint", request, timeout_s=3)
