"""SC-001: how long the two images take to build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.application import BACKEND, FRONTEND
from pytest_todo_k8s.criteria.criterion import Aspect, Criterion, Finding, limit_of, require, under, void
from pytest_todo_k8s.criteria.figures import figure
from pytest_todo_k8s.evidence import Verdict

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Evidence

LIMIT_S: Final = 300.0
ROW: Final = "SC-001-wall"
IMAGES: Final = (BACKEND, FRONTEND)


def _wall(evidence: Evidence) -> Finding:
    if evidence.build is None:
        return _unfinished(evidence)
    require(evidence, "build")
    judged = {image.name: image for image in evidence.build.images if image.judged}
    for name in IMAGES:
        if name not in judged:
            raise void(f"the {name} image's build was not measured")
        if not judged[name].no_cache:
            raise void(f"the {name} image was built with a cache, so its time says nothing")
    return under(
        evidence.build.wall_s,
        limit_of(evidence, ROW, LIMIT_S),
        "s",
        "first build command to last, both images, no cache",
    )


def _unfinished(evidence: Evidence) -> Finding:
    """Judge a build phase that left no result: a build that ran into the limit has broken the promise all the same."""
    longest = max((command.duration_s for command in evidence.commands if command.phase == "build"), default=0.0)
    if longest >= limit_of(evidence, ROW, LIMIT_S):
        return Finding(Verdict.FAIL, longest, f"a build was not done after {figure(longest, 's')}")
    require(evidence, "build")
    raise void("the build phase measured nothing")


CRITERION: Final = Criterion(
    id="SC-001",
    title="images build in under 5 minutes",
    promise="Container images build successfully in under 5 minutes",
    method=(
        "Wall time from the start of the first build command to the end of the last one, both images of the "
        "application, without build cache, base images present"
    ),
    aspects=(Aspect("wall", "s", LIMIT_S, ("preflight",), _wall, settings=("backend.image",)),),
)
