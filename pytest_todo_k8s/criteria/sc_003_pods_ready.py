"""SC-003: how soon all pods run, and whether they stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.criterion import Aspect, Criterion, Finding, limit_of, none_of, require, under, void
from pytest_todo_k8s.evidence import Verdict

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Evidence

LIMIT_S: Final = 120.0


def _ready(evidence: Evidence) -> Finding:
    """Judge a deployment that did not come up as broken, not as blocked: that is what the promise is about."""
    deploy = evidence.deploy
    if deploy is None or evidence.run.interrupted:
        require(evidence, "deploy")
        raise void("the deploy phase measured nothing")
    if deploy.ready_s is None:
        stopped = next((phase for phase in evidence.phases if phase.name == "deploy" and not phase.ok), None)
        if stopped is None:
            raise void("the run ended before all pods were ready")
        return Finding(Verdict.FAIL, None, f"not all pods became ready: {stopped.cause or 'no cause was noted'}")
    require(evidence, "deploy")
    if not deploy.pods:
        raise void("no pod was seen")
    limit_s = limit_of(evidence, "SC-003-ready", LIMIT_S)
    return under(deploy.ready_s, limit_s, "s", "start of helm to the last pod Running and Ready")


def _stay(evidence: Evidence) -> Finding:
    if evidence.deploy is None or evidence.settle is None:
        raise void("the pods were not watched after they had become ready")
    restarts = {pod.name: pod.restarts for pod in evidence.deploy.pods}
    for pod, count in evidence.settle.restarts.items():
        restarts[pod] = max(count, restarts.get(pod, 0))
    problems = [f"{pod} restarted {count} times" for pod, count in sorted(restarts.items()) if count]
    problems += [f"{pod} was ready and then was not" for pod in evidence.settle.unready]
    return none_of(
        problems, f"{len(evidence.deploy.pods)} pods, none restarted or left Ready for {evidence.settle.window_s:.0f} s"
    )


CRITERION: Final = Criterion(
    id="SC-003",
    title="all pods run within 2 minutes",
    promise="All pods reach Running state within 2 minutes of deployment",
    method=(
        "Monotonic time from the start of helm to the watch event with which the last pod is Running and Ready "
        "(a Job's pod: succeeded); after that no restart and no pod that leaves Ready"
    ),
    aspects=(
        Aspect("ready", "s", LIMIT_S, ("load",), _ready),
        Aspect("stay-ready", "problems", 0, ("settle",), _stay),
    ),
)
