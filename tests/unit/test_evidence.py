from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.evidence import SCHEMA, Evidence, Phase
from tests.unit.criteria.sample_run import green, stopped_at


def test_evidence_comes_back_as_it_was(tmp_path: Path) -> None:
    evidence = green()
    evidence.save(tmp_path / "evidence.json")
    assert Evidence.load(tmp_path / "evidence.json") == evidence
    assert [file.name for file in tmp_path.iterdir()] == ["evidence.json"]


def test_file_is_in_the_order_of_the_schema_whose_name_comes_first(tmp_path: Path) -> None:
    green().save(tmp_path / "evidence.json")
    text = (tmp_path / "evidence.json").read_text()
    content = json.loads(text)
    assert next(iter(content.items())) == ("schema", SCHEMA)
    assert list(content) == [field.serialization_alias or name for name, field in Evidence.model_fields.items()]
    assert json.dumps(content, indent=1, ensure_ascii=False) + "\n" == text


def test_same_evidence_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        green().save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "x"])
def test_wrong_value_is_refused_when_it_is_set(value: Any) -> None:
    evidence = green()
    with pytest.raises(ValueError, match="duration_s"):
        evidence.run.duration_s = value


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "can't be read"),
        ("{", "is not evidence of schema"),
        ("{}", "is not evidence of schema .*: run: Field required"),
        ('{"run": {}, "more": 1}', "is not evidence of schema"),
    ],
)
def test_file_that_is_no_evidence_is_one_sentence(tmp_path: Path, content: str | None, told: str) -> None:
    file = tmp_path / "evidence.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(ConfigError, match=told):
        Evidence.load(file)


def test_phase_that_stopped_the_run() -> None:
    assert green().failed_phase() is None
    stopped = stopped_at("load", "no room")
    assert (stopped.failed_phase() or stopped.phases[0]).name == "load"
    clean = green()
    clean.phases[-1] = Phase(name="teardown", start_s=0, duration_s=0, ok=False)
    assert clean.failed_phase() is None, "teardown stops nothing"


def test_what_the_disk_does_not_take_leaves_the_file_before_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "evidence.json"
    green().save(file)
    before = file.read_bytes()

    def write_half(path: Path, text: str, encoding: str) -> int:
        path.write_bytes(text[: len(text) // 2].encode(encoding))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", write_half)
    with pytest.raises(OSError, match="No space left"):
        green().save(file)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]
