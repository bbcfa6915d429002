"""Latencies: SC-004 and SC-005."""

from __future__ import annotations

from itertools import count, dropwhile, pairwise, takewhile
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria import sc_004_frontend_load, sc_005_backend_health
from pytest_todo_k8s.criteria.figures import duration, figure
from pytest_todo_k8s.criteria.latency import quantile
from pytest_todo_k8s.measuring import sampling
from pytest_todo_k8s.report.blocks import Block, Facts, Listing, Table
from pytest_todo_k8s.report.graphics import count_bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.measurements import Latency, Page, Paint, Sample

_QUANTILES: Final = (("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("maximum", 1.0))
_FIRST_EDGE_S: Final = 0.001
_RULE: Final = (
    "pass once the upper bound is under 5 %, fail once the lower one is over it (several looks cost a little of the "
    "95 %: a service with exactly 5 % slow answers passes in 11 % of the runs)"
)


def frontend(evidence: Evidence) -> list[Block]:
    """Show the page as it came through the node's address, and the series of page loads."""
    measure = evidence.measure
    if measure is None:
        return []
    blocks: list[Block] = _page(measure.page) if measure.page else []
    if measure.paint:
        blocks.append(_paint(measure.paint))
    return blocks + (_series(measure.frontend, sc_004_frontend_load.LIMIT_S) if measure.frontend else [])


def backend(evidence: Evidence) -> list[Block]:
    """Show the series of answers to /health."""
    series = evidence.measure.backend if evidence.measure else None
    return _series(series, sc_005_backend_health.LIMIT_S) if series else []


def _page(page: Page) -> list[Block]:
    found = "found" if page.element_found else "not found"
    facts = (
        ("Address", page.url),
        ("Status", str(page.status) if page.status is not None else f"none: {page.error or 'no answer'}"),
        ("Title", page.title or "none"),
        ("Known element", f"{page.element}: {found}"),
    )
    rows = tuple(
        (
            asset.path,
            asset.error or str(asset.status),
            figure(asset.size_bytes / 1000, "kB"),
            duration(asset.duration_s),
        )
        for asset in page.assets
    )
    return [
        Facts(facts),
        Table("Files that the page names", ("Path", "Status", "Size", "Took"), rows, figures=(2, 3), folded=True),
    ]


def _paint(paint: Paint) -> Facts:
    """Show the first paints in the browser."""
    seen = ", ".join(duration(each) for each in paint.samples_s) or "none"
    facts = (("Browser", paint.browser or "none"), ("First contentful paints", seen))
    failed = tuple(("Load that failed", problem) for problem in (*paint.failed, *filter(None, [paint.error])))
    return Facts((*facts, *failed))


def _series(series: Latency, limit_s: float) -> list[Block]:
    return [
        _facts(series, limit_s),
        _histogram(series.samples, limit_s),
        Listing("Raw samples in order, in milliseconds", (", ".join(map(_raw, series.samples)),)),
    ]


def _facts(series: Latency, limit_s: float) -> Facts:
    over = sampling.over_limit(series.samples, limit_s)
    pairs = [
        ("Asked", f"{series.target}, by {series.route}"),
        ("Samples", f"{len(series.samples)}, of them {over} over the limit or failed"),
    ]
    if series.samples:
        low, high = sampling.interval(over, len(series.samples))
        pairs += [(name, _time(quantile(series.samples, share))) for name, share in _QUANTILES]
        pairs.append(
            (
                "Share over the limit",
                f"between {low * 100:.2f} % and {high * 100:.2f} % (exact one-sided 95 % bounds each)",
            )
        )
    looks = ", ".join(map(str, sampling.LOOKS))
    pairs += [
        ("Warm-up requests, not counted", ", ".join(map(_raw, series.warmup)) + " ms" if series.warmup else "none"),
        ("Slowest no-op before and after", _time(max(series.calibration_s, default=None))),
        (
            "Rule",
            f"{_RULE}; looked at after {looks} samples",
        ),
    ]
    return Facts((*pairs, *((f"Beside it: {name}", _beside(value)) for name, value in sorted(series.beside.items()))))


def _histogram(samples: Sequence[Sample], limit_s: float) -> Table:
    bins = _bins([sample.duration_s for sample in samples if sample.ok], limit_s)
    failed = sum(not sample.ok for sample in samples)
    most = max(failed, *(held for *_, held in bins))
    rows = [
        (
            f"{duration(low)} to {duration(high)}",
            str(held),
            count_bar(held, most, "fail" if low >= limit_s else "part"),
        )
        for low, high, held in bins
    ]
    rows.append(("failed", str(failed), count_bar(failed, most, "fail")))
    caption = f"Histogram on a logarithmic scale; the limit is {figure(limit_s, 's')}"
    return Table(caption, ("From, up to under", "Samples", "Share"), tuple(rows), figures=(1,))


def _bins(times_s: Sequence[float], limit_s: float) -> list[tuple[float, float, int]]:
    """Count times in bins with the edges 1, 2, 5, 10 ms and so on, and the limit; from the first that holds any."""
    longest = max([limit_s, *times_s])
    steps = takewhile(
        lambda edge: edge <= longest * 5, (_FIRST_EDGE_S * 10 ** (n // 3) * (1, 2, 5)[n % 3] for n in count())
    )
    edges = sorted({0.0, limit_s, *(round(step, 3) for step in steps)})
    bins = [(low, high, sum(low <= time_s < high for time_s in times_s)) for low, high in pairwise(edges)]
    held = list(dropwhile(lambda each: not each[2] and each[1] < limit_s, bins))
    while len(held) > 1 and not held[-1][2] and held[-1][0] > limit_s:
        held.pop()
    return held


def _time(value: float | None) -> str:
    return "none: a failed request, or nothing was measured" if value is None else figure(value, "s")


def _raw(sample: Sample) -> str:
    took = f"{sample.duration_s * 1000:.1f}"
    return took if sample.ok else f"{took} (failed: {sample.error or 'wrong answer'})"


def _beside(value: float | str | None) -> str:
    return "not measured" if value is None else f"{value:.4g}" if isinstance(value, float) else value
