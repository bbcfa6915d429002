from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from tests.scan.findings import Acceptance, Finding, acceptances, complaints

if TYPE_CHECKING:
    from pathlib import Path

FOUND = Finding("hadolint", "DL3008", "Dockerfiles/postgres.Dockerfile", "Pin versions")
FAR = date(2999, 1, 1)


def accepted(rule: str = "DL3008", scope: str = "Dockerfiles/*", expires: date = FAR) -> Acceptance:
    return Acceptance("hadolint", rule, scope, "because", "somebody", expires)


def test_only_what_is_accepted_passes() -> None:
    assert complaints("hadolint", [FOUND], []) == [
        "Dockerfiles/postgres.Dockerfile: DL3008 (hadolint): Pin versions",
    ]
    assert complaints("hadolint", [FOUND], [accepted()]) == []
    elsewhere = complaints("hadolint", [FOUND], [accepted(scope="Dockerfiles/backend.Dockerfile")])
    assert elsewhere[1:] == ["unused: DL3008 at Dockerfiles/backend.Dockerfile is accepted and not found"]


def test_expired_and_unused_acceptances_fail() -> None:
    assert complaints("hadolint", [FOUND], [accepted(expires=date(2020, 1, 1))]) == [
        "expired: DL3008 at Dockerfiles/*, on 2020-01-01"
    ]
    assert complaints("hadolint", [], [accepted()]) == ["unused: DL3008 at Dockerfiles/* is accepted and not found"]
    assert complaints("checkov dockerfile", [], [accepted()]) == []


@pytest.mark.parametrize("line", ['reason = ""', 'because = "x"'])
def test_an_acceptance_is_complete(tmp_path: Path, line: str) -> None:
    file = tmp_path / "accepted.toml"
    entry = '[[accepted]]\nscanner = "s"\nrule = "r"\nscope = "*"\nowner = "o"\nexpires = 2999-01-01\n'
    file.write_text(f"{entry}{line}\n", encoding="utf-8")
    with pytest.raises((AssertionError, TypeError)):
        acceptances(file)
