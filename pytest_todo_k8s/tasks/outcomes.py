"""What came of a task in a run: the verdicts, phases and tools that its evidence tells of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.criteria.criterion import row_name
from pytest_todo_k8s.criteria.figures import duration, figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pytest_todo_k8s.evidence import Evidence
    from pytest_todo_k8s.tasks.catalogue import Kind, Reference, Task

NOT_HERE: Final = "not part of a run"
_ALWAYS_IN_A_RUN: Final = "tests/acceptance/"


@dataclass(frozen=True, slots=True)
class Done:
    """A task with its result.

    Attributes:
        task: The task.
        result: What came of it, in words.
    """

    task: Task
    result: str


def outcomes(tasks: Iterable[Task], evidence: Evidence) -> list[Done]:
    """Return each task with its result in a run."""
    return [Done(task, _result(task, evidence)) for task in tasks]


def _result(task: Task, evidence: Evidence) -> str:
    found = [text for reference in task.by if (text := of(reference, evidence)) != NOT_HERE]
    told = "; ".join(dict.fromkeys(found)) or _there(task)
    if task.needs is None:
        return told
    version = evidence.machine.tools.get(task.needs) if evidence.machine else None
    if version:
        return f"{task.needs} {version}; {told}"
    return f"not run: {task.needs}: {task.otherwise}; in its place: {told}"


def _there(task: Task) -> str:
    """What is said of a task that no run says anything of: that its entry is true is a test of its own."""
    tested = any(reference.kind == "test" for reference in task.by)
    return "there; its tests run in tox" if tested else "there"


def of(reference: Reference, evidence: Evidence) -> str:
    """Return what a run says of one reference, `NOT_HERE` where a run does not say anything of its kind."""
    tell = _TELLING.get(reference.kind)
    return tell(reference.name, evidence) if tell else NOT_HERE


def _criterion(name: str, evidence: Evidence) -> str:
    verdicts = {result.id: result.verdict.value for result in evidence.criteria}
    return f"{name} {verdicts.get(name, 'not judged')}"


def _doctor(name: str, evidence: Evidence) -> str:
    version = evidence.machine.tools.get(name) if evidence.machine else None
    return f"{name} {version}" if version else NOT_HERE


def _row(name: str, evidence: Evidence) -> str:
    for result in evidence.criteria:
        for part in result.parts:
            if row_name(result.id, part.name) == name:
                measured = f" ({figure(part.measured, part.unit)})" if part.measured is not None else ""
                return f"{name} {part.verdict.value}{measured}"
    return f"{name} not judged"


def _phase(name: str, evidence: Evidence) -> str:
    phase = next((each for each in evidence.phases if each.name == name), None)
    if phase is None:
        return f"{name} not reached"
    return f"{name} {duration(phase.duration_s)}" if phase.ok else f"{name} FAILED: {phase.cause or 'no cause noted'}"


def _analysis(name: str, evidence: Evidence) -> str:
    """Return what an analyser found: how many rules are kept, what is wrong, how much is recommended."""
    found, (subject, _, target) = evidence.analysis, name.partition(" ")
    rules = None
    if found and subject == "dockerfile":
        rules = next((each.rules for each in found.images if each.image == target), None)
    if found and subject == "manifest":
        rules = next((each.rules for each in found.manifests if each.task == target), None)
    if rules is not None:
        kept = sum(1 for rule in rules if not rule.objection)
        return f"{subject} of {target} analysed, {kept} of {len(rules)} rules kept"
    if found and found.health and subject == "health":
        return f"health analysed, {len(found.health.findings)} findings"
    if found and found.utilisation and subject == "resources":
        return f"resources analysed, {len(found.recommendations)} figures recommended"
    return f"{name} not analysed"


def _test(name: str, evidence: Evidence) -> str:
    """Return the worst outcome of the tests of a file, or of one test with all its parameters."""
    words = [word for node, word in evidence.tests.items() if _is_of(node, name)]
    if not words and not name.startswith(_ALWAYS_IN_A_RUN):
        return NOT_HERE
    if not words:
        return f"{name.rpartition('::')[2]} not run"
    worst = next((word for word in ("failed", "error", "skipped") if word in words), "passed")
    return f"{name.rpartition('::')[2]} {worst}"


def _is_of(node: str, name: str) -> bool:
    return node == name or node.startswith((f"{name}::", f"{name}["))


_TELLING: Final[Mapping[Kind, Callable[[str, Evidence], str]]] = {
    "row": _row,
    "criterion": _criterion,
    "phase": _phase,
    "analysis": _analysis,
    "doctor": _doctor,
    "test": _test,
}
