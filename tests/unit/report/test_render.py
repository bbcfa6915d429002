"""The page as such: structure, size, hostile text, repetition."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_todo_k8s.criteria import judge
from pytest_todo_k8s.evidence import PHASES, Evidence
from pytest_todo_k8s.measurements import LogHit
from pytest_todo_k8s.report import overview
from pytest_todo_k8s.report.render import LARGEST_BYTES, render
from tests.unit.criteria.sample_run import green, stopped_at
from tests.unit.report.reading import criteria_rows, text, tree
from tests.unit.report.test_overview import ENDINGS

if TYPE_CHECKING:
    from pathlib import Path

IDS = [f"SC-{number:03}" for number in range(1, 12)]


@pytest.mark.parametrize("name", ENDINGS)
def test_every_ending_gives_a_whole_page(name: str) -> None:
    evidence = ENDINGS[name][0]()
    root = tree(evidence)
    rows = criteria_rows(root)
    assert [row[0][:6] for row in rows] == IDS
    assert [row[1] for row in rows] == [row.word for row in overview.rows(evidence)]
    assert all(all(cells[:4]) for cells in rows)
    assert [each.get("id") for each in root.iter("section") if each.get("class") == "criterion"] == IDS
    assert overview.cause(evidence) in text(root)


@pytest.mark.parametrize("name", PHASES[:-1])
def test_a_run_that_any_phase_stopped_gives_a_whole_page(name: Any) -> None:
    root = tree(stopped_at(name, "the disk is full"))
    assert len(criteria_rows(root)) == 11
    assert f"The {name} phase failed: the disk is full." in text(root)


def test_headings_are_in_order() -> None:
    levels = [int(each.tag[1]) for each in tree(green()).iter() if re.fullmatch("h[1-6]", each.tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_ids_are_unique_and_every_link_and_label_has_its_target() -> None:
    root = tree(green())
    ids = Counter(each.get("id") for each in root.iter() if each.get("id"))
    assert set(ids.values()) == {1}
    assert {(each.get("href") or "")[1:] for each in root.iter("a")} == set(IDS)
    assert {each.get("aria-labelledby") for each in root.iter() if each.get("aria-labelledby")} <= ids.keys()


def test_tables_have_captions_and_scopes() -> None:
    for table in tree(green()).iter("table"):
        assert text(table.findall("caption")[0])
        assert all(cell.get("scope") == "col" for cell in table.iterfind("./thead/tr/th"))
        assert all(row[0].get("scope") == "row" for row in table.iterfind("./tbody/tr") if len(row) > 1)


def test_every_graphic_has_a_label_or_stands_beside_its_word() -> None:
    for graphic in tree(green()).iter("svg"):
        labelled = graphic.get("role") == "img" and graphic.get("aria-label")
        assert labelled or graphic.get("aria-hidden") == "true"


def test_every_verdict_has_a_word_and_an_icon_of_its_own() -> None:
    shapes = {}
    for make, *_ in ENDINGS.values():
        for cell in tree(make()).iter("td"):
            if (cell.get("class") or "").startswith("verdict"):
                shapes[text(cell)] = "".join(path.get("d") or "" for path in cell.iter("path"))
    assert shapes.keys() == {"PASS", "FAIL", "BORDERLINE", "BLOCKED", "INCOMPLETE", "NOT RUN", "CRASHED"}
    assert all(shapes.values())
    assert len(set(shapes.values())) == 7


def test_bars_show_the_figures_of_their_row() -> None:
    table = next(each for each in tree(green()).iter("table") if each.get("class") == "criteria")
    labels = [graphic.get("aria-label") for graphic in table.iter("svg") if graphic.get("role")]
    assert labels == [f"{percent} % of the limit" for percent in (28, 32, 8, 3, 1, 28)]


def test_a_failed_section_is_open_and_the_others_are_closed() -> None:
    root = tree(ENDINGS["failed"][0]())
    opened = [
        section.get("id")
        for section in root.iter("section")
        for details in section.findall("details")
        if details.get("open")
    ]
    assert opened == ["SC-002"]


def test_our_part_needs_no_script_no_network_and_no_inline_style() -> None:
    page = render(green())
    assert not re.search(r"<(script|link|img|iframe|object|embed|style|form)\b", page)
    for element in tree(green()).iter():
        assert not [name for name in element.attrib if name.startswith("on") or name in {"style", "src", "srcset"}]
        assert element.get("href", "#").startswith("#")


def test_verdict_cause_and_clean_up_stand_at_the_beginning() -> None:
    for make, *_ in ENDINGS.values():
        evidence = make()
        beginning = text(tree(evidence))[:2000]
        assert overview.title(evidence) in beginning
        assert overview.cause(evidence) in beginning
        assert overview.cleanup(evidence) in beginning


def test_the_timeline_has_a_lane_for_each_phase_image_and_pod() -> None:
    section = next(each for each in tree(green()).iter("section") if each.get("class") == "timeline")
    lanes = [text(row[0]) for row in section.iterfind(".//tbody/tr")]
    assert [lane for lane in lanes if " " not in lane and lane != "helm"] == list(PHASES)
    assert "image postgres (not judged)" in lanes
    assert sum(lane.startswith("pod ") for lane in lanes) == 5
    assert len(list(section.iter("svg"))) == len(lanes)


def test_the_same_evidence_gives_the_same_bytes(tmp_path: Path) -> None:
    evidence = green()
    first = render(evidence)
    evidence.save(tmp_path / "evidence.json")
    assert render(green()) == first
    assert render(Evidence.load(tmp_path / "evidence.json")) == first
    assert evidence == green()


def test_a_green_run_is_small() -> None:
    assert len(render(green()).encode()) < 150_000


def test_a_hundred_megabytes_of_logs_stay_under_the_cap() -> None:
    evidence = green()
    assert evidence.settle
    line = "<&\"'\x1b[31m" * 125_000
    for log in evidence.settle.logs:
        log.hits = [LogHit(line=line, level="ERROR", context=[line] * 7) for _ in range(3)]
    for command in evidence.commands:
        command.argv = [line] * 20
    evidence.commands *= 200
    evidence.criteria = judge(evidence)
    page = render(evidence)
    assert len(page.encode()) < 2 * LARGEST_BYTES
    assert "characters left out" in page
    assert "rows left out; all of them are in evidence.json" in page
    assert len(criteria_rows(tree(evidence))) == 11


def put_everywhere(value: Any, replacement: str) -> Any:
    """Replace the free texts of dumped evidence: every string that is no id, verdict or name with a fixed set."""
    if isinstance(value, dict):
        fixed = {"schema", "verdict", "kind", "phase", "unit"}
        return {
            key: each
            if key in fixed or (key in {"id", "name"} and each in FIXED)
            else put_everywhere(each, replacement)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [put_everywhere(each, replacement) for each in value]
    return replacement if isinstance(value, str) else value


FIXED = {*PHASES, *IDS}


def hostile(replacement: str) -> Evidence:
    return Evidence.model_validate(put_everywhere(green().model_dump(by_alias=True), replacement))


PLAIN = Counter(each.tag for each in tree(hostile("plain")).iter())


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
def test_text_from_elsewhere_is_only_ever_text(replacement: str) -> None:
    assert Counter(each.tag for each in tree(hostile(replacement)).iter()) == PLAIN


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</pre></details></section><h1>PASS</h1>",
        "<!-- todo-k8s report ends -->",
        "{{ 7 * 7 }}{% raw %}",
        "\x1b[2J\x00\u202e::error::x",
        "]]>&#0;&lt;",
    ],
)
def test_attacks_are_shown_as_text(attack: str) -> None:
    evidence = hostile(attack)
    root = tree(evidence)
    assert Counter(each.tag for each in root.iter()) == PLAIN
    assert "<script>" not in render(evidence)
    assert attack.partition("\x1b")[0] in text(root)
