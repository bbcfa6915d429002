"""The readiness check of the PostgreSQL image asks the server only when the server's lock file says it is up."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_todo_k8s.tools.command import CommandResult, CommandRunner

SCRIPTS = Path(__file__).parents[2] / "Dockerfiles" / "postgres"


def _check(folder: Path, *, pg_isready_status: int = 0) -> CommandResult:
    """Run the check on a data directory with a `pg_isready` that notes that it was called."""
    program = folder / "pg_isready"
    program.write_text(f"#!/bin/sh\n: >'{folder}/asked'\nexit {pg_isready_status}\n", encoding="utf-8")
    program.chmod(0o755)
    runner = CommandRunner({"PATH": f"{folder}:/usr/bin:/bin", "PGDATA": str(folder)})
    return runner.run(["sh", SCRIPTS / "postgres-ready"], timeout_s=10, check=False)


def _lock(folder: Path, *lines: str) -> None:
    (folder / "postmaster.pid").write_text("\n".join(lines) + "\n", encoding="utf-8")


SEVEN = ("1", "/data", "1700000000", "5432", "/run/postgresql", "*", "  123  0")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((), "the server has not started yet"),
        (SEVEN[:5], "the server is starting"),
        ((*SEVEN, "starting"), "the server is starting"),
        ((*SEVEN, "stopping"), "the server is stopping"),
    ],
)
def test_a_server_that_is_not_up_is_not_asked(tmp_path: Path, lines: tuple[str, ...], message: str) -> None:
    if lines:
        _lock(tmp_path, *lines)
    result = _check(tmp_path)
    assert result.exit_code == 1
    assert result.stdout.strip() == message
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize("status", [0, 2])
def test_a_server_that_is_up_answers_for_itself(tmp_path: Path, status: int) -> None:
    _lock(tmp_path, *SEVEN, "ready   ")
    assert _check(tmp_path, pg_isready_status=status).exit_code == status
    assert (tmp_path / "asked").exists()
