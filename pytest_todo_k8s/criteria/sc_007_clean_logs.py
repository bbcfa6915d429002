"""SC-007: whether anything went wrong while the application started, by its logs and the cluster's events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.criterion import Aspect, Criterion, Finding, none_of, void

if TYPE_CHECKING:
    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.measurements import Settle

WINDOW_S: Final = 30.0
"""Seconds after the last pod was Ready that belong to the start-up."""
SHOWN: Final = 160
"""Characters of a log line in a reason; the report shows more."""


def _settle(evidence: Evidence) -> Settle:
    if evidence.settle is None:
        raise void("no log was read")
    return evidence.settle


def _watched(settle: Settle) -> None:
    """Check that the pods were given the time in which an error may come."""
    if settle.window_s < WINDOW_S:
        raise void(f"logs and events were read {settle.window_s:.0f} s after Ready, not {WINDOW_S:.0f} s after it")


def _words(ruling: str | None) -> str:
    return f" ({ruling})" if ruling else ""


def _logs(evidence: Evidence) -> Finding:
    settle = _settle(evidence)
    problems = [
        f"{log.pod}/{log.container}: {hit.level}: {hit.line[:SHOWN]}{_words(hit.ruling)}"
        for log in settle.logs
        for hit in log.hits
    ]
    problems += [f"{log.pod}/{log.container} had to start again" for log in settle.logs if log.kind == "previous"]
    if not problems:
        _watched(settle)
        _complete(evidence, settle)
    lines, allowed = sum(log.lines for log in settle.logs), sum(len(log.allowed) for log in settle.logs)
    return none_of(
        problems, f"{lines} lines of {len(settle.logs)} containers without an error, {allowed} allowed by rule"
    )


def _complete(evidence: Evidence, settle: Settle) -> None:
    """Check that every pod's log was read and says something: silence proves nothing."""
    silent = [f"{log.pod}/{log.container}" for log in settle.logs if log.kind == "container" and not log.lines]
    read = {log.pod for log in settle.logs}
    unread = [pod.name for pod in (evidence.deploy.pods if evidence.deploy else []) if pod.name not in read]
    if unread or not read:
        raise void(f"no log was read of {', '.join(unread) or 'any pod'}")
    if silent:
        raise void(f"the log of {', '.join(silent)} is empty")


def _events(evidence: Evidence) -> Finding:
    settle = _settle(evidence)
    late = [event for event in settle.events if event.after_ready]
    problems = [
        f"{event.object}: {event.reason}: {event.message[:SHOWN]} ({event.count} times){_words(event.ruling)}"
        for event in late
        if not event.allowed
    ]
    if not problems:
        _watched(settle)
    allowed, early = len(late) - len(problems), len(settle.events) - len(late)
    return none_of(problems, f"no Warning event after Ready but {allowed} allowed ones, {early} while starting")


CRITERION: Final = Criterion(
    id="SC-007",
    title="start-up logs hold no errors",
    promise="Pod startup logs contain no error messages",
    method=(
        "The log of every container, init and previous ones included, from its start until 30 s after the last pod was "
        "Ready; levels are parsed from JSON lines, other formats by rule; Warning events after Ready count too; "
        "what is expected is allowed by entries with reason, owner, last day and maximum count"
    ),
    aspects=(
        Aspect("logs", "hits", 0, ("settle",), _logs),
        Aspect("events", "events", 0, ("settle",), _events),
    ),
)
