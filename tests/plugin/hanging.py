"""Runs that hang where a test wants them to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.plugin.forks import Fork
    from tests.plugin.project import Project

HANGING_TEST = """
import pathlib, os, time
def test_hanging(todo_frontend_url):
    (pathlib.Path(os.environ["STUB_HOME"]) / "reached-test").touch()
    time.sleep(300)
"""


def hang(project: Project, where: str, *arguments: str, cluster: str = "minikube") -> Fork:
    """Start a run and wait until it hangs at the end of a phase, or in a test (`where="test"`)."""
    if where == "test":
        project.pytester.makepyfile(test_a_hanging=HANGING_TEST)
    else:
        project.knobs(**{where: "hang"})
    process = project.start(*arguments, cluster=cluster)
    project.until(f"reached-{where}", process)
    return process
