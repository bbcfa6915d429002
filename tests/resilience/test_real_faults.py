from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.resilience.conftest import Project


def test_image_tag_that_is_not_on_the_node(project: Project, leftovers: Callable[[], list[str]]) -> None:
    helpers = project.root / "charts/todo-chatbot-chart/templates/_helpers.tpl"
    text = helpers.read_text(encoding="utf-8")
    broken = text.replace('printf "%s%s:%s" $registry', 'printf "%s%s:%s-gone" $registry')
    assert broken != text
    helpers.write_text(broken, encoding="utf-8")
    status, output = project.run()
    assert status == 1
    assert project.verdicts()["SC-003"] == "FAIL"
    assert "ErrImageNeverPull" in output
    assert "Traceback" not in output
    assert leftovers() == []


def test_dockerfile_that_fails(project: Project, leftovers: Callable[[], list[str]]) -> None:
    dockerfile = project.root / "Dockerfiles/backend.Dockerfile"
    text = dockerfile.read_text(encoding="utf-8")
    dockerfile.write_text(text.replace("\nRUN ", "\nRUN no-such-command && ", 1), encoding="utf-8")
    status, output = project.run()
    assert status == 10
    assert set(project.verdicts().values()) == {"BLOCKED"}
    assert "no-such-command" in output
    assert "Traceback" not in output
    assert leftovers() == []


@pytest.mark.parametrize("phase", ["build", "load", "deploy", "settle", "measure", "exercise", "parity"])
def test_killed_run_is_swept_by_the_next(project: Project, phase: str, leftovers: Callable[[], list[str]]) -> None:
    project.kill_in(phase)
    assert leftovers() != []
    dockerfile = project.root / "Dockerfiles/backend.Dockerfile"
    dockerfile.write_text("FROM scratch\nRUN never\n", encoding="utf-8")  # the next run only needs to sweep
    status, output = project.run()
    assert status == 10, output
    assert "sweep" in output
    assert leftovers() == []
