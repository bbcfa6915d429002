"""The schema of `evidence.json`: the run, what its phases measured (`measurements.py`), verdicts and clean-up.

Units stand in the names (`_s` seconds, `_bytes`, `_cores`). Times named `start_s` are monotonic seconds since the run
began. A value that could not be measured is None, with the reason beside it; it is never a zero.
"""

from __future__ import annotations

import os
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

from pydantic import ConfigDict, Field, ValidationError

from pytest_todo_k8s.analysis.results import Analysis  # noqa: TC001  pydantic reads annotations at run time
from pytest_todo_k8s.application import TODO_CHATBOT
from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.measurements import (  # noqa: TC001  likewise
    Build,
    Deploy,
    Exercise,
    ImageLoad,
    Manifests,
    Measure,
    Parity,
    Settle,
)
from pytest_todo_k8s.model import Model

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA: Final = "todo-k8s-evidence/1.0"
PhaseName = Literal["preflight", "build", "load", "deploy", "settle", "measure", "exercise", "parity", "teardown"]
PHASES: Final[tuple[PhaseName, ...]] = (
    "preflight",
    "build",
    "load",
    "deploy",
    "settle",
    "measure",
    "exercise",
    "parity",
    "teardown",
)


class Verdict(StrEnum):
    """Outcome of a criterion or of one of its parts, worst last."""

    PASS = "PASS"  # noqa: S105  a verdict
    BORDERLINE = "BORDERLINE"
    NOT_RUN = "NOT RUN"
    INCOMPLETE = "INCOMPLETE"
    BLOCKED = "BLOCKED"
    CRASHED = "CRASHED"
    FAIL = "FAIL"


class Run(Model):
    """Identity of the run."""

    id: str
    started_at: str
    duration_s: float | None = None
    commit: str | None = None
    dirty: bool | None = None
    namespace: str
    cluster: str
    partial: bool = False
    partial_reason: str | None = None
    workers: int = 0
    limits: dict[str, float] = Field(default_factory=dict, description="by row, those other than promised")
    only: list[str] = Field(default_factory=list, description="criteria asked for; none: all")
    strict: bool = Field(default=False, description="whether BORDERLINE fails")
    unset: dict[str, str] = Field(
        default_factory=dict, description="by row, the key that is missing in the application's settings"
    )
    apps: dict[str, str] = Field(
        default_factory=lambda: TODO_CHATBOT.apps, description="by part of the application, its pods' `app`"
    )
    status: int | None = None
    interrupted: bool = False


class Phase(Model):
    """One phase that was begun."""

    name: PhaseName
    start_s: float
    duration_s: float
    ok: bool
    cause: str | None = None
    hint: str | None = None


class Command(Model):
    """One command that was run (redacted)."""

    phase: PhaseName
    argv: list[str]
    start_s: float
    duration_s: float
    exit_code: int
    timed_out: bool = False
    silence_s: float | None = Field(default=None, description="longest time without a line; None: not observed")
    prompt: str | None = Field(default=None, description="what looked like a question, if anything did")


class Machine(Model):
    """What the run ran on; part of the fingerprint that makes runs comparable."""

    provider: str
    context: str
    node_ip: str | None = None
    kubernetes: str
    runtime: str
    node_os: str
    nodes: int
    cpus: int
    memory_bytes: int
    cgroup_version: int | None = None
    tools: dict[str, str] = Field(default_factory=dict)


class Part(Model):
    """One part of a criterion."""

    name: str
    verdict: Verdict
    measured: float | None
    unit: str
    limit: float | None
    reason: str


class CriterionResult(Model):
    """A criterion's verdict as judged from the evidence above."""

    id: str
    title: str
    verdict: Verdict
    measured: float | None
    unit: str
    limit: float | None
    parts: list[Part] = Field(default_factory=list)
    reason: str


class Cleanup(Model):
    """Proof of what the run took down."""

    namespace: str
    uid: str | None
    gone_after_s: float | None
    leftovers: list[str] = Field(default_factory=list)
    removed: list[str] = Field(default_factory=list)
    kept: str | None = Field(default=None, description="until when the deployment stays, and what takes it down")
    swept: list[str] = Field(default_factory=list, description="leftovers of dead runs removed at the start")

    @property
    def ok(self) -> bool:
        """Whether nothing was left."""
        return not self.leftovers


class Evidence(Model):
    """All of it."""

    schema_: str = Field(default=SCHEMA, alias="schema", serialization_alias="schema")
    run: Run
    machine: Machine | None = None
    phases: list[Phase] = Field(default_factory=list)
    commands: list[Command] = Field(default_factory=list)
    build: Build | None = None
    loads: list[ImageLoad] = Field(default_factory=list)
    manifests: Manifests | None = None
    deploy: Deploy | None = None
    settle: Settle | None = None
    measure: Measure | None = None
    exercise: Exercise | None = None
    parity: Parity | None = None
    analysis: Analysis | None = None
    criteria: list[CriterionResult] = Field(default_factory=list)
    tests: dict[str, str] = Field(default_factory=dict, description="test id to passed, failed, skipped or error")
    cleanup: Cleanup | None = None

    model_config = ConfigDict(extra="forbid", validate_assignment=True, allow_inf_nan=False, populate_by_name=True)

    def failed_phase(self) -> Phase | None:
        """Return the phase that stopped the run, if one did (teardown does not count)."""
        return next((phase for phase in self.phases if not phase.ok and phase.name != "teardown"), None)

    def save(self, file: Path) -> None:
        """Write to `file` aside and rename, so that a reader never sees half of it; in the order of the schema."""
        content = self.model_dump_json(by_alias=True, indent=1)
        aside = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            aside.write_text(content + "\n", encoding="utf-8")
            aside.replace(file)
        except OSError:
            aside.unlink(missing_ok=True)
            raise

    @classmethod
    def load(cls, file: Path) -> Evidence:
        """Read a stored file.

        Raises:
            ConfigError: It is not there, not JSON, or of another schema.
        """
        hint = "name an evidence.json that a run wrote"
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{file} can't be read: {getattr(error, 'strerror', error)}", hint) from None
        _check_schema(text, file)
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the file"
            raise ConfigError(f"{file} is not evidence of schema {SCHEMA}: {where}: {first['msg']}") from None


def _check_schema(text: str, file: Path) -> None:
    """Refuse evidence whose shape a newer version has changed; what is of no schema at all is told by validation.

    Raises:
        ConfigError: Its major version is newer than ours.
    """
    found = re.search(r'"schema":\s*"todo-k8s-evidence/(\d+)\.', text)
    ours = SCHEMA.partition("/")[2].partition(".")[0]
    if found and int(found[1]) > int(ours):
        raise ConfigError(
            f"{file} is of schema version {found[1]}, this version of pytest-todo-k8s reads up to {ours}",
            "judge it with the version that wrote it, or a newer one",
        )
