"""A user's way through a small application, whole and broken at different places."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.flows.journey import Journey, JourneyEnd, KeptTasks, list_again, use_the_application
from pytest_todo_k8s.flows.visitor import Account
from pytest_todo_k8s.tools.redaction import Redactor
from tests.unit.todo_server import todo_server

if TYPE_CHECKING:
    from pytest_todo_k8s.measurements import FlowStep

STEPS = [
    "sign-up",
    "log-in",
    "create",
    "list",
    "edit",
    "toggle",
    "delete",
    "chat",
    "second user",
    "log-out",
    "protected page",
]
KEPT = KeptTasks("kept", "said")


def stranger() -> Account:
    return Account.new("stranger", Redactor())


def walk(*faults: str) -> list[FlowStep]:
    journey = Journey(time.monotonic)
    with todo_server(*faults) as server:
        try:
            use_the_application(journey, server.url, Account.new("test", Redactor()), KEPT, stranger())
        except JourneyEnd:
            assert not journey.steps[-1].ok
    return journey.steps


def test_the_whole_way() -> None:
    steps = walk()
    assert [step.name for step in steps] == STEPS
    assert all(step.ok and step.duration_s > 0 for step in steps)


@pytest.mark.parametrize(
    ("fault", "step", "detail"),
    [
        ("list", "list", "GET /api/tasks answered with no list of tasks"),
        ("edit", "edit", "the title is 'kept at first', not 'kept'"),
        ("chat off", "chat", "POST /api/chat answered with status 503 instead of 200"),
        ("idle talk", "chat", "what the assistant used is [], not ['add_task']"),
        ("one list", "second user", "the second user's list is ['said', 'kept'], not []"),
        ("no owners", "second user", "the answer to GET of the first user's task by the second is 200, not 404"),
        ("open door", "protected page", "answered with status 200 and location '' instead of a redirect to /login"),
    ],
)
def test_the_first_broken_step_ends_it(fault: str, step: str, detail: str) -> None:
    steps = walk(fault)
    assert (steps[-1].name, steps[-1].ok) == (step, False)
    assert detail in steps[-1].detail
    assert all(each.ok for each in steps[:-1])


def test_the_kept_task_is_there_for_its_owner_and_nobody_else() -> None:
    journey, ann, bob = Journey(time.monotonic), Account.new("ann", Redactor()), Account.new("bob", Redactor())
    with todo_server() as server:
        kept = {each: KeptTasks(f"kept by {each.name}", f"said by {each.name}") for each in (ann, bob)}
        for account in (ann, bob):
            use_the_application(journey, server.url, account, kept[account], stranger())
        list_again(journey, server.url, ann, kept[ann])
        with pytest.raises(JourneyEnd):
            list_again(journey, server.url, bob, kept[ann])
    assert journey.steps[-1].detail == (
        "the list is ['said by bob', 'kept by bob'], not ['said by ann', 'kept by ann']"
    )


def test_an_answer_of_another_form_is_a_failed_step() -> None:
    journey, answer = Journey(time.monotonic), dict[str, Any]()
    with pytest.raises(JourneyEnd), journey.step("look"):
        answer["user"]
    assert journey.steps[0].detail == "the answer has another form: KeyError('user')"
