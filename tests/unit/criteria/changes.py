"""Changes of the hand-made run, and what the judges say of it then."""

from __future__ import annotations

from collections.abc import Callable

from pytest_todo_k8s.criteria import judge
from pytest_todo_k8s.evidence import Command, Evidence, Verdict
from pytest_todo_k8s.measurements import ContainerLog

Change = Callable[[Evidence], object]


def verdicts(evidence: Evidence) -> dict[str, Verdict]:
    """Verdict of each part, by `SC-00n-part`."""
    return {f"{result.id}-{part.name}": part.verdict for result in judge(evidence) for part in result.parts}


def reason(evidence: Evidence, part_id: str) -> str:
    return next(
        part.reason for result in judge(evidence) for part in result.parts if f"{result.id}-{part.name}" == part_id
    )


def build(evidence: Evidence, index: int, **values: object) -> None:
    assert evidence.build
    for name, value in values.items():
        setattr(evidence.build.images[index], name, value)


def set_on(part: str, name: str, value: object) -> Change:
    """Make a change that sets one value, `part` being a path such as `measure.page`."""

    def change(evidence: Evidence) -> None:
        target: object = evidence
        for step in part.split("."):
            target = target[int(step)] if isinstance(target, list) else getattr(target, step)
        setattr(target, name, value)

    return change


def add_command(**values: object) -> Change:
    return lambda evidence: evidence.commands.append(
        Command.model_validate(
            {"phase": "build", "argv": ["docker", "build"], "start_s": 1.0, "duration_s": 2.0, "exit_code": 0, **values}
        )
    )


def add_log(**values: object) -> Change:
    def change(evidence: Evidence) -> None:
        assert evidence.settle
        base = {"pod": "todo-backend-6c9f7b-4kq2x", "container": "backend", "kind": "container", "lines": 3}
        evidence.settle.logs.append(ContainerLog.model_validate({**base, **values}))

    return change


def burn(evidence: Evidence) -> None:
    """Let one frontend pod use 450 of its 500 millicores for six seconds."""
    assert evidence.measure
    extra = 0.0
    for index, sample in enumerate(evidence.measure.usage[-1].samples):
        extra += 0.4 if 30 <= index < 36 else 0.0
        sample.cpu_s += extra
