"""Words that point at tasks."""

from __future__ import annotations

import pytest
from gemini_emulator.references import Last, Named, Position, Reference, TaskId, Vague, parse_reference, unquoted
from hypothesis import given
from hypothesis import strategies as st

ID = "0b6f7a3e-4c1d-4a55-9d0e-8f2b8a6c1d20"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("task 3", Position(3)),
        ("3", Position(3)),
        ("#3", Position(3)),
        ("task #12", Position(12)),
        ("task number 3", Position(3)),
        ("number three", Position(3)),
        ("task three", Position(3)),
        ("the third task", Position(3)),
        ("the 3rd one", Position(3)),
        ("my first to-do", Position(1)),
        ("the second one on my list", Position(2)),
        ("task 007", Position(7)),
        ("the last task", Last()),
        ("the very last one", Last()),
        (ID, TaskId(ID)),
        (f"task {ID.upper()}", TaskId(ID)),
        ("the meeting task", Named("meeting")),
        ("my dentist appointment", Named("dentist appointment")),
        ("the task called buy milk", Named("buy milk")),
        ("task 'buy milk'", Named("buy milk")),
        ("'the last task'", Named("the last task")),
        ("\u201c3\u201d", Named("3")),
        ('the "mom\'s birthday" task', Named("mom's birthday")),
        ("mom's birthday", Named("mom's birthday")),
        ("buy milk from my list", Named("buy milk")),
        ("1234567", Named("1234567")),
        ("the one", Vague()),
        ("it", Vague()),
        ("that task", Vague()),
        ("all my tasks", Vague()),
        ("everything", Vague()),
        ("", Vague()),
        ("''", Vague()),
    ],
)
def test_what_words_point_at(words: str, expected: Reference) -> None:
    assert parse_reference(words) == expected


@given(st.text(max_size=200))
def test_any_text_points_at_something(words: str) -> None:
    found = parse_reference(words)
    assert not isinstance(found, Named) or found.title == found.title.strip() != ""
    assert not isinstance(found, Position) or 0 <= found.number < 10**6


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1))
def test_quoted_titles_are_kept_to_the_letter(title: str) -> None:
    assert unquoted(f'"{title}"') == title
    assert parse_reference(f'task "{title}"') == Named(title)
