"""What the emulated model does next, whatever came before."""

from __future__ import annotations

from typing import Any

import pytest
from gemini_emulator.conversation import Call, Result, Round, Tools, Turn
from gemini_emulator.dialogue import LIST_ALL, next_step
from hypothesis import given
from hypothesis import strategies as st

from tests.app.gemini_emulator.task_tools import SCHEMAS

TOOLS = Tools(SCHEMAS, frozenset(SCHEMAS))


def round_of(call: Call, response: dict[str, Any]) -> Round:
    return Round((call,), (Result(call.name, response),), 2)


def listed(*titles: str, truncated: bool = False) -> Round:
    tasks = [{"id": f"id-{title}", "title": title} for title in titles]
    return round_of(LIST_ALL, {"tasks": tasks, "truncated": truncated})


def test_a_position_is_sent_again_after_the_list() -> None:
    first = Call("complete_task", {"position": 3})
    missing = round_of(first, {"error": {"code": "NO_LIST"}})
    said = "Mark task 3 as complete"
    assert next_step([Turn(said)], TOOLS).calls == (first,)
    assert next_step([Turn(said, (missing,))], TOOLS).calls == (LIST_ALL,)
    assert next_step([Turn(said, (missing, listed("a")))], TOOLS).calls == (first,)


def test_a_list_that_does_not_help_is_asked_for_once() -> None:
    missing = round_of(Call("complete_task", {"position": 3}), {"error": {"code": "NO_LIST"}})
    step = next_step([Turn("Mark task 3 as complete", (missing, listed("a"), missing))], TOOLS)
    assert not step.calls
    assert "did not work: NO_LIST" in step.text


def test_an_exact_title_wins_over_a_part_of_one() -> None:
    step = next_step([Turn("Delete milk", (listed("buy milk", "Milk"),))], TOOLS)
    assert step.calls == (Call("delete_task", {"task_id": "id-Milk"}),)


def test_a_name_beyond_a_truncated_list_is_left_to_the_tool() -> None:
    step = next_step([Turn("Delete milk", (listed("bread", truncated=True),))], TOOLS)
    assert step.calls == (Call("delete_task", {"title": "milk"}),)


ID = "0b6f7a3e-4c1d-4a55-9d0e-8f2b8a6c1d20"


def test_a_task_may_be_named_by_its_id() -> None:
    call = Call("complete_task", {"task_id": ID})
    assert next_step([Turn(f"complete {ID}")], TOOLS).calls == (call,)
    missing = round_of(call, {"error": {"code": "NOT_FOUND"}})
    assert "couldn't find that task" in next_step([Turn(f"complete {ID}", (missing,))], TOOLS).text


def test_a_list_between_does_not_change_who_is_meant() -> None:
    said = f"complete {ID}"
    assert next_step([Turn(said, (listed("a"),))], TOOLS).calls == (Call("complete_task", {"task_id": ID}),)
    asked = Turn("Delete milk", (listed("buy milk", "drink milk"),), answered=True)
    assert not next_step([asked, Turn(ID)], TOOLS).calls


def test_what_another_function_returned_is_said_in_general() -> None:
    step = next_step([Turn("Hello!", (round_of(Call("ping", {}), {"pong": 1}),))], TOOLS)
    assert step.text == "ping is done."


def test_a_list_that_is_not_complete_says_so() -> None:
    assert next_step([Turn("show my tasks", (listed("a", truncated=True),))], TOOLS).text.startswith(
        "These are the first"
    )
    assert next_step([Turn("show my pending tasks", (listed(),))], TOOLS).text == "You have no tasks."


def test_there_may_be_no_last_task() -> None:
    assert "couldn't find" in next_step([Turn("Delete the last task", (listed(),))], TOOLS).text


def test_a_deletion_without_a_list_to_look_at_goes_by_its_title() -> None:
    tools = Tools(SCHEMAS, frozenset({"delete_task"}))
    assert next_step([Turn("Delete milk")], tools).calls == (Call("delete_task", {"title": "milk"}),)


def test_a_failed_list_is_said() -> None:
    step = next_step([Turn("Delete milk", (round_of(LIST_ALL, {"error": "no database"}),))], TOOLS)
    assert (step.calls, "no database" in step.text) == ((), True)


def test_functions_that_are_not_declared_are_not_called() -> None:
    step = next_step([Turn("add milk")], Tools())
    assert (step.calls, "no function add_task" in step.text) == ((), True)


@pytest.mark.parametrize("answer", ["3", "buy bread", "what?"])
def test_an_answer_that_fits_no_option_changes_nothing(answer: str) -> None:
    asked = Turn("Delete milk", (listed("buy milk", "drink milk"),), answered=True)
    assert not next_step([asked, Turn(answer)], TOOLS).calls


def test_a_number_after_something_else_than_a_question_is_no_answer() -> None:
    before = Turn("show my tasks", (listed("buy milk", "drink milk"),), answered=True)
    assert not next_step([before, Turn("1")], TOOLS).calls


def test_the_result_of_a_chosen_change_is_said() -> None:
    asked = Turn("Delete milk", (listed("buy milk", "drink milk"),), answered=True)
    call = Call("delete_task", {"task_id": "id-drink milk"})
    assert next_step([asked, Turn("2")], TOOLS).calls == (call,)
    done = Turn("2", (round_of(call, {"title": "drink milk"}),))
    assert next_step([asked, done], TOOLS).text == 'I deleted "drink milk".'


def test_details_of_an_update_survive_the_question() -> None:
    candidates = [{"id": "1", "title": "buy milk"}, {"id": "2", "title": "drink milk"}]
    call = Call("update_task", {"title": "milk", "new_title": "sleep"})
    ambiguous = round_of(call, {"error": {"code": "AMBIGUOUS", "candidates": candidates}})
    asked = Turn("Rename milk to sleep", (ambiguous,), answered=True)
    step = next_step([asked, Turn("the first one")], TOOLS)
    assert step.calls == (Call("update_task", {"task_id": "1", "new_title": "sleep"}),)


keys = st.sampled_from(["tasks", "error", "output", "code", "candidates", "title", "id", "due_date", "truncated"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["AMBIGUOUS", "NOT_FOUND", "NO_LIST", "buy milk", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
)
responses = st.dictionaries(keys, values, max_size=4)
rounds = st.builds(round_of, st.builds(Call, st.sampled_from(list(SCHEMAS)), st.just({"title": "milk"})), responses)
turns = st.builds(
    Turn,
    st.sampled_from(["Delete milk", "show my tasks", "complete task 2", "rename milk to tea", "1", "add 'a' and 'b'"]),
    st.lists(rounds, max_size=3).map(tuple),
)


@given(st.lists(turns, min_size=1, max_size=3), st.booleans())
def test_there_is_always_a_next_step(said: list[Turn], must_call: bool) -> None:
    step = next_step(said, Tools(SCHEMAS, frozenset(SCHEMAS), must_call))
    assert bool(step.text) != bool(step.calls)
    assert step.calls or not must_call
