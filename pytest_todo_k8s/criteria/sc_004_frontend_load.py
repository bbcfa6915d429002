"""SC-004: whether the frontend's page comes through the cluster's own address, and how fast it loads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.criterion import Aspect, Criterion, Finding, limit_of, none_of, require, void
from pytest_todo_k8s.criteria.latency import judge_series

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.measurements import Page

LIMIT_S: Final = 3.0
ROW: Final = "SC-004-load-time"
LANDMARK: Final = ("frontend.title", "frontend.element")
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


CRITERION: Final = Criterion(
    id="SC-004",
    title="frontend loads through the Minikube IP in under 3 s",
    promise="Frontend application accessible via Minikube IP and loads in under 3 seconds",
    method=(
        "The document through the NodePort on the node's own address, with status, title, a known element and every "
        "same-origin asset checked; then whole page loads with a cold cache, to the last byte, until the sampling rule "
        "decides whether fewer than 5 % of them take 3 s or more"
    ),
    # What was measured before the phase stopped counts: a page that is not there keeps the load from beginning.
    aspects=(
        Aspect("page", "problems", 0, ("deploy",), _page, settings=LANDMARK),
        Aspect("load-time", "s", LIMIT_S, ("deploy",), _load_time, settings=LANDMARK),
    ),
)
