from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_todo_k8s.report.text import clean, excerpt, excerpt_lines


def test_terminal_sequences_are_taken_out() -> None:
    assert clean("\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x07 \x1b]0;title\x1b\\ \x1bMend", 100) == (
        "red link  end"
    )


def test_control_characters_become_visible() -> None:
    assert clean("a\x00b\x07c\x7fd\x85e\ud800f\uffffg", 100) == "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\ufffdg"
    assert clean("tab\tline\nend\r\n", 100) == "tab\tline\nend\n"


def test_changes_of_writing_direction_become_visible() -> None:
    assert clean("user\u202egnp.exe\u2066", 100) == "user[U+202E]gnp.exe[U+2066]"


def test_ordinary_text_is_left_alone() -> None:
    assert clean("Grüße, 你好, שלום, 👋 :: ::error::x", 100) == "Grüße, 你好, שלום, 👋 :: ::error::x"


def test_a_long_text_keeps_both_ends_and_says_what_is_missing() -> None:
    cut = excerpt("a" * 900 + "z" * 900, 300)
    assert cut.startswith("a" * 200)
    assert cut.endswith("z" * 100)
    assert "1500 characters left out" in cut
    assert excerpt("short", 5) == "short"


def test_many_lines_keep_both_ends_and_say_what_is_missing() -> None:
    lines = [str(number) for number in range(100)]
    assert excerpt_lines(lines, 2, 3) == ["0", "1", "[… 95 lines left out …]", "97", "98", "99"]
    assert excerpt_lines(lines[:5], 2, 3) == lines[:5]


@given(st.text(st.characters(), max_size=500), st.integers(10, 100))
def test_whatever_comes_in_is_short_and_printable(text: str, limit: int) -> None:
    shown = clean(text, limit)
    assert len(shown) <= limit + 40
    assert not any(ord(char) < 32 and char not in "\n\t" for char in shown)
    shown.encode()
