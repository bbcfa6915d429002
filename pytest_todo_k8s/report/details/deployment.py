"""The deployed application: SC-003, SC-006 and SC-007."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.figures import duration, figure
from pytest_todo_k8s.report.blocks import Block, Facts, Listing, Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.measurements import ContainerLog, Deploy, FlowStep, LogHit, Pod, Walk, WarningEvent


def pods(evidence: Evidence) -> list[Block]:
    """Show each pod's way to Ready."""
    deploy = evidence.deploy
    if deploy is None:
        return []
    later = evidence.settle.restarts if evidence.settle else {}
    head = ("Pod", "Node", "Running", "Ready", "Finished", "Restarts", "Conditions, by the node's clock")
    rows = tuple(_pod(pod, max(pod.restarts, later.get(pod.name, 0))) for pod in deploy.pods)
    ready = "not reached" if deploy.ready_s is None else duration(deploy.ready_s)
    return [
        Facts(
            (
                ("Release", f"{deploy.release}, revision {deploy.revision}, {deploy.chart}"),
                ("helm returned after", duration(deploy.helm_s)),
                ("Last pod Running and Ready after", ready),
                ("Namespace UID", deploy.namespace_uid),
            )
        ),
        Table("Pods, in seconds since the start of helm", head, rows, figures=(2, 3, 4, 5)),
        *_troubles(deploy),
    ]


_STEPS: Final = ("Step", "Result", "Start", "Took", "Detail")


def flow(evidence: Evidence) -> list[Block]:
    """Show the steps of the flow and the proof of the stored row."""
    exercise = evidence.exercise
    if exercise is None:
        return []
    rows = tuple(map(_step, exercise.steps))
    found = {True: "found", False: "not found", None: "not read"}[exercise.row_found]
    return [
        Table("Steps through the frontend", _STEPS, rows, figures=(2, 3)),
        *(_in_browser(exercise.walk) if exercise.walk else ()),
        Facts((("Rows in PostgreSQL", f"{found}: {exercise.row_detail or 'no detail'}"),)),
    ]


def _step(step: FlowStep) -> tuple[str, ...]:
    return (
        step.name,
        "done" if step.ok else "FAILED",
        f"{step.start_s:.1f} s",
        duration(step.duration_s),
        step.detail,
    )


def _in_browser(walk: Walk) -> list[Block]:
    """Show the way in the browser, what its console said, and where its picture is."""
    if walk.error:
        return [Facts((("In a browser", f"not walked: {walk.error}"),))]
    facts = (("Console and answers", "; ".join(walk.problems) or "no error"), ("Picture", walk.picture or "none"))
    rows = tuple(map(_step, walk.steps))
    return [Table(f"Steps in {walk.browser}", _STEPS, rows, figures=(2, 3), folded=True), Facts(facts)]


def logs(evidence: Evidence) -> list[Block]:
    """Show what every container logged, by level, the lines that must not be there, and the Warning events."""
    settle = evidence.settle
    if settle is None:
        return _of_a_failure(evidence.deploy)
    head = ("Pod", "Container", "Kind", "Lines", "Levels", "Not parsed", "Hits", "Allowed", "Whole log")
    rows = tuple(_log(log) for log in settle.logs)
    return [
        Facts((("Window", f"until {figure(settle.window_s, 's')} after the last pod was Ready"),)),
        Table("Logs", head, rows, figures=(3, 5, 6, 7)),
        *(_hits("Hit", log, hit) for log in settle.logs for hit in log.hits),
        *(_hits("Allowed line", log, hit) for log in settle.logs for hit in log.allowed),
        _events(settle.events),
        Listing("Allow-list, and how often each entry was used", tuple(settle.allowances)),
    ]


def _of_a_failure(deploy: Deploy | None) -> list[Block]:
    """Show what was logged and reported by a deployment that did not come up."""
    if deploy is None or not (deploy.logs or deploy.events):
        return []
    rows = tuple((log.pod, log.container, log.kind, str(log.lines), log.file or "not kept") for log in deploy.logs)
    head = ("Pod", "Container", "Kind", "Lines", "End of the log")
    return [Table("Logs of the deployment that failed", head, rows, figures=(3,)), _events(deploy.events)]


def _troubles(deploy: Deploy) -> list[Block]:
    """Show what kept pods from coming up, if anything did."""
    rows = tuple((each.code, each.cause, each.remedy, f"{each.after_s:.1f} s") for each in deploy.troubles)
    head = ("Cause", "What", "Remedy", "Told after")
    return [Table("What kept pods from coming up", head, rows, figures=(3,))] if rows else []


def _pod(pod: Pod, restarts: int) -> tuple[str, ...]:
    times = (pod.running_s, pod.ready_s, pod.finished_s)
    conditions = ", ".join(f"{name} {at}" for name, at in sorted(pod.conditions.items(), key=lambda each: each[::-1]))
    return (pod.name, pod.node or "none", *map(_seconds, times), str(restarts), conditions)


def _seconds(value: float | None) -> str:
    return "not seen" if value is None else f"{value:.1f} s"


def _log(log: ContainerLog) -> tuple[str, ...]:
    levels = ", ".join(f"{level} {count}" for level, count in sorted(log.levels.items()))
    counts = (log.unparsed, len(log.hits), len(log.allowed))
    return (
        log.pod,
        log.container,
        log.kind,
        str(log.lines),
        levels or "none",
        *map(str, counts),
        log.file or "not kept",
    )


def _hits(what: str, log: ContainerLog, hit: LogHit) -> Listing:
    ruling = f" ({hit.ruling})" if hit.ruling else ""
    return Listing(f"{what}, {hit.level}: {log.pod}/{log.container}{ruling}", tuple(_lines(hit)))


def _lines(hit: LogHit) -> Iterator[str]:
    """Yield the line with its neighbours; where they repeat it, it isn't shown twice."""
    if hit.line not in hit.context:
        yield hit.line
    yield from hit.context


def _events(events: list[WarningEvent]) -> Table:
    rows = tuple(
        (
            event.object,
            event.reason,
            str(event.count),
            "after Ready" if event.after_ready else "while starting",
            event.ruling or "no entry",
            event.message,
        )
        for event in events
    )
    head = ("Object", "Reason", "Times", "When", "Allow-list", "Message")
    return Table("Warning events", head, rows, figures=(2,))
