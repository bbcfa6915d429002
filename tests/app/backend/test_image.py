"""What can be said about the image without an engine: its Dockerfile, its context and its locked dependencies."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
DOCKERFILE = (ROOT / "Dockerfiles" / "backend.Dockerfile").read_text(encoding="utf-8")
IGNORED = (ROOT / "Dockerfiles" / "backend.Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
LOCK = (ROOT / "app" / "backend" / "requirements.txt").read_text(encoding="utf-8")


def instructions(name: str) -> list[str]:
    """The arguments of all instructions of a kind, with continued lines joined."""
    lines = [line for line in DOCKERFILE.splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [line.removeprefix(name).strip() for line in joined.splitlines() if line.startswith(f"{name} ")]


def test_bases_are_arguments_with_public_defaults() -> None:
    assert instructions("ARG") == ["PYTHON_BUILD=python:3.13-slim-trixie", "SOURCE_DATE_EPOCH=1767225600"]
    assert instructions("FROM") == ["${PYTHON_BUILD} AS build", "scratch"]


def test_one_port_for_image_and_process() -> None:
    port = re.search(r"\bPORT=(\d+)", " ".join(instructions("ENV")))
    assert port is not None
    assert instructions("EXPOSE") == [port[1]] == ["8080"]


def test_process_is_not_root_and_gets_signals() -> None:
    [user] = instructions("USER")
    assert all(int(number) >= 10001 for number in user.split(":"))
    [command] = instructions("CMD")
    assert json.loads(command) == ["python", "-m", "app"]
    [check] = instructions("HEALTHCHECK")
    assert json.loads(check.partition(" CMD ")[2]) == ["python", "-m", "app.healthcheck"]


def test_nothing_is_added_and_nothing_secret_is_kept() -> None:
    assert instructions("ADD") == []
    kept = " ".join(instructions("ARG") + instructions("ENV"))
    assert not re.search("SECRET|PASSWORD|TOKEN|KEY|DATABASE", kept)
    assert not DOCKERFILE.startswith("# syntax=")
    assert "<<" not in DOCKERFILE


def test_context_is_an_allow_list() -> None:
    rules = [rule for rule in IGNORED if rule and not rule.startswith("#")]
    assert rules == ["*", "!requirements.txt", "!collect-python", "!app", "**/__pycache__"]


def test_interpreters_are_collected_in_one_way() -> None:
    backend, emulator = (ROOT / "app" / name / "collect-python" for name in ("backend", "gemini_emulator"))
    assert backend.read_bytes() == emulator.read_bytes()
    assert all(each.stat().st_mode & 0o111 for each in (backend, emulator))


def test_dependencies_are_locked_with_hashes_and_without_addresses() -> None:
    pinned = re.findall(r"^([a-z0-9-]+)==\S+ \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", LOCK, re.MULTILINE)
    requirements = [line for line in LOCK.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(pinned) == len(requirements) > 10
    assert "://" not in LOCK
    assert "index-url" not in LOCK
    names = {name for name, _ in pinned}
    assert names >= {"fastapi", "uvicorn", "psycopg", "psycopg-binary", "psycopg-pool", "pyjwt", "argon2-cffi"}
    assert not names & {"uvloop", "httptools", "watchfiles", "passlib", "google-generativeai", "requests"}
