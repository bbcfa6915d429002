from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.assistants.proposal import Proposal, Review, Status, find, keep
from pytest_todo_k8s.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def proposal(content: str = "FROM scratch\n") -> Proposal:
    return Proposal(tool="gordon", subject="dockerfile", target="backend", status=Status.OK, content=content)


def test_kept_for_the_owner_alone_and_found_by_hash(tmp_path: Path) -> None:
    file = keep(proposal(), Review(allowed=False, violations=["x"]), tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    found = find(proposal().sha256[:12], tmp_path)
    assert (found.proposal, found.review.violations) == (proposal(), ["x"])


@pytest.mark.parametrize("approval", ["", "abc", "../../etc", "z" * 12])
def test_what_is_no_hash(tmp_path: Path, approval: str) -> None:
    with pytest.raises(ConfigError, match="is no hash of a proposal"):
        find(approval, tmp_path)


def test_an_unknown_hash(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no proposal has the hash"):
        find("0" * 12, tmp_path)


def test_a_proposal_changed_after_its_review(tmp_path: Path) -> None:
    file = keep(proposal(), Review(allowed=True), tmp_path)
    file.write_text(file.read_text().replace("FROM scratch", "FROM evil"))
    with pytest.raises(ConfigError, match="changed after its review"):
        find(proposal().sha256, tmp_path)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ai").mkdir()
    (tmp_path / "ai" / "x.json").write_text("{}")
    with pytest.raises(ConfigError, match="is no stored proposal"):
        find("0" * 12, tmp_path)
