"""Findings of scanners, and those that are accepted: `accepted.toml` says which, where and why."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).parents[2]
ACCEPTED: Final = Path(__file__).with_name("accepted.toml")


@dataclass(frozen=True)
class Finding:
    """What a scanner says against something.

    Attributes:
        scanner: `hadolint`, `checkov dockerfile`, `checkov kubernetes`.
        rule: The scanner's name of the rule, `DL3008` for example.
        place: A path below the project's folder, or a manifest's kind and name.
        text: What the scanner says.
    """

    scanner: str
    rule: str
    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.rule} ({self.scanner}): {self.text}"


@dataclass(frozen=True)
class Acceptance:
    """A finding that is let pass: rule and scope (a glob over places), why, who decided, and until when."""

    scanner: str
    rule: str
    scope: str
    reason: str
    owner: str
    expires: date

    def covers(self, finding: Finding) -> bool:
        """Tell whether this is about that finding."""
        same = (self.scanner, self.rule) == (finding.scanner, finding.rule)
        return same and fnmatchcase(finding.place, self.scope)


def acceptances(file: Path = ACCEPTED) -> list[Acceptance]:
    """Read the accepted findings; every key is required, none may be empty."""
    accepted = [Acceptance(**entry) for entry in tomllib.loads(file.read_text(encoding="utf-8"))["accepted"]]
    for each in accepted:
        assert all((each.scanner, each.rule, each.scope, each.reason, each.owner)), f"{file.name}: empty key in {each}"
    return accepted


def complaints(scanner: str, findings: Sequence[Finding], accepted: Sequence[Acceptance]) -> list[str]:
    """Return what is wrong: findings nobody accepted, acceptances that are expired or that nothing needs any more.

    Args:
        scanner: The one whose acceptances are looked at; the others' are another test's.
        findings: Everything that it found.
        accepted: All acceptances.
    """
    own = [each for each in accepted if each.scanner == scanner]
    today = datetime.now(UTC).date()
    return [
        *(str(finding) for finding in findings if not any(each.covers(finding) for each in own)),
        *(f"expired: {each.rule} at {each.scope}, on {each.expires}" for each in own if each.expires < today),
        *(
            f"unused: {each.rule} at {each.scope} is accepted and not found"
            for each in own
            if not any(each.covers(finding) for finding in findings)
        ),
    ]
