"""The declared load under which the containers' use is sampled: small, open loop, bounded in count and time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.flows.visitor import OK, Account, AnswerError, Visitor
from pytest_todo_k8s.measurements import Load
from pytest_todo_k8s.measuring.series import open_loop, threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_todo_k8s.application import Application
    from pytest_todo_k8s.settings import LoadShape
    from pytest_todo_k8s.tools.redaction import Redactor

_TASKS: Final = 5
_WORKERS: Final = 16


def send(base_url: str, application: Application, redactor: Redactor, shape: LoadShape) -> Load:
    """Send the load to the frontend and count what was not answered with 200.

    Args:
        base_url: The frontend.
        application: Says what is asked for, in turn.
        redactor: Gets the account's password.
        shape: How much of it.

    Raises:
        AnswerError: The account or the tasks whose list is asked for could not be made.
    """
    paths = application.frontend.load
    with Visitor(base_url) as visitor, Visitor(base_url) as stranger, threads(_WORKERS) as pool:
        if application.built_in:
            visitor.sign_up(Account.new("load", redactor))
            for number in range(_TASKS):
                visitor.create(f"load {number}")
        # The page is the landing page only for those who are not signed in.
        actions = [_asks(stranger if path == "/" else visitor, path) for path in paths]
        count = max(1, round(shape.rate_per_s * shape.duration_s))
        timings = open_loop(pool, actions, count, 1 / shape.rate_per_s)
    return Load(
        target=f"{base_url}: {', '.join(paths)} in turn",
        rate_per_s=shape.rate_per_s,
        duration_s=shape.duration_s,
        requests=len(timings),
        errors=sum(1 for timing in timings if timing.error),
    )


def _asks(visitor: Visitor, path: str) -> Callable[[], str | None]:
    def ask() -> str | None:
        try:
            answer = visitor.request("GET", path)
        except AnswerError as problem:
            return str(problem)
        return None if answer.status == OK else f"status {answer.status}"

    return ask
