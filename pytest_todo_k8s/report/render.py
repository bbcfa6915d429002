"""Renders our part of the report: the same evidence gives the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from pytest_todo_k8s.criteria import CRITERIA
from pytest_todo_k8s.criteria.figures import figure
from pytest_todo_k8s.criteria.limits import beside
from pytest_todo_k8s.criteria.outcome import Outcome, outcome
from pytest_todo_k8s.report import overview
from pytest_todo_k8s.report.blocks import Listing, Table
from pytest_todo_k8s.report.details import DETAILS
from pytest_todo_k8s.report.details.advice import advice
from pytest_todo_k8s.report.text import clean, excerpt_lines
from pytest_todo_k8s.report.timeline import timeline

if TYPE_CHECKING:
    from pytest_todo_k8s.criteria import Criterion
    from pytest_todo_k8s.evidence import CriterionResult, Evidence
    from pytest_todo_k8s.report.blocks import Block
    from pytest_todo_k8s.report.overview import Row

TONES: Final = {Outcome.PASS: "pass", Outcome.FAIL: "fail", Outcome.INCOMPLETE: "warn"}


@dataclass(frozen=True, slots=True)
class Caps:
    """How much of long things is shown.

    Attributes:
        characters: Of one piece of text.
        rows: Of one table.
        blocks: Tables and graphics of one section.
        first_lines: Of one listing.
        last_lines: Likewise.
    """

    characters: int
    rows: int
    blocks: int
    first_lines: int
    last_lines: int


WIDE: Final = Caps(characters=2000, rows=300, blocks=40, first_lines=50, last_lines=200)
TIGHT: Final = Caps(characters=160, rows=15, blocks=8, first_lines=5, last_lines=10)
LARGEST_BYTES: Final = 1_000_000
"""Size of our part from which on the tight caps are used."""


@dataclass(frozen=True, slots=True)
class Section:
    """A criterion's section."""

    row: Row
    reason: str
    facts: tuple[tuple[str, str], ...]
    blocks: list[Block]


def render(evidence: Evidence) -> Markup:
    """Render our part: verdict, table, timeline, one section per criterion, clean-up proof, environment.

    Returns:
        HTML that is also well-formed XML, with one root; at most a few times `LARGEST_BYTES` whatever the evidence.
    """
    values = _values(evidence)
    page = _render(values, WIDE)
    return page if len(page.encode()) <= LARGEST_BYTES else _render(values, TIGHT)


def _render(values: dict[str, Any], caps: Caps) -> Markup:
    return Markup(_template(caps).render(values, caps=caps))  # noqa: S704  the environment escaped everything


@cache
def _template(caps: Caps) -> Template:
    environment = Environment(
        loader=PackageLoader("pytest_todo_k8s.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=partial(_shown, limit=caps.characters),
        trim_blocks=True,
    )
    environment.filters["lines"] = lambda lines: excerpt_lines(list(lines), caps.first_lines, caps.last_lines)
    return environment.get_template("report.html.jinja")


def _shown(value: object, limit: int) -> object:
    """Clean whatever an expression puts into the page; only Markup (ours) is left as it is."""
    return value if isinstance(value, Markup) else clean(str(value), limit)


def _values(evidence: Evidence) -> dict[str, Any]:
    results = overview.results(evidence)
    rows = overview.rows(evidence)
    return {
        "title": overview.title(evidence),
        "tone": TONES[outcome(evidence)],
        "cause": overview.cause(evidence),
        "cleanup": overview.cleanup(evidence),
        "identity": overview.identity(evidence),
        "rows": rows,
        "timeline": timeline(evidence),
        "sections": [
            _section(criterion, result, row, evidence)
            for criterion, result, row in zip(CRITERIA, results, rows, strict=True)
        ],
        "advice": advice(evidence),
        "proof": _proof(evidence),
        "machine": _machine(evidence),
    }


def _section(criterion: Criterion, result: CriterionResult, row: Row, evidence: Evidence) -> Section:
    phase, details = DETAILS[criterion.id]
    when = next((each for each in evidence.phases if each.name == phase), None)
    measured = f"in the {phase} phase, which began {when.start_s:.1f} s after the run" if when else "over the whole run"
    facts = (
        ("Promise", criterion.promise),
        ("How", criterion.method),
        ("Limit from", f"success criterion {criterion.id} of the project's specification"),
        ("When", f"not reached: no {phase} phase" if phase and not when else measured),
        ("Repeat it with", f"pytest --todo-cluster={evidence.run.cluster} tests/acceptance -k {criterion.id}"),
    )
    return Section(row, result.reason, facts, [_parts(result), *details(evidence)])


def _parts(result: CriterionResult) -> Table:
    rows = tuple(
        (
            part.name,
            part.verdict.value,
            "not measured" if part.measured is None else figure(part.measured, part.unit),
            overview.limit(part.limit, part.unit) + beside(result.id, part.name, part.limit),
            part.reason,
        )
        for part in result.parts
    )
    return Table(f"Parts of {result.id}", ("Part", "Verdict", "Measured", "Limit", "Why"), rows, figures=(2, 3))


def _proof(evidence: Evidence) -> list[Block]:
    proof = evidence.cleanup
    if proof is None:
        return []
    return [
        Listing("Left behind", tuple(proof.leftovers)),
        Listing("Taken down", tuple(proof.removed)),
        Listing("Leftovers of dead runs, swept at the start", tuple(proof.swept)),
    ]


def _machine(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    machine = evidence.machine
    if machine is None:
        return (("Cluster", "not reached"),)
    values = machine.model_dump(exclude={"tools"})
    pairs = [(name.replace("_", " "), "not known" if value is None else str(value)) for name, value in values.items()]
    return (*pairs, *((f"tool {name}", version) for name, version in sorted(machine.tools.items())))
