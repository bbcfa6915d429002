"""Lets a browser use the deployed application, and puts together what it told (SC-006)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.browsing.browser import BrowserError, ask
from pytest_todo_k8s.measurements import FlowStep, Walk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_todo_k8s.context import RunContext
    from pytest_todo_k8s.flows.journey import KeptTasks
    from pytest_todo_k8s.flows.visitor import Account

LIMIT_S: Final = 240.0
"""Seconds after which the browser is ended; the longest way takes ten."""
FOLDER: Final = "browser"
"""Where pictures go, below the folder of logs."""


def walk(context: RunContext, url: str, account: Account, kept: KeptTasks, where: str) -> Walk:
    """Walk the user's way through this project's own application.

    Args:
        context: The run.
        url: The frontend.
        account: A new account; it exists afterwards.
        kept: Titles of the tasks that stay.
        where: Which of the applications it is, `cluster` or `plain`: their pictures are kept apart.
    """
    request = {
        "email": account.email,
        "password": account.password.reveal(),
        "by_hand": kept.by_hand,
        "by_chat": kept.by_chat,
    }
    return _told(context, "walk", url, request, where)


def visit(context: RunContext) -> Walk:
    """Open the page of any application and wait for its known element."""
    frontend = context.deployed().frontend.local_url
    return _told(context, "visit", frontend, {"test_id": context.settings.application.frontend.element}, "cluster")


def _told(context: RunContext, do: str, url: str, request: Mapping[str, Any], where: str) -> Walk:
    folder = context.logs_dir / FOLDER / where
    folder.mkdir(parents=True, exist_ok=True)
    place = {"url": url, "folder": str(folder)}
    try:
        seen = ask(context, do, place | dict(request), timeout_s=LIMIT_S)
    except BrowserError as problem:
        return Walk(error=str(problem))
    return _walk(context, seen)


def _walk(context: RunContext, seen: Sequence[Mapping[str, Any]]) -> Walk:
    steps = [
        FlowStep(
            name=each["step"],
            ok=each["ok"],
            start_s=each["started_s"] - context.started_s,
            duration_s=each["duration_s"],
            detail=each["detail"],
        )
        for each in seen
        if "step" in each
    ]
    picture = next((Path(each["picture"]) for each in reversed(seen) if "picture" in each), None)
    return Walk(
        browser=next((each["browser"] for each in seen if "browser" in each), None),
        steps=steps,
        problems=[each["problem"] for each in seen if "problem" in each],
        picture=str(picture.relative_to(context.logs_dir.parent)) if picture else None,
    )
