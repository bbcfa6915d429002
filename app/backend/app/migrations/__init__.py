"""The schema as numbered SQL files, ``NNNN_subject.sql``: never changed once released, only followed by the next one.

Changes are expand-then-contract, so that pods of the previous version keep working during a roll-out.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Migration:
    """One numbered change of the schema; ``checksum`` is the SHA-256 of its text."""

    version: int
    subject: str
    sql: str

    @property
    def checksum(self) -> str:
        """Hexadecimal SHA-256 of the SQL text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@cache
def known_migrations() -> tuple[Migration, ...]:
    """Return all migrations of this version of the backend, oldest first."""
    found = [entry for entry in files(__name__).iterdir() if entry.name.endswith(".sql")]
    return tuple(
        Migration(int(entry.name[:4]), entry.name[5:-4], entry.read_text(encoding="utf-8"))
        for entry in sorted(found, key=lambda entry: entry.name)
    )


def newest_version() -> int:
    """Return the number of the newest migration that this version of the backend knows."""
    return known_migrations()[-1].version
