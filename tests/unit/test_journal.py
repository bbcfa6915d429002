from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.journal import FILE, Entry, Journal
from pytest_todo_k8s.ownership import Owner
from pytest_todo_k8s.settings import ClusterChoice

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def owner() -> Owner:
    return Owner.of_this_process(ClusterChoice("minikube", "todo-k8s"))


@pytest.fixture
def journal(tmp_path: Path, owner: Owner) -> Journal:
    return Journal(tmp_path / FILE, owner)


def test_new_journal_is_private_and_names_its_owner(journal: Journal, owner: Owner) -> None:
    assert journal.file.stat().st_mode & 0o777 == 0o600
    assert Journal.open(journal.file).owner == owner
    assert journal.open_entries() == []


def test_a_second_journal_in_the_same_file_is_refused(journal: Journal, owner: Owner) -> None:
    with pytest.raises(FileExistsError):
        Journal(journal.file, owner)


def test_entries_are_open_from_intent_to_removal(journal: Journal) -> None:
    journal.creating("namespace", "todo-app-dev")
    assert journal.open_entries() == [Entry("namespace", "todo-app-dev", {})]
    journal.creating("image", "todo-backend:1", layers=3)
    journal.created("namespace", "todo-app-dev", uid="u-1")
    assert journal.open_entries() == [
        Entry("namespace", "todo-app-dev", {"uid": "u-1"}),
        Entry("image", "todo-backend:1", {"layers": 3}),
    ]
    journal.removed("namespace", "todo-app-dev")
    journal.forget(Entry("image", "todo-backend:1", {}))
    assert journal.open_entries() == []


def test_same_name_of_another_kind_stays(journal: Journal) -> None:
    journal.creating("namespace", "x")
    journal.creating("process", "x")
    journal.removed("namespace", "x")
    assert [entry.kind for entry in journal.open_entries()] == ["process"]


def test_what_was_made_again_after_its_removal_is_open(journal: Journal) -> None:
    journal.created("namespace", "x", uid="u-1")
    journal.removed("namespace", "x")
    journal.creating("namespace", "x")
    assert journal.open_entries() == [Entry("namespace", "x", {})]


def test_line_cut_by_a_sudden_death_was_never_acted_on(journal: Journal) -> None:
    journal.creating("namespace", "x")
    with journal.file.open("a") as file:
        file.write('{"event": "creat')
    assert Journal.open(journal.file).open_entries() == [Entry("namespace", "x", {})]


def test_opened_journal_goes_on(journal: Journal) -> None:
    journal.creating("namespace", "x")
    Journal.open(journal.file).removed("namespace", "x")
    assert journal.open_entries() == []


@pytest.mark.parametrize("content", ["", "x", "{}\n", '{"owner": {}}\n', '{"owner": {"run_id": "x"}}\n'])
def test_file_that_is_no_journal(tmp_path: Path, content: str) -> None:
    file = tmp_path / FILE
    file.write_text(content)
    with pytest.raises(ConfigError, match="is not a journal of a run"):
        Journal.open(file)


def test_every_line_is_json(journal: Journal) -> None:
    journal.creating("image", 'with "quotes"\nand a line')
    assert [json.loads(line) for line in journal.file.read_text().splitlines()]
    assert journal.open_entries()[0].name == 'with "quotes"\nand a line'
