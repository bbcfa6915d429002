"""SC-011: whether the application in the cluster answers as the plain one does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.criterion import Aspect, Criterion, Finding, Unjudged, none_of, void
from pytest_todo_k8s.evidence import Verdict

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.measurements import Parity

FEWEST_REQUESTS: Final = 500
SETTINGS: Final = ("plain", "backend.service", "backend.port", "backend.health")


def _differences(evidence: Evidence) -> Finding:
    parity = evidence.parity
    if parity is None:
        raise void("nothing was compared")
    if parity.skipped:
        raise Unjudged(Verdict.NOT_RUN, parity.skipped)
    if not parity.built_in:
        return _none(parity, f"{parity.requests} requests of the project's own answered alike")
    if parity.requests < FEWEST_REQUESTS and not parity.differences:
        raise void(f"only {parity.requests} requests were compared, fewer than {FEWEST_REQUESTS}")
    if parity.unasked and not parity.differences:
        raise void(f"nothing was asked of {', '.join(parity.unasked)}")
    if not parity.rows and not parity.differences:
        raise void("no row of the databases was compared")
    if not parity.steps and not parity.differences:
        raise void(f"the user's way in a browser was not compared: {parity.unwalked or 'no reason was noted'}")
    return _none(
        parity,
        f"{parity.requests} requests to {len(parity.operations)} operations answered alike, {parity.generated} of them "
        f"by chance (seed {parity.seed}); {parity.rows} rows stored alike; {parity.steps} steps in a browser alike",
    )


def _none(parity: Parity, clean: str) -> Finding:
    problems = [
        f"{each.request}: {each.where} is {each.plain!r} plain and {each.cluster!r} in the cluster"
        for each in parity.differences
    ]
    return none_of(problems, clean)


CRITERION: Final = Criterion(
    id="SC-011",
    title="same functions as without containers",
    promise="Application maintains functionality equivalent to Phase III non-containerized version",
    method=(
        "The same requests, made from the backend's OpenAPI document and by chance from a recorded seed, against plain "
        "processes on this machine and against the cluster; ids, times and tokens are normalised; status, listed "
        "headers, body and the rows left in the database are compared, and so is the user's way in a browser"
    ),
    aspects=(Aspect("differences", "differences", 0, ("parity",), _differences, settings=SETTINGS),),
)
