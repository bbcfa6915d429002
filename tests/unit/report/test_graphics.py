from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.report.graphics import BAR_LIMIT, count_bar, limit_bar, share_series, span_bar

if TYPE_CHECKING:
    from markupsafe import Markup


def drawn(graphic: Markup) -> ET.Element:
    root = ET.fromstring(graphic)  # noqa: S314  our own output
    assert root.get("role") == "img"
    assert root.get("aria-label")
    return root


def widths(root: ET.Element, kind: str) -> list[float]:
    return [float(each.get("width", "")) for each in root.iter("rect") if kind in (each.get("class") or "").split()]


@pytest.mark.parametrize(("share", "width"), [(0, 0), (0.5, 50), (1, BAR_LIMIT), (1.4, 140), (9, 150), (-1, 0)])
def test_a_bar_is_as_long_as_its_share_and_no_longer_than_the_picture(share: float, width: float) -> None:
    assert widths(drawn(limit_bar(share, "pass")), "fill") == [width]


def test_a_bar_says_its_share_in_words() -> None:
    assert drawn(limit_bar(0.409, "pass")).get("aria-label") == "41 % of the limit"
    assert "beyond" in (drawn(limit_bar(2.4, "fail")).get("aria-label") or "")


def test_the_longest_bin_fills_its_bar() -> None:
    assert widths(drawn(count_bar(10, 10, "part")), "fill") == [1000]
    assert widths(drawn(count_bar(0, 0, "part")), "fill") == [0]


def test_a_lane_shows_spans_to_scale_and_short_ones_at_all() -> None:
    root = drawn(span_bar([(10, 20, "phase"), (50, 50.001, "part")], 100, 75, "lane"))
    assert widths(root, "fill") == [100, 1.5]
    assert [each.get("d") for each in root.iter("path")] == ["M750 0V10"]
    assert not list(drawn(span_bar([], 100, 175, "lane")).iter("path"))


def test_a_series_runs_over_the_whole_width_under_its_limit() -> None:
    root = drawn(share_series([("cpu", [(5, 0.0), (6, 0.5), (7, 1.2)])], 0.8, "cpu"))
    assert [each.get("d") for each in root.iter("path")] == ["M0 20H1000", "M0 100L500 50L1000 0"]
    drawn(share_series([("cpu", [(5, 0.3)])], 0.8, "one reading"))


def test_labels_are_escaped() -> None:
    assert drawn(span_bar([], 1, None, '"><script>')).get("aria-label") == '"><script>'
