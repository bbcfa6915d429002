from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from app.dsn import parse_database_url
from app.migrate import MigrationError, apply, connect
from app.migrations import Migration, known_migrations, newest_version

import app

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(app.__file__).parents[1]


def migrate(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.migrate"],
        cwd=FOLDER,
        env={"PATH": os.defpath, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def history(url: str) -> list[tuple[int, str]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT version, checksum FROM schema_migrations ORDER BY version").fetchall()


def test_files_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in (FOLDER / "app" / "migrations").glob("*.sql"))
    assert all(re.fullmatch(r"\d{4}_[a-z_]+\.sql", name) for name in names)
    assert [migration.version for migration in known_migrations()] == list(range(1, len(names) + 1))
    assert newest_version() == len(names)


def test_schema_is_that_of_the_contract(new_schema: Callable[[], str]) -> None:
    with psycopg.connect(new_schema()) as connection:
        columns = connection.execute(
            "SELECT table_name, string_agg(column_name, ' ' ORDER BY ordinal_position) FROM information_schema.columns "
            "WHERE table_schema = 'public' GROUP BY table_name ORDER BY table_name"
        ).fetchall()
        indexes = {
            row[0]
            for row in connection.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'").fetchall()
        }
        extensions = connection.execute("SELECT extname FROM pg_extension").fetchall()
    assert dict(columns) == {
        "conversations": "id user_id title lease_id lease_until created_at updated_at",
        "messages": "id conversation_id seq role content status tool_invocations model_content created_at",
        "rate_limits": "bucket window_start count",
        "schema_migrations": "version checksum applied_at",
        "tasks": "id user_id title description completed due_date created_at updated_at",
        "users": "id email name password_hash created_at updated_at",
    }
    assert any("UNIQUE" in index and "lower(email)" in index for index in indexes)
    assert any("(user_id, completed, created_at DESC)" in index for index in indexes)
    assert any("conversations" in index and "(user_id, updated_at DESC)" in index for index in indexes)
    assert any("messages" in index and "(conversation_id, seq)" in index for index in indexes)
    assert extensions == [("plpgsql",)]


def test_second_run_changes_nothing(new_database: Callable[[], str]) -> None:
    url = new_database()
    first = migrate(DATABASE_URL=url)
    assert first.returncode == 0, first.stderr
    before = history(url)
    assert before == [(migration.version, migration.checksum) for migration in known_migrations()]
    second = migrate(DATABASE_URL=url)
    assert second.returncode == 0, second.stderr
    assert history(url) == before
    assert '"applied": []' in second.stdout
    for output in (first, second):
        assert output.stderr == ""
        assert not re.search("error|exception|traceback|fatal|failed", output.stdout, re.IGNORECASE)


def test_four_at_once_apply_each_migration_once(new_database: Callable[[], str]) -> None:
    url = new_database()
    with ThreadPoolExecutor(4) as pool:
        outputs = list(pool.map(lambda _: migrate(DATABASE_URL=url), range(4)))
    assert [(output.returncode, output.stderr) for output in outputs] == [(0, "")] * 4
    applied = [line for output in outputs for line in output.stdout.splitlines() if "migration applied" in line]
    assert len(applied) == newest_version()


def test_a_second_one_waits_for_the_transaction_of_the_first(new_database: Callable[[], str]) -> None:
    address = parse_database_url(new_database())
    first = known_migrations()[0]
    slow = Migration(first.version, "slow", "SELECT pg_sleep(0.5); CREATE TABLE once ()")
    answers: list[bool] = []

    def run() -> None:
        with connect(address, patience_s=5) as connection:
            answers.append(apply(connection, slow))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(answers) == [False, True]


def test_a_migration_that_does_not_work_leaves_nothing(new_database: Callable[[], str]) -> None:
    url = new_database()
    half = Migration(1, "half", "CREATE TABLE half (); SELECT 1 / 0")
    with connect(parse_database_url(url), patience_s=5) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            apply(connection, half)
        assert connection.execute("SELECT to_regclass('half'), to_regclass('schema_migrations')").fetchone() == (
            None,
            None,
        )


def test_a_changed_migration_is_refused(new_database: Callable[[], str]) -> None:
    url = new_database()
    migrate(DATABASE_URL=url)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE schema_migrations SET checksum = 'other' WHERE version = 2")
    output = migrate(DATABASE_URL=url)
    assert output.returncode == 1
    assert output.stderr == "migrate: migration 0002 was changed after it had been applied.\n"


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "migrate: DATABASE_URL is not set.\n"),
        ({"DATABASE_URL": "mysql://u:hidden@h/d"}, "migrate: DATABASE_URL is not usable: it must start with"),
        ({"DATABASE_URL": "postgres://h/d", "LOG_LEVEL": "x"}, "migrate: LOG_LEVEL must be one of"),
    ],
)
def test_bad_configuration_is_one_line(environment: dict[str, str], sentence: str) -> None:
    output = migrate(**environment)
    assert output.returncode == 1
    assert output.stderr.startswith(sentence)
    assert output.stderr.count("\n") == 1
    assert "hidden" not in output.stderr
    assert output.stdout == ""


def test_waiting_ends_with_the_reason(tmp_path: Path) -> None:
    address = parse_database_url(f"postgresql://todo:hidden@/todo?host={tmp_path}")
    started = time.monotonic()
    with pytest.raises(MigrationError, match=r"^database todo on .* not reachable for 2 s: no server listens there\.$"):
        connect(address, patience_s=2)
    assert time.monotonic() - started < 3


def test_waiting_ends_as_soon_as_the_database_is_there(
    postgres: Path, new_database: Callable[[], str], tmp_path: Path
) -> None:
    name = new_database().partition("/todo")[2].partition("?")[0]
    late = tmp_path / "late"
    address = parse_database_url(f"postgresql://postgres@/todo{name}?host={late}")
    timer = threading.Timer(1.5, late.symlink_to, [postgres])
    timer.start()
    with connect(address, patience_s=20) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    timer.join()
