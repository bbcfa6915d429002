"""Sentences and what they ask for."""

from __future__ import annotations

import re
import time

import pytest
from gemini_emulator.intents import (
    DATE_FORM,
    HELP,
    NO_REOPENING,
    NO_TITLE,
    ONE_AT_A_TIME,
    WHICH,
    Add,
    Change,
    Intent,
    Show,
    SmallTalk,
    Unclear,
    parse_intent,
)
from gemini_emulator.references import Last, Named, Position
from hypothesis import example, given
from hypothesis import strategies as st


def complete(reference: Position | Last | Named) -> Change:
    return Change("complete_task", reference)


def delete(reference: Position | Last | Named) -> Change:
    return Change("delete_task", reference)


def rename(reference: Position | Last | Named, title: str) -> Change:
    return Change("update_task", reference, {"new_title": title})


@pytest.mark.parametrize(
    ("message", "titles"),
    [
        ("Add a task to buy groceries", ["buy groceries"]),
        ("I need to remember to pay bills", ["pay bills"]),
        ("add buy milk", ["buy milk"]),
        ("Please add 'Call mom!' to my list.", ["Call mom!"]),
        ("Can you create a new task called Water the plants, please?", ["Water the plants"]),
        ("add to my list: eggs", ["eggs"]),
        ("new task: write report", ["write report"]),
        ("add a birthday cake", ["a birthday cake"]),
        ("Remind me to call the dentist.", ["call the dentist"]),
        ("Don\u2019t forget to lock the door", ["lock the door"]),
        ("don't forget the bread", ["the bread"]),
        ("make a task to sweep", ["sweep"]),
        ("I have to finish the report", ["finish the report"]),
        ("I need to add milk", ["milk"]),
        ("add a task to delete the old files", ["delete the old files"]),
        ("add a note that the report is done", ["a note that the report is done"]),
        ("add buy mom\u2019s present", ["buy mom\u2019s present"]),
        ("add a task to my list to sweep", ["sweep"]),
        ("Add 'buy milk', 'pay bills' and \"call mom\"", ["buy milk", "pay bills", "call mom"]),
        ("add 'mom's cake'", ["mom's cake"]),
        ("hey, could you add bread", ["bread"]),
        ("add \u725b\u4e73 \U0001f95b", ["\u725b\u4e73 \U0001f95b"]),
    ],
)
def test_additions(message: str, titles: list[str]) -> None:
    assert parse_intent(message) == Add(tuple(titles))


@pytest.mark.parametrize(
    ("message", "details"),
    [
        ("add pay rent by 2026-12-01", {"due_date": "2026-12-01"}),
        ("add pay rent due 2026-12-01 with description 'bank A'", {"due_date": "2026-12-01", "description": "bank A"}),
        ("add pay rent with the note: bank A", {"description": "bank A"}),
    ],
)
def test_additions_with_details(message: str, details: dict[str, str]) -> None:
    assert parse_intent(message) == Add(("pay rent",), details)


def test_a_date_that_does_not_exist_stays_in_the_title() -> None:
    assert parse_intent("add pay rent by 2026-13-01") == Add(("pay rent by 2026-13-01",))


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("Show me all my tasks", "all"),
        ("What's pending?", "pending"),
        ("What\u2019s pending?", "pending"),
        ("What have I completed?", "completed"),
        ("list my tasks", "all"),
        ("my tasks", "all"),
        ("Show my to-do list", "all"),
        ("what do I still have to do?", "pending"),
        ("Which tasks are not done yet?", "pending"),
        ("show finished tasks", "completed"),
        ("How many tasks do I have?", "all"),
        ("do I have any open tasks", "pending"),
        ("I'd like to see my tasks", "all"),
        ("pending tasks please", "pending"),
        ("I need to see my list", "all"),
    ],
)
def test_lists(message: str, status: str) -> None:
    assert parse_intent(message) == Show(status)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Mark task 3 as complete", complete(Position(3))),
        ("mark the third task as done", complete(Position(3))),
        ("complete the groceries task", complete(Named("groceries"))),
        ("I've finished the report", complete(Named("report"))),
        ("I\u2019m done with task 2!", complete(Position(2))),
        ("check off buy milk", complete(Named("buy milk"))),
        ("tick 'buy milk' off", complete(Named("buy milk"))),
        ("Make task 2 complete", complete(Position(2))),
        ("task 4 is done", complete(Position(4))),
        ("change task 2 to done", complete(Position(2))),
        ("I need to finish task 3", complete(Position(3))),
        ("Delete the meeting task", delete(Named("meeting"))),
        ("please remove task #2", delete(Position(2))),
        ("get rid of the last one", delete(Last())),
        ("delete 'buy milk' from my list", delete(Named("buy milk"))),
        ("I want you to delete task 5", delete(Position(5))),
        ("Change task 1 to 'Call mom tonight'", rename(Position(1), "Call mom tonight")),
        ("rename 'go to gym' to 'go to pool'", rename(Named("go to gym"), "go to pool")),
        ("rename the task 'go to gym' to go to pool", rename(Named("go to gym"), "go to pool")),
        ("change task 2 to 'go to the gym'", rename(Position(2), "go to the gym")),
        ("update mom's task to dad's task", rename(Named("mom's"), "dad's task")),
        ("change the title of the first task to Sleep", rename(Position(1), "Sleep")),
        ("update the title of task 2 to Foo", rename(Position(2), "Foo")),
        ("update task 2's title to Foo", rename(Position(2), "Foo")),
        ("change the meeting task to say 'Team sync'", rename(Named("meeting"), "Team sync")),
        (
            "change the description of task 1 to 'two litres'",
            Change("update_task", Position(1), {"new_description": "two litres"}),
        ),
        (
            "set the due date of task 2 to 2026-12-24",
            Change("update_task", Position(2), {"new_due_date": "2026-12-24"}),
        ),
    ],
)
def test_changes(message: str, expected: Intent) -> None:
    assert parse_intent(message) == expected


@pytest.mark.parametrize(
    ("message", "question"),
    [
        ("add a task", NO_TITLE),
        ("add", NO_TITLE),
        ("delete it", WHICH),
        ("mark as done", WHICH),
        ("delete all my tasks", ONE_AT_A_TIME),
        ("delete EVERYTHING", ONE_AT_A_TIME),
        ("remove all completed tasks", ONE_AT_A_TIME),
        ("mark task 3 as not done", NO_REOPENING),
        ("change task 3 to pending", NO_REOPENING),
        ("reopen task 3", NO_REOPENING),
        ("set the due date of task 2 to tomorrow", DATE_FORM),
    ],
)
def test_what_is_unclear_becomes_a_question(message: str, question: str) -> None:
    assert parse_intent(message) == Unclear(question)


def test_a_change_without_a_new_value_becomes_a_question() -> None:
    found = parse_intent("rename task 2")
    assert isinstance(found, Unclear)
    assert "to what" in found.question


@pytest.mark.parametrize("message", ["Hello!", "thanks", "What can you do?", "How are you?", "2", "", "no", "the sky"])
def test_small_talk(message: str) -> None:
    assert isinstance(parse_intent(message), SmallTalk)


def test_what_is_not_understood_gets_help() -> None:
    assert parse_intent("the sky is blue") == SmallTalk(HELP)


@given(st.text(max_size=1200))
@example("add \x00")
@example("\u2028")
def test_any_text_is_understood_as_something(message: str) -> None:
    found = parse_intent(message)
    if isinstance(found, Add):
        assert all(title == title.strip() != "" for title in found.titles)


WORDS = re.findall(
    r"\S+",
    "add a task to the my called 'x' \" and with description due by 2026-12-01 delete all it mark as not done pending "
    "change rename title of 3 third last is are show what i've need remember please , : # - list",
)


@given(st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join))
def test_any_order_of_known_words_is_understood_as_something(message: str) -> None:
    assert isinstance(parse_intent(message), Intent)


@pytest.mark.parametrize("piece", ["'", "change ", "' to ", "add '", "a to ", " as", "is done ", "\"' "])
def test_long_messages_take_no_long_time(piece: str) -> None:
    started = time.process_time()
    for verb in ("", "rename ", "mark ", "add "):
        parse_intent(verb + piece * 10_000)
    assert time.process_time() - started < 1.0
