"""Contrast of every pair of colours in use, in both schemes, computed as WCAG 2.2 defines it."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

SHEET = files("pytest_todo_k8s.report").joinpath("report.css").read_text(encoding="utf-8")
TEXT = ("text", "quiet", "pass", "fail", "warn", "link")
GRAPHICS = ("mark", "pass", "fail", "warn", "link", "text")


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", block))


def schemes() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)
    return {"light": colours(light), "dark": colours(dark)}


def luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_formula() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#116329", "#ffffff") == pytest.approx(7.4, abs=0.05)
    assert contrast("#ff7b72", "#0d1117") == pytest.approx(7.5, abs=0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read(scheme: str) -> None:
    palette = schemes()[scheme]
    worst = {
        (text, ground): contrast(palette[text], palette[ground]) for text in TEXT for ground in ("page", "surface")
    }
    assert min(worst.values()) >= 4.5, worst


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_graphics_stand_out(scheme: str) -> None:
    palette = schemes()[scheme]
    worst = {
        (mark, ground): contrast(palette[mark], palette[ground])
        for mark in GRAPHICS
        for ground in ("page", "surface", "track")
    }
    assert min(worst.values()) >= 3, worst


def test_both_schemes_name_the_same_colours_and_no_rule_names_another() -> None:
    light, dark = schemes().values()
    assert light.keys() == dark.keys()
    rules = SHEET.partition("/* Over pytest-html")[2]
    assert not re.findall(r"#[0-9a-f]{3,8}\b(?![^{]*\{)|\brgb|\bhsl", rules)
    assert set(re.findall(r"var\(--([a-z]+)\)", rules)) == light.keys()
