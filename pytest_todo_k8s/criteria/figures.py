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
    return f"{_digits(value)} {unit}"


def duration(seconds: float) -> str:
    """Write a duration as people say it: `850 ms`, `12.3 s`, `4 min 05 s`."""
    if abs(seconds) < 100:  # noqa: PLR2004  up to here seconds read best
        return figure(seconds, "s")
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def _digits(value: float) -> str:
    if abs(value) >= 100 or value == int(value):  # noqa: PLR2004  three digits are enough
        return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2g}"
