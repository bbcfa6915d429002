from __future__ import annotations

import pytest

from pytest_todo_k8s.criteria.figures import duration, figure


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "s", "0 s"),
        (0.00042, "s", "0.42 ms"),
        (0.0456, "s", "45.6 ms"),
        (0.25, "s", "250 ms"),
        (3.0, "s", "3 s"),
        (85.31, "s", "85.3 s"),
        (300.0, "s", "300 s"),
        (158.9, "MB", "158.9 MB"),
        (1712.4, "MB", "1712.4 MB"),
        (41.66, "%", "41.7 %"),
        (0.5, "%", "0.5 %"),
        (79.96, "%", "80 %"),
        (0, "problems", "0 problems"),
        (1, "steps", "1 step"),
    ],
)
def test_figures_carry_their_unit(value: float, unit: str, text: str) -> None:
    assert figure(value, unit) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.85, "850 ms"), (12.34, "12.3 s"), (245, "4 min 05 s"), (3599.6, "60 min 00 s")]
)
def test_durations_read_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text
