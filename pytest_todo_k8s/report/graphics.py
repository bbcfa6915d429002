"""Small pictures as inline SVG without text: they stretch, and their numbers stand beside them in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from pytest_todo_k8s.report.text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

BAR_LIMIT: Final = 100
"""Where the limit's tick stands on a bar that is 150 wide: the same place in every row."""
_BAR_END: Final = 150
_SPAN: Final = 1000
_LABEL: Final = 300
"""Characters of a graphic's description: the names of pods and images stand in it."""

_SVG: Final = Markup(
    '<svg class="{kind}" role="img" aria-label="{label}" viewBox="0 0 {width} {height}" preserveAspectRatio="none">'
    "{content}</svg>"
)
_RECT: Final = Markup('<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}"/>')
_LINE: Final = Markup('<path class="{kind}" d="{path}"/>')


def limit_bar(share: float, tone: str) -> Markup:
    """Draw how much of a limit was used, with a tick at the limit.

    Args:
        share: Figure divided by limit; drawn up to 1.5.
        tone: Style class of the verdict.
    """
    used = min(max(share, 0.0) * BAR_LIMIT, _BAR_END)
    label = f"{share * 100:.0f} % of the limit" + (", beyond the end of the bar" if used == _BAR_END else "")
    content = (
        _rect("track", 0, 2, _BAR_END, 6)
        + _rect(f"fill {tone}", 0, 2, used, 6)
        + _LINE.format(kind="tick", path=f"M{BAR_LIMIT} 0V10")
    )
    return _svg(kind="bar", label=label, width=_BAR_END, height=10, content=content)


def count_bar(count: int, most: int, tone: str) -> Markup:
    """Draw one bar of a histogram, `most` being the longest."""
    width = _SPAN * count / most if most else 0
    return _svg(
        kind="bar",
        label=f"{count} of at most {most}",
        width=_SPAN,
        height=10,
        content=_rect(f"fill {tone}", 0, 1, width, 8),
    )


def span_bar(spans: Sequence[tuple[float, float, str]], total_s: float, tick_s: float | None, label: str) -> Markup:
    """Draw spans of time on one lane of a timeline.

    Args:
        spans: Start and end in seconds since the run began, and the style class of each.
        total_s: Seconds that the whole lane stands for.
        tick_s: Where a limit ends, seconds since the run began.
        label: What is seen, in words.
    """
    scale = _SPAN / total_s
    content = _rect("track", 0, 2, _SPAN, 6)
    for start_s, end_s, tone in spans:
        content += _rect(f"fill {tone}", start_s * scale, 1, max((end_s - start_s) * scale, 1.5), 8)
    if tick_s is not None and tick_s <= total_s:
        content += _LINE.format(kind="tick", path=f"M{_number(tick_s * scale)} 0V10")
    return _svg(kind="bar", label=label, width=_SPAN, height=10, content=content)


def share_series(lines: Sequence[tuple[str, Sequence[tuple[float, float]]]], limit: float, label: str) -> Markup:
    """Draw shares (0 to 1) over time with a dashed line at the limit.

    Args:
        lines: Style class and points (seconds, share) of each line.
        limit: The share that must not be reached.
        label: What is seen, in words.
    """
    times = [at for _, points in lines for at, _ in points]
    start, width = min(times), max(max(times) - min(times), 1e-9)
    content = _LINE.format(kind="limit", path=f"M0 {_number(100 - limit * 100)}H{_SPAN}")
    for tone, points in lines:
        steps = [
            f"{_number((at - start) / width * _SPAN)} {_number(100 - min(max(share, 0.0), 1.0) * 100)}"
            for at, share in points
        ]
        content += _LINE.format(kind=f"line {tone}", path="M" + "L".join(steps))
    return _svg(kind="series", label=label, width=_SPAN, height=100, content=content)


def _svg(kind: str, label: str, width: int, height: int, content: Markup) -> Markup:
    return _SVG.format(kind=kind, label=clean(label, _LABEL), width=width, height=height, content=content)


def _rect(kind: str, x: float, y: float, width: float, height: float) -> Markup:
    return _RECT.format(kind=kind, x=_number(x), y=_number(y), width=_number(width), height=_number(height))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
