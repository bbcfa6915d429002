"""SC-004: whether the frontend's page comes through the cluster's own address, and how fast it loads."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.criterion import Aspect, Criterion, Finding, limit_of, none_of, require, void
from pytest_todo_k8s.criteria.figures import figure
from pytest_todo_k8s.criteria.latency import judge_series
from pytest_todo_k8s.evidence import Verdict

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.measurements import Page

LIMIT_S: Final = 3.0
ROW: Final = "SC-004-load-time"
LANDMARK: Final = ("frontend.title", "frontend.element")
PAINT_ROW: Final = "SC-004-first-paint"
FEWEST_PAINTS: Final = 9
"""From nine samples on, the second smallest and the second largest enclose the median with 96 % (binomial)."""
_OK: Final = 200


def _page(evidence: Evidence) -> Finding:
    page = evidence.measure.page if evidence.measure else None
    if page is None:
        require(evidence, "measure")
        raise void("the page was not fetched")
    return none_of(
        _problems(page),
        f"{page.url} answered with the right page and {len(page.assets)} assets",
    )


def _problems(page: Page) -> list[str]:
    if page.status is None:
        return [f"{page.url} does not answer: {page.error or 'no reason was noted'}"]
    problems = []
    if page.status != _OK:
        problems.append(f"{page.url} answered with status {page.status}")
    if page.title_wanted not in (page.title or ""):
        problems.append(f"the page's title is {page.title!r}, without {page.title_wanted!r}")
    if not page.element_found:
        problems.append(f"the page has no element {page.element}")
    if not page.assets:
        problems.append("the page names no asset of its own")
    problems += [
        f"asset {asset.path} failed: {asset.error or f'status {asset.status}'}"
        for asset in page.assets
        if asset.error or asset.status != _OK
    ]
    return problems or ([page.error] if page.error else [])


def _load_time(evidence: Evidence) -> Finding:
    if evidence.measure is None or evidence.measure.frontend is None:
        require(evidence, "measure")
        raise void("page loads were not timed")
    return judge_series(evidence.measure.frontend, limit_of(evidence, ROW, LIMIT_S))


def _first_paint(evidence: Evidence) -> Finding:
    """Judge the median of the first paints by its interval of order statistics (David and Nagaraja, section 7.1)."""
    paint = evidence.measure.paint if evidence.measure else None
    if paint is None:
        require(evidence, "measure")
        raise void("no browser looked at the page")
    if paint.error:
        raise void(f"the page was not seen in a browser: {paint.error}")
    if paint.failed:
        missed = f"the browser did not see the page in {len(paint.failed)} loads: {paint.failed[0]}"
        return Finding(Verdict.FAIL, None, missed)
    samples = sorted(paint.samples_s)
    if len(samples) < FEWEST_PAINTS:
        raise void(f"{len(samples)} first paints are too few, {FEWEST_PAINTS} are needed")
    limit = limit_of(evidence, PAINT_ROW, LIMIT_S)
    median = statistics.median(samples)
    verdict = Verdict.PASS if samples[-2] < limit else Verdict.FAIL if samples[1] >= limit else Verdict.BORDERLINE
    seen = f"{figure(samples[0], 's')} to {figure(samples[-1], 's')} in {len(samples)} loads with an empty cache"
    return Finding(verdict, median, f"first contentful paint in {paint.browser}: median {figure(median, 's')}, {seen}")


CRITERION: Final = Criterion(
    id="SC-004",
    title="frontend loads through the Minikube IP in under 3 s",
    promise="Frontend application accessible via Minikube IP and loads in under 3 seconds",
    method=(
        "The document through the NodePort on the node's own address, with status, title, a known element and every "
        "same-origin asset checked; then whole page loads with a cold cache, to the last byte, until the sampling rule "
        "decides whether fewer than 5 % of them take 3 s or more; last the first contentful paint in a real browser, "
        "judged by the median of nine loads"
    ),
    # What was measured before the phase stopped counts: a page that is not there keeps the load from beginning.
    aspects=(
        Aspect("page", "problems", 0, ("deploy",), _page, settings=LANDMARK),
        Aspect("load-time", "s", LIMIT_S, ("deploy",), _load_time, settings=LANDMARK),
        Aspect("first-paint", "s", LIMIT_S, ("deploy",), _first_paint, settings=LANDMARK),
    ),
)
