"""The table of trials: each way a run can end, without workers and with three, leaves nothing and tells the truth.

The numbers are those of the fifteen scenarios in which a deployment that fixtures own (a file lock and a count of
users, as pytest-xdist's documentation shows) was left behind in eight.
"""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.plugin.hanging import hang
from tests.unit.criteria import sample_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.plugin.project import Project

WAYS = {"n0": ("-n0",), "n3": ("-n3",)}
LONGER_THAN_A_WORKER_MAY_LIVE_S = 12
"""pytest-xdist ends its workers ten seconds after the end of the session began."""
Trial = tuple[int, str]


def _normal(project: Project, way: tuple[str, ...]) -> Trial:
    return project.run(*way)


def _killed_worker(project: Project, way: tuple[str, ...]) -> Trial:
    project.conftest(
        """
        import os
        def pytest_runtest_call(item):
            if "SC-005" in item.nodeid:
                os.kill(os.getpid(), 9)
        """
    )
    status, output = project.run(*way)
    assert "1 error" in output
    assert len(project.junit.findall(".//error")) == 1
    assert "test_criteria.py::test_criterion[SC-005-health]" in (project.out / "report.html").read_text()
    return status, output


def _deploy_raises(project: Project, way: tuple[str, ...]) -> Trial:
    project.knobs(deploy="fail")
    status, output = project.run(*way)
    assert output.count("deploy    FAILED: the stub was told to fail: tell it not to") == 1
    assert "BLOCKED by deploy: the stub was told to fail" in output
    return status, output


def _first_failure(project: Project, way: tuple[str, ...]) -> Trial:
    sample = sample_run.green()
    assert sample.build
    sample.build.wall_s = 301.0
    project.sample(sample)
    status, output = project.run("-x", *way)
    assert "CRASHED" not in output
    return (1 if status == 2 else status), output  # with workers pytest calls a run that -x stopped interrupted


def _signals(where: str, *numbers: signal.Signals, teardown_s: float = 0.0) -> Callable[..., Trial]:
    """Send signals, 0.3 s apart, to a run that hangs."""

    def trial(project: Project, way: tuple[str, ...]) -> Trial:
        project.api.delete_s = teardown_s
        process = hang(project, where, *way)
        for number in numbers:
            process.send_signal(number)
            time.sleep(0.3)
        status, output = project.finish(process)
        assert project.evidence.run.interrupted
        assert project.evidence.run.status == status
        assert "interrupted: taking everything down; by hand: kubectl delete namespace todo-app-dev" in output
        assert "<title>INCOMPLETE: " in (project.out / "report.html").read_text()
        return status, output

    return trial


INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
TRIALS: dict[str, tuple[Callable[..., Trial], int]] = {
    "1-2 normal": (_normal, 0),
    "3 worker killed in a test": (_killed_worker, 11),
    "4 deploy raises": (_deploy_raises, 10),
    "5 -x": (_first_failure, 1),
    "6-7 Ctrl-C during deploy": (_signals("deploy", INT), 2),
    "8-9 Ctrl-C during tests": (_signals("test", INT), 2),
    "10-11 Ctrl-C, long teardown": (_signals("test", INT, teardown_s=LONGER_THAN_A_WORKER_MAY_LIVE_S), 2),
    "12-13 Ctrl-C twice": (_signals("deploy", INT, INT, teardown_s=1), 2),
    "12-13 Ctrl-C twice during tests": (_signals("test", INT, INT, teardown_s=1), 2),
    "14-15 SIGTERM": (_signals("deploy", TERM), 2),
    "14-15 SIGTERM during tests": (_signals("test", TERM), 2),
    "14-15 SIGHUP": (_signals("deploy", HUP), 2),
    "14-15 SIGHUP during tests": (_signals("test", HUP), 2),
}
IMPOSSIBLE = {(_killed_worker, "n0")}
"""Without workers there is none to kill."""


@pytest.mark.parametrize(
    ("name", "way"),
    [(name, way) for name, (trial, _) in TRIALS.items() for way in WAYS if (trial, way) not in IMPOSSIBLE],
)
def test_trial(project: Project, name: str, way: str) -> None:
    trial, expected = TRIALS[name]
    status, output = trial(project, WAYS[way])
    assert (status, project.left()) == (expected, []), output
    assert project.phases.count("deploy") == 1
    assert project.api.writes.count("POST /api/v1/namespaces") == 1
    assert "Traceback" not in output


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("spacing_s", [0.05, 0.2, 0.5, 1.2, 2.5])
def test_three_times_ctrl_c(project: Project, spacing_s: float, way: str) -> None:
    project.api.delete_s = 2.5
    process = hang(project, "deploy", *WAYS[way])
    for _ in range(3):
        # Once it is over, it is Python that a Ctrl-C ends.
        if process.poll() is None and "nothing left" not in project.output:
            process.send_signal(signal.SIGINT)
        time.sleep(spacing_s)
    status, output = project.finish(process)
    assert (status, project.left()) == (2, []), output
    assert "interrupted: taking everything down; by hand: kubectl delete namespace todo-app-dev" in output
    assert spacing_s < 1 or "clean-up is under way; by hand: kubectl delete namespace todo-app-dev" in output


@pytest.mark.parametrize("way", WAYS)
def test_ctrl_c_of_the_whole_terminal(project: Project, way: str) -> None:
    process = hang(project, "test", *WAYS[way])
    os.killpg(process.pid, signal.SIGINT)
    status, output = project.finish(process)
    assert (status, project.left()) == (2, []), output
