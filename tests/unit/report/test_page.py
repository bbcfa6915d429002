"""Our part inside a page that pytest-html really wrote."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.report import hooks, overview
from pytest_todo_k8s.report.page import BEGIN, END, LARGEST_BYTES, arrange
from tests.unit.criteria.sample_run import green
from tests.unit.report.reading import visible_text

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.evidence import Evidence

CONFTEST = """
from pathlib import Path

import pytest

from pytest_todo_k8s.evidence import Evidence
from pytest_todo_k8s.report import hooks

EVIDENCE = Evidence.load(Path(__file__).with_name("evidence.json"))
KEPT = []


def pytest_html_report_title(report):
    KEPT.append(report)


def pytest_html_results_summary(prefix):
    KEPT[0].title = hooks.title(EVIDENCE)
    prefix.append(hooks.summary_html(EVIDENCE))
"""
TESTS = """
import pytest


@pytest.mark.parametrize("part", ["SC-001-wall", "SC-005-health"])
def test_criterion(part):
    print("<b>output</b>")
    assert part == "SC-001-wall"
"""


def written(pytester: pytest.Pytester, evidence: Evidence) -> Path:
    evidence.save(pytester.path / "evidence.json")
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(TESTS)
    pytester.runpytest_subprocess("--html=report.html", "--self-contained-html").assert_outcomes(passed=1, failed=1)
    return pytester.path / "report.html"


@pytest.fixture
def page(pytester: pytest.Pytester) -> str:
    """The final page of a green run."""
    file = written(pytester, green())
    before = file.read_text(encoding="utf-8")
    assert BEGIN in before
    assert before.index('id="environment"') < before.index(BEGIN)
    hooks.finish(file, green())
    assert [each.name for each in pytester.path.glob("*report.html*")] == ["report.html"]
    return file.read_text(encoding="utf-8")


def test_the_final_page(page: str) -> None:
    """One run of pytest-html serves all checks of structure: it takes a second."""
    assert page.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert page.count(f"<title>{overview.title(green())}</title>") == 1
    assert page.count("<h1") == page.count("<main>") == page.count("</main>") == page.count("<footer>") == 1
    assert BEGIN not in page
    assert END not in page
    assert page.index('<div class="todo-report">') < page.index('id="environment"') < page.index("</main>")
    assert "SC-005-health" in page
    # Read without scripts: the verdict and the eleven rows are there, before anything of pytest-html's.
    plain = visible_text(page)
    assert plain.startswith(overview.title(green()))
    assert all(f"SC-{number:03}" in plain[:2500] for number in range(1, 12))
    # Offline: nothing is fetched; the only links out are navigation.
    assert not re.search(r"<link\b|@import|url\(", page)
    assert not re.search(r'\bsrc="(?!")', page)
    # Its own part carries no handler of an event; pytest-html's has one.
    assert not re.search(r"\son\w+=", page[: page.index('class="pytest-rows"')])


def test_a_page_of_an_unknown_version_still_gets_our_part() -> None:
    page = arrange("<html><body class='x'><p>rows</p></body></html>", "PASS: <1>", "<h1>ours</h1>")
    assert "<title>PASS: &lt;1&gt;</title>" in page
    assert page.index("<h1>ours</h1>") < page.index("<p>rows</p>")


def test_rows_that_make_the_page_too_large_are_left_out() -> None:
    rows = "<p>row</p>" * 600_000
    page = arrange(f"<html><head></head><body><h1>x</h1>{rows}</body></html>", "PASS", "<h1>ours</h1>")
    assert len(page.encode()) < LARGEST_BYTES
    assert "<p>row</p>" not in page
    assert "<h1>ours</h1>" in page
    assert "larger than 5 MB" in page


def test_a_report_that_was_not_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        hooks.finish(tmp_path / "report.html", green())
