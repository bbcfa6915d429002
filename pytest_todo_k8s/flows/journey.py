"""A user's way through the application: step by step, each timed, the first broken one ends it."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pytest_todo_k8s.flows.visitor import NO_CONTENT, Account, AnswerError, Visitor
from pytest_todo_k8s.measurements import FlowStep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REDIRECTS: Final = frozenset({302, 303, 307, 308})
PROTECTED_PAGE: Final = "/tasks"
LOG_IN_PAGE: Final = "/login"
NOT_FOUND: Final = 404


class JourneyEnd(Exception):  # noqa: N818  it is no error of ours: a step found the application broken
    """A step did not work, so the later ones mean nothing; the step holds the cause."""


@dataclass
class Journey:
    """Collects the steps of one way.

    Attributes:
        clock: Seconds since the run began.
        steps: What was done so far.
    """

    clock: Callable[[], float]
    steps: list[FlowStep] = field(default_factory=list)

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block as one step; an `AnswerError`, or a field that an answer lacks, is its failure.

        Raises:
            JourneyEnd: The step failed.
        """
        start_s, started = self.clock(), time.monotonic()
        try:
            yield
        except AnswerError as problem:
            self._note(name, start_s, started, str(problem))
            raise JourneyEnd(name) from problem
        except (KeyError, TypeError, IndexError) as problem:
            self._note(name, start_s, started, f"the answer has another form: {problem!r}")
            raise JourneyEnd(name) from problem
        self._note(name, start_s, started, None)

    def _note(self, name: str, start_s: float, started: float, problem: str | None) -> None:
        duration_s = time.monotonic() - started
        self.steps.append(
            FlowStep(name=name, ok=problem is None, start_s=start_s, duration_s=duration_s, detail=problem or "")
        )


@dataclass(frozen=True, slots=True)
class KeptTasks:
    """Titles of the two tasks that stay; each is of this run alone.

    Attributes:
        by_hand: Made, edited and completed by the user.
        by_chat: Made by the assistant at the user's word, not completed.
    """

    by_hand: str
    by_chat: str

    @property
    def titles(self) -> list[str]:
        """Both, in the order of the list: the newest first."""
        return [self.by_chat, self.by_hand]


def use_the_application(journey: Journey, base_url: str, account: Account, kept: KeptTasks, stranger: Account) -> None:
    """Sign up, log in anew, create, list, edit, toggle and delete tasks, have one made by the assistant, log out.

    Between, another user looks for the tasks and must not find them.

    Args:
        journey: Takes the steps.
        base_url: The frontend.
        account: A new account; it exists afterwards, with the tasks `kept`.
        kept: The tasks that stay.
        stranger: Another new account.

    Raises:
        JourneyEnd: A step failed.
    """
    with Visitor(base_url) as visitor, journey.step("sign-up"):
        visitor.sign_up(account)
    with Visitor(base_url) as visitor:
        with journey.step("log-in"):
            _same("the account", visitor.log_in(account)["user"]["email"], account.email)
        task_id = _handle_tasks(journey, visitor, kept.by_hand)
        with journey.step("chat"):
            used = visitor.say(f'Add a task "{kept.by_chat}"')
            _same("what the assistant used", used, ["add_task"])
            _same("the list", visitor.titles(), kept.titles)
        with Visitor(base_url) as other, journey.step("second user"):
            other.sign_up(stranger)
            _sees_nothing(other, task_id)
            _same("the first user's list", visitor.titles(), kept.titles)
        with journey.step("log-out"):
            visitor.call("POST", "/api/auth/logout", expect=NO_CONTENT)
        with journey.step("protected page"):
            _redirects_to_log_in(visitor)


def list_again(journey: Journey, base_url: str, account: Account, kept: KeptTasks) -> None:
    """Log in and find the kept tasks in the list.

    Raises:
        JourneyEnd: A step failed.
    """
    with Visitor(base_url) as visitor, journey.step("list after the restart"):
        visitor.log_in(account)
        _same("the list", visitor.titles(), kept.titles)


def _handle_tasks(journey: Journey, visitor: Visitor, kept_title: str) -> str:
    """Handle two tasks and return the id of the one that stays."""
    first_title, other_title = f"{kept_title} at first", f"{kept_title} to delete"
    with journey.step("create"):
        kept, other = visitor.create(first_title), visitor.create(other_title)
        _same("the new task", (kept["title"], kept["completed"]), (first_title, False))
    with journey.step("list"):
        _same("the list", sorted(visitor.titles()), sorted([first_title, other_title]))
    with journey.step("edit"):
        _same(
            "the title", visitor.call("PATCH", f"/api/tasks/{kept['id']}", {"title": kept_title})["title"], kept_title
        )
    with journey.step("toggle"):
        _same("completed", visitor.call("PATCH", f"/api/tasks/{kept['id']}/toggle")["completed"], True)
    with journey.step("delete"):
        visitor.call("DELETE", f"/api/tasks/{other['id']}", expect=NO_CONTENT)
        _same("the list", visitor.titles(), [kept_title])
    return str(kept["id"])


def _sees_nothing(stranger: Visitor, task_id: str) -> None:
    """Check that a user has no tasks, and that somebody else's can't be read, changed or deleted, nor be told apart."""
    _same("the second user's list", stranger.titles(), [])
    path = f"/api/tasks/{task_id}"
    for method, body in (("GET", None), ("PATCH", {"title": "taken over"}), ("DELETE", None)):
        status = stranger.request(method, path, body).status
        _same(f"the answer to {method} of the first user's task by the second", status, NOT_FOUND)


def _redirects_to_log_in(visitor: Visitor) -> None:
    answer = visitor.request("GET", PROTECTED_PAGE)
    target = urlsplit(answer.headers.get("location", "")).path
    if answer.status not in REDIRECTS or target != LOG_IN_PAGE:
        raise AnswerError(
            f"GET {PROTECTED_PAGE} without a session answered with status {answer.status} and location "
            f"{target!r} instead of a redirect to {LOG_IN_PAGE}"
        )


def _same(what: str, seen: object, wanted: object) -> None:
    if seen != wanted:
        raise AnswerError(f"{what} is {seen!r}, not {wanted!r}"[:300])
