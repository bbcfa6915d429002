"""Runs without cluster and engine: a stored run judged again, and the chart checked by itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.evidence import Verdict
from pytest_todo_k8s.gate import EXPECTED
from tests.unit.criteria import sample_run

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_todo_k8s.evidence import Evidence
    from tests.plugin.project import Project

ROOT = Path(__file__).parents[2]
BARE = ("-p", "no:xdist", "-p", "no:html")
WAYS = [(), ("-n2",)]


def _store(project: Project, change: Callable[[Evidence], None] = lambda _evidence: None) -> Path:
    """Write a stored run to a file; what `change` does to it was so when it was recorded."""
    evidence = sample_run.green()
    evidence.run.status = 0
    change(evidence)
    file = project.path / "stored" / "evidence.json"
    file.parent.mkdir(exist_ok=True)
    evidence.save(file)
    return file


def _nothing_touched(project: Project) -> None:
    assert project.phases == []
    assert not project.api.requests
    assert not (project.home / "docker.log").exists()
    assert project.left() == []


@pytest.mark.parametrize("way", WAYS)
def test_stored_run_gets_the_same_verdicts(project: Project, way: tuple[str, ...]) -> None:
    for name in ("docker", "minikube", "kubectl", "helm"):
        (project.path / "bin" / name).unlink()
    file = _store(project)
    before = file.read_bytes()
    status, output = project.run(f"--todo-evidence={file}", *way, cluster=None)
    assert status == 0, output
    assert "PASS: 11 of 11 criteria met - report: out/report.html" in output
    assert len(project.junit.findall(".//testcase")) == len(EXPECTED)
    assert "<title>PASS: 11 of 11 criteria met" in (project.out / "report.html").read_text()
    assert file.read_bytes() == before
    assert sorted(each.name for each in project.out.iterdir()) == ["junit.xml", "report.html", "summary.md"]
    _nothing_touched(project)


def test_report_of_a_stored_run_may_stand_beside_its_evidence(project: Project) -> None:
    file = _store(project)
    before = file.read_bytes()
    status, output = project.run(f"--todo-evidence={file}", f"--todo-out={file.parent}", cluster=None)
    assert status == 0, output
    assert file.read_bytes() == before
    assert (file.parent / "report.html").exists()


def test_report_of_a_stored_run_never_stands_beside_the_evidence_of_another(project: Project) -> None:
    file = _store(project)
    project.out.mkdir()
    shutil.copy(file, project.out)
    status, output = project.run(f"--todo-evidence={file}", cluster=None)
    assert status == 4, output
    assert f"{project.out} holds the results of another run than {file}: name another folder with --todo-out" in output


def _other_test_failed(evidence: Evidence) -> None:
    evidence.run.status = 1


def _row_was_lost(evidence: Evidence) -> None:
    evidence.run.status = 11


def _interrupted(evidence: Evidence) -> None:
    evidence.run.status = 2
    evidence.run.interrupted = True


def _left_behind(evidence: Evidence) -> None:
    evidence.run.status = 12
    assert evidence.cleanup
    evidence.cleanup.leftovers = ["image x"]


def _died(evidence: Evidence) -> None:
    evidence.run.status = None
    evidence.criteria, evidence.cleanup, evidence.parity = [], None, None
    evidence.phases = [phase for phase in evidence.phases if phase.name not in {"parity", "teardown"}]


def _slow_build(evidence: Evidence) -> None:
    assert evidence.build
    evidence.run.status = 1
    evidence.build.wall_s = 301.0
    evidence.criteria[0].verdict = Verdict.FAIL


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_other_test_failed, 1),
        (_row_was_lost, 11),
        (_interrupted, 11),
        (_left_behind, 12),
        (_died, 11),
        (_slow_build, 1),
    ],
)
def test_stored_run_keeps_its_status(project: Project, change: Callable[[Evidence], None], expected: int) -> None:
    status, output = project.run(f"--todo-evidence={_store(project, change)}", *BARE, cluster=None)
    assert status == expected, output
    assert "partial run" not in output
    _nothing_touched(project)


def test_other_limits_are_no_gate(project: Project) -> None:
    file = _store(project, _slow_build)
    status, output = project.run(f"--todo-evidence={file}", "--todo-limit=SC-001=400", *BARE, cluster=None)
    assert status == 0, output
    assert "partial run: not a gate (re-judged with other limits)" in output
    file = _store(project)
    status, output = project.run(f"--todo-evidence={file}", "--todo-limit=SC-001=10", *BARE, cluster=None)
    assert status == 1, output
    assert "partial run: not a gate (re-judged with other limits)" in output


def test_limits_of_the_stored_run_stay(project: Project) -> None:
    def tight(evidence: Evidence) -> None:
        evidence.run.limits = {"SC-001-wall": 10.0}
        evidence.run.status = 1
        evidence.criteria[0].verdict = Verdict.FAIL
        evidence.criteria[0].parts[0].limit = 10.0

    status, output = project.run(f"--todo-evidence={_store(project, tight)}", *BARE, cluster=None)
    assert status == 1, output
    assert "not under the limit of 10 s" in output
    assert "partial run" not in output


@pytest.mark.parametrize("way", WAYS)
def test_tests_that_want_a_deployment_are_skipped(project: Project, way: tuple[str, ...]) -> None:
    project.pytester.makepyfile(
        test_mine="""
        def test_url(todo_frontend_url): pass
        def test_evidence(todo_evidence): assert todo_evidence.deploy
        """
    )
    status, output = project.run(f"--todo-evidence={_store(project)}", "-rs", *way, cluster=None)
    assert status == 0, output
    assert "nothing is deployed: a stored run is judged" in output
    assert f"{len(EXPECTED) + 1} passed, 1 skipped" in output


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "can't be read: No such file or directory: name an evidence.json that a run wrote"),
        (b"", "is not evidence of schema todo-k8s-evidence/1."),
        (b"\xff\xfe", "can't be read"),
        (b"{}", "is not evidence of schema"),
        (
            b'{"schema": "todo-k8s-evidence/2.0"}',
            "is of schema version 2, this version of pytest-todo-k8s reads up to 1",
        ),
    ],
)
def test_what_is_no_evidence_is_one_sentence(project: Project, content: bytes | None, told: str) -> None:
    file = project.path / "stored.json"
    if content is not None:
        file.write_bytes(content)
    status, output = project.run(f"--todo-evidence={file}", cluster=None)
    assert status == 4, output
    assert told in output
    assert len(output.strip().splitlines()) == 1, output


def test_stored_run_and_cluster_exclude_each_other(project: Project) -> None:
    file = _store(project)
    status, output = project.run(f"--todo-evidence={file}")
    assert status == 4, output
    assert "--todo-evidence and --todo-cluster exclude each other: a stored run is judged without a cluster" in output
    project.environment["TODO_CLUSTER"] = "minikube"
    assert project.run(f"--todo-evidence={file}", *BARE, cluster=None)[0] == 0


def _helm(project: Project, *, lint: str = "") -> None:
    """A helm that renders a chart without any pod, and refuses what the schema must refuse."""
    chart = project.path / "charts" / "todo-chatbot-chart"
    chart.mkdir(parents=True)
    for name in ("Chart.yaml", "values-dev.yaml"):
        (chart / name).write_text("{}")
    manifest = json.dumps({"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "x"}})
    project.tool(
        "helm",
        f"""#!/bin/sh
        case "$* " in
        lint*) [ -z "{lint}" ] || {{ echo "[ERROR] templates/: {lint}"; exit 1; }} ;;
        *wrong-values.yaml*) echo "Error: values don't meet the specifications of the schema(s)" >&2; exit 1 ;;
        template*) echo '{manifest}' ;;
        esac
        """,
    )


@pytest.mark.parametrize("way", WAYS)
def test_chart_alone(project: Project, way: tuple[str, ...]) -> None:
    _helm(project)
    status, output = project.run(*way, cluster="none")
    assert status == 11, output
    assert "INCOMPLETE: 0 of 11 criteria met (exit status 11)" in output
    assert "cluster    none: the chart is checked, nothing is built, deployed or measured" in output
    verdicts = {result.id: result.verdict for result in project.evidence.criteria}
    assert set(verdicts.values()) == {Verdict.NOT_RUN}, "no promise is kept without a cluster"
    assert "static checks are kept; the rest needs a cluster" in project.evidence.criteria[8].reason
    _nothing_touched(project)


def test_chart_alone_keeps_no_promise_that_was_asked_for_by_name(project: Project) -> None:
    _helm(project)
    status, output = project.run("--todo-only=SC-009", *BARE, cluster="none")
    assert status == 1, output
    assert "partial run: not a gate (narrowed by --todo-only to SC-009)" in output
    assert "FAIL: 0 of 1 criteria met (exit status 1)" in output


def test_chart_alone_with_a_fault(project: Project) -> None:
    _helm(project, lint="something is wrong")
    status, output = project.run(*BARE, cluster="none")
    assert status == 1, output
    assert project.evidence.criteria[8].verdict is Verdict.FAIL
    assert "something is wrong" in output
    _nothing_touched(project)


def test_no_chart_at_all(project: Project) -> None:
    status, output = project.run(*BARE, cluster="none")
    assert status == 11, output
    assert "there is no Helm chart in " in output
    assert "Traceback" not in output
