"""The documents tell what the code does: generated ones are current, links lead somewhere, commands exist."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s import cli, documents
from pytest_todo_k8s.analysis.results import Analysis, Utilisation
from pytest_todo_k8s.analysis.rightsizing import recommend
from pytest_todo_k8s.documents.configuration import subcommands
from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.options import OPTIONS
from tests.unit.analysis.test_rightsizing import use
from tests.unit.criteria.sample_run import green

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
PAGES = sorted(
    file
    for file in (
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("charts/*/README.md"),
        *ROOT.glob("app/*/README.md"),
    )
    if file.is_file()
)
NAMES = [str(file.relative_to(ROOT)) for file in PAGES]
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")


def anchors(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(text: str) -> Iterator[list[str]]:
    """Yield the words of every command that a page shows."""
    shown = [line for kind, body in _FENCE.findall(text) if kind in {"sh", "bash", ""} for line in body.splitlines()]
    shown += _CODE.findall(_FENCE.sub("", text))
    for line in shown:
        for part in re.split(r"&&|\|\||;|\|", line.partition("  #")[0]):
            try:
                words = shlex.split(part.strip().removeprefix("$ ").removeprefix("- "))
            except ValueError:
                continue
            if words:
                yield words


@pytest.mark.parametrize("name", documents.FROM_CODE)
def test_generated_documents_are_current(name: str) -> None:
    """`todo-k8s docs` writes them."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == documents.FROM_CODE[name]()


@pytest.mark.parametrize("name", documents.FROM_EVIDENCE)
def test_measured_documents_name_date_machine_and_command(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert text.startswith("<!-- Generated ")
    assert re.search(r"Measured on 20\d\d-\d\d-\d\d by `pytest --todo-cluster", text)
    assert re.search(r"\d+ CPUs and \d+ GiB", text)


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    dead = []
    for link in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            dead.append(link)
    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_commands_and_options_exist(page: Path) -> None:
    known = {option.flag for option in OPTIONS}
    wrong = []
    for words in commands(page.read_text(encoding="utf-8")):
        program, rest = Path(words[0]).name, words[1:]
        wrong += [word for word in words if word.startswith("--todo-") and word.partition("=")[0] not in known]
        if program == "todo-k8s" and rest and not _parses(rest):
            wrong.append(" ".join(words))
        if program == "tox" and "-e" in rest:
            wrong += [f"tox -e {name}" for name in rest[rest.index("-e") + 1].split(",") if name not in environments()]
    assert wrong == []


def _parses(words: list[str]) -> bool:
    """Whether a command line has the form that ours takes; words in capitals stand for anything."""
    if words[0].startswith("-"):
        return words == ["--help"]
    if words[0] not in subcommands():
        return False
    try:
        cli.parser().parse_args(words)
    except SystemExit:
        # A mere mention such as `todo-k8s assist` lacks its arguments: then at least its options must exist.
        options = set(subcommands()[words[0]]._option_string_actions)
        return not [word for word in words[1:] if word.startswith("-") and word.partition("=")[0] not in options]
    return True


def environments() -> set[str]:
    """Return the names of tox's environments."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini")
    named = [section.partition(":")[2].strip("{}") for section in tox.sections() if section.startswith("testenv:")]
    return {name.strip() for names in [*named, tox["tox"]["env_list"]] for name in names.split(",")}


def test_every_option_stands_in_the_readme_or_the_configuration() -> None:
    text = (ROOT / "README.md").read_text() + (ROOT / "docs/configuration.md").read_text()
    assert [option.flag for option in OPTIONS if option.flag not in text] == []


def test_writing_tells_what_changed(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    assert len(documents.write(tmp_path, None)) == len(documents.FROM_CODE)
    assert documents.stale(tmp_path) == []
    (tmp_path / "docs/criteria.md").write_text("old")
    assert [file.name for file in documents.stale(tmp_path)] == ["criteria.md"]
    assert [file.name for file in documents.write(tmp_path, None)] == ["criteria.md"]


def test_metrics_come_from_evidence(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    evidence = green()
    measured: list[Utilisation] = [use(), use("idle")]
    evidence.analysis = Analysis(utilisation=measured, recommendations=recommend(measured))
    evidence.save(tmp_path / "evidence.json")
    assert tmp_path / "docs/resource-metrics.md" in documents.write(tmp_path, tmp_path / "evidence.json")
    text = (tmp_path / "docs/resource-metrics.md").read_text()
    assert "| todo-backend/backend | load, 60 s | 201 m | 500 m | 100 MiB | 110 MiB | under 80 % |" in text
    assert "`backend.resources.requests.cpu` | 100m | 250m |" in text


def test_readings_are_enough(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    green().save(tmp_path / "evidence.json")
    documents.write(tmp_path, tmp_path / "evidence.json")
    assert "| todo-backend/backend | load, " in (tmp_path / "docs/resource-metrics.md").read_text()


def test_a_run_that_did_not_measure_it(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    evidence = green()
    evidence.measure = None
    evidence.save(tmp_path / "evidence.json")
    with pytest.raises(ConfigError, match="did not measure the use of resources"):
        documents.write(tmp_path, tmp_path / "evidence.json")
    assert list((tmp_path / "docs").iterdir()) == []


def test_elsewhere_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["docs"]) == 10
    assert "has no folder docs" in capsys.readouterr().err
