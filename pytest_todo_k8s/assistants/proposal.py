"""What an assistant proposes, what the review says of it, and how both are kept: by the hash of the content."""

from __future__ import annotations

import hashlib
import json
import os
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

from pydantic import Field, ValidationError

from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.model import Model

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "ai"
"""Folder of proposals below the output folder."""
_HASH: Final = re.compile(r"[0-9a-f]{12,64}")
Subject = Literal["dockerfile", "manifest", "health", "resources"]


class Status(StrEnum):
    """How a call ended."""

    OK = "ok"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    MALFORMED = "malformed"
    UNAVAILABLE = "unavailable"


class Detection(Model):
    """Whether a tool can be used here, and why not."""

    available: bool
    version: str = ""
    reason: str = ""


class Proposal(Model):
    """One answer of a tool; `content` is what could be applied, `commands` what it would have run itself."""

    tool: str
    subject: Subject
    target: str = Field(description="image, `Kind/name` or namespace that it is about")
    status: Status
    argv: list[str] = Field(default_factory=list)
    prompt_sha256: str = ""
    content: str = ""
    commands: list[str] = Field(default_factory=list)
    text: str = ""
    raw: str = ""
    exit_code: int | None = None
    duration_s: float = 0.0

    @property
    def sha256(self) -> str:
        """The hash that an approval names: of tool, subject, target, content and commands."""
        what = [self.tool, self.subject, self.target, self.content, self.commands]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()


class Review(Model):
    """The verdict on one proposal; only an allowed one can be applied."""

    allowed: bool
    violations: list[str] = Field(default_factory=list)


class Stored(Model):
    """A proposal with its verdict, as it is kept."""

    sha256: str
    proposal: Proposal
    review: Review


def keep(proposal: Proposal, review: Review, out: Path) -> Path:
    """Write a proposal and its verdict into `out/ai` (0600), and return the file."""
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    stored = Stored(sha256=proposal.sha256, proposal=proposal, review=review)
    file = folder / f"{proposal.subject}-{proposal.tool}-{proposal.sha256[:12]}.json"
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(stored.model_dump_json(indent=1) + "\n")
    aside.replace(file)
    return file


def find(approval: str, out: Path) -> Stored:
    """Return the stored proposal that a hash names.

    Raises:
        ConfigError: The hash is none, names nothing or several, or the file is not what was reviewed.
    """
    if not _HASH.fullmatch(approval):
        raise ConfigError(f"{approval!r} is no hash of a proposal", "give at least its first 12 characters")
    files = sorted((out / FOLDER).glob("*.json"))
    found = [stored for file in files if (stored := _load(file)).sha256.startswith(approval)]
    if len(found) != 1:
        what = "several proposals have" if found else "no proposal has"
        raise ConfigError(f"{what} the hash {approval} in {out / FOLDER}", "run the command without --apply first")
    if found[0].proposal.sha256 != found[0].sha256:
        raise ConfigError(f"the proposal {approval} was changed after its review", "let it be proposed again")
    return found[0]


def _load(file: Path) -> Stored:
    try:
        return Stored.model_validate_json(file.read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        raise ConfigError(f"{file} is no stored proposal", "remove it") from None
