from __future__ import annotations

from itertools import combinations

import pytest

from pytest_todo_k8s import exit_codes
from pytest_todo_k8s.exit_codes import PRIORITY, worst


@pytest.mark.parametrize(("first", "second"), list(combinations(PRIORITY, 2)))
def test_of_two_the_earlier_wins(first: int, second: int) -> None:
    assert worst([first, second]) == worst([second, first]) == first


def test_no_code_is_good() -> None:
    assert worst([]) == exit_codes.OK


def test_foreign_code_is_a_bug() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        worst([2])
