"""SC-009: whether the manifests are valid, and all in the chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.criterion import Aspect, Criterion, Finding, none_of, require, void
from pytest_todo_k8s.measurements import CONTROL

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Evidence

REQUIRED: Final = ("lint", "template", "schema refuses", "offline schema", "dry-run", CONTROL)
"""Words of which each must occur in some check's name: without these, nothing was validated."""


def _validation(evidence: Evidence) -> Finding:
    """Judge the checks; a failed one counts even where the deploy phase stopped because of it.

    A control that was accepted is no fault of the chart: it makes what the server said of the pods worthless.
    """
    checks = evidence.manifests.checks if evidence.manifests else []
    broken = [(check.name, check.detail or "failed") for check in checks if not check.ok]
    problems = [f"{name}: {detail}" for name, detail in broken if not name.startswith(CONTROL)]
    if not problems:
        if broken:
            raise void(f"the server's consent proves nothing, {': '.join(broken[0])}")
        require(evidence, "deploy")
        missing = [word for word in REQUIRED if not any(word in check.name for check in checks)]
        if missing:
            remedy = ": run `pip install pytest-todo-k8s[acceptance]`" if "offline schema" in missing else ""
            raise void(f"no check named {', '.join(missing)} was made{remedy}")
    return none_of(problems, f"{len(checks)} checks, all kept")


def _in_chart(evidence: Evidence) -> Finding:
    if evidence.manifests is None or not evidence.manifests.rendered:
        raise void("the live objects were not compared with the chart")
    problems = [f"{name} is in no template" for name in evidence.manifests.foreign]
    problems += evidence.manifests.changed
    count = len(evidence.manifests.rendered)
    return none_of(problems, f"every live object is one of the {count} of the release, and as it says")


CRITERION: Final = Criterion(
    id="SC-009",
    title="manifests are valid and all in the chart",
    promise="All Kubernetes manifests pass validation and are stored in Helm chart templates",
    method=(
        "helm lint --strict and helm template for every values file, values that must be refused, the schemas of the "
        "cluster's version offline and strictly, a strict server-side dry run of every object in a namespace that "
        "enforces the restricted pod security profile and bounds what pods may ask for (a privileged pod must be "
        "refused there), the golden rules for pods; then every live object must be one of the release, and as it says"
    ),
    aspects=(
        Aspect("validation", "problems", 0, ("load",), _validation, static=True, settings=("refused",)),
        Aspect("in-chart", "problems", 0, ("settle",), _in_chart),
    ),
)
