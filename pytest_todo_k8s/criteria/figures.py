"""How figures are written wherever a person reads them."""

from __future__ import annotations

from typing import Final

MEGABYTE: Final = 1_000_000
"""Bytes of a decimal megabyte, the unit of the promise about image sizes."""


def figure(value: float, unit: str) -> str:
    """Write a figure with its unit, three or four digits where they mean something.

    Args:
        value: The figure.
        unit: `s` (shown in ms below one second), `MB`, `%`, or the name of what was counted.
    """
    if unit == "s" and 0 < abs(value) < 1:
        return f"{_digits(value * 1000)} ms"
    counted = unit[:-1] if value == 1 and len(unit) > 1 and unit.endswith("s") else unit
    return f"{_digits(value)} {counted}"


def duration(seconds: float) -> str:
    """Write a duration as people say it: `850 ms`, `12.3 s`, `4 min 05 s`."""
    if abs(seconds) < 100:  # noqa: PLR2004  up to here seconds read best
        return figure(seconds, "s")
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def _digits(value: float) -> str:
    if abs(value) >= 1:
        return f"{value:.1f}".removesuffix(".0")
    return f"{value:.2g}"
