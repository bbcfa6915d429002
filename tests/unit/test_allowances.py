"""The allow-list: entries that hold, entries that don't any more, and entries that are none."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.allowances import Allowances, Allowed, read
from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.project_settings import table

if TYPE_CHECKING:
    from pathlib import Path

TODAY = dt.date(2026, 11, 25)
ENTRY = Allowed(re.compile("probe"), "event", "slow disk", "ops", TODAY, 3)
WORDS = "slow disk (ops, until 2026-11-25, at most 3 times)"


def test_an_entry_allows_its_place_its_number_and_its_days() -> None:
    expected = Allowances((ENTRY,), TODAY)
    assert expected.rule("log", "probe failed") is None
    assert expected.rule("event", "killed") is None
    first = expected.rule("event", "probe failed", 2)
    assert first is not None
    assert (first.allows, first.words) == (True, WORDS)
    second = expected.rule("event", "probe failed", 2)
    assert second is not None
    assert (second.allows, second.words) == (False, f"more often than allowed: {WORDS}")
    assert expected.listed() == [f"event 'probe': {WORDS}; used 2 times"]


def test_an_entry_past_its_day_allows_nothing() -> None:
    late = Allowances((ENTRY,), TODAY + dt.timedelta(days=1)).rule("event", "probe failed")
    assert late is not None
    assert (late.allows, late.words) == (False, f"no longer allowed: {WORDS}")


def test_another_entry_may_allow_what_one_does_not_any_more() -> None:
    old = Allowed(re.compile("probe"), "event", "old", "ops", TODAY - dt.timedelta(days=9), 3)
    found = Allowances((old, ENTRY), TODAY).rule("event", "probe failed")
    assert found is not None
    assert found.allows


def entries(folder: Path) -> tuple[Allowed, ...]:
    return read(table(folder))


def written(folder: Path, **changes: str) -> Path:
    until = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=10)
    keys = {
        "pattern": "'probe'",
        "place": "'log'",
        "reason": "'slow disk'",
        "owner": "'ops'",
        "until": str(until),
        "maximum": "2",
    }
    lines = [f"{key} = {value}" for key, value in {**keys, **changes}.items() if value]
    text = "\n".join(["[[tool.todo-k8s.allowed]]", *lines])
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


def test_entries_are_read(tmp_path: Path) -> None:
    [entry] = entries(written(tmp_path))
    assert (entry.pattern.pattern, entry.place, entry.owner, entry.maximum) == ("probe", "log", "ops", 2)


def test_no_file_and_no_table_are_no_entries(tmp_path: Path) -> None:
    assert entries(tmp_path) == ()
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    assert entries(tmp_path) == ()


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"owner": ""}, "entry 1 of tool.todo-k8s.allowed does not have the keys pattern, place"),
        ({"ticket": "'x'"}, "does not have the keys"),
        ({"reason": "''"}, "reason = '' is no str, or an empty one"),
        ({"until": "'soon'"}, "until = 'soon' is no date"),
        ({"maximum": "true"}, "maximum = True is no int"),
        ({"maximum": "-1"}, "maximum a number from 1"),
        ({"place": "'pod'"}, "place is log or event"),
        ({"until": "2199-01-01"}, "until lies more than 90 days ahead"),
        ({"pattern": "'('"}, "is no regular expression"),
        ({"pattern": "= ="}, "can't be read"),
    ],
)
def test_what_is_no_entry(tmp_path: Path, changes: dict[str, str], cause: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(cause)):
        entries(written(tmp_path, **changes))


def test_a_table_in_the_place_of_a_list(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.todo-k8s.allowed]\npattern = 'x'\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="is not a list of tables"):
        entries(tmp_path)
