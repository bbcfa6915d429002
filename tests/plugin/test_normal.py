"""Runs in which everything is as it should be."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.gate import EXPECTED

if TYPE_CHECKING:
    from tests.plugin.project import Project

WAYS = {
    "serial": (),
    "three workers": ("-n3",),
    "one worker": ("-n1",),
    "as many as cores": ("-nauto",),
    "no xdist": ("-p", "no:xdist"),
    "no xdist and no report": ("-p", "no:xdist", "-p", "no:html"),
    "workers and no report": ("-n2", "-p", "no:html"),
    "a file for each worker": ("-n2", "--dist=loadfile"),
    "a scope for each worker": ("-n2", "--dist=loadscope"),
    "workers that steal": ("-n2", "--dist=worksteal"),
}


@pytest.mark.parametrize("way", WAYS)
def test_good_run_is_green_and_leaves_nothing(project: Project, way: str) -> None:
    # Not forks of a process that has imported much already.
    status, output = project.finish(project.start_anew(*WAYS[way]))
    assert (status, project.left()) == (0, []), output
    shown = " - report: out/report.html" if "no:html" not in WAYS[way] else "\n"
    assert f"PASS: 11 of 11 criteria met{shown}" in output
    assert output.count("SC-0") >= 11
    evidence = project.evidence
    assert [phase.name for phase in evidence.phases] == [*project.phases, "teardown"]
    assert project.phases == ["preflight", "build", "load", "deploy", "settle", "measure", "exercise", "parity"]
    assert project.api.writes == ["POST /api/v1/namespaces", "DELETE /api/v1/namespaces/todo-app-dev"]
    assert evidence.run.status == 0
    workers = next((word for word in WAYS[way] if word.startswith("-n")), "-n0").removeprefix("-n")
    assert evidence.run.workers == (len(os.sched_getaffinity(0)) if workers == "auto" else int(workers))
    assert evidence.cleanup
    assert evidence.cleanup.ok
    assert evidence.cleanup.gone_after_s is not None
    assert f"(UID {evidence.cleanup.uid}) gone after" in output


def test_results_are_in_the_output_folder(project: Project) -> None:
    status, output = project.run()
    assert status == 0, output
    suite = project.junit
    assert len(suite.findall(".//testcase")) == len(EXPECTED)
    properties = {each.get("name"): each.get("value") for each in suite.findall("./testsuite/properties/property")}
    assert properties == {"todo_run_id": project.evidence.run.id, "todo_verdict": "PASS"}
    page = (project.out / "report.html").read_text()
    assert "<title>PASS: 11 of 11 criteria met" in page


def test_second_run_replaces_the_results_of_the_first(project: Project) -> None:
    project.run()
    first = project.evidence.run.id
    (project.out / "logs" / "old.log").write_text("of the first run")
    (project.out / "mine.txt").write_text("of the user")
    project.knobs(deploy="fail")
    project.run("-p", "no:html")
    assert project.evidence.run.id != first
    left = {file.name for file in project.out.iterdir()}
    assert left == {"evidence.json", "junit.xml", "logs", "mine.txt", "summary.md"}
    assert list((project.out / "logs").iterdir()) == []


def test_places_that_the_user_names_are_kept(project: Project) -> None:
    status, output = project.run("--html=mine/page.html", "--self-contained-html", "--junitxml=mine/rows.xml")
    assert status == 0, output
    assert "report: mine/page.html" in output
    assert {file.name for file in (project.path / "mine").iterdir()} == {"page.html", "rows.xml"}
    assert {file.name for file in project.out.iterdir()} == {
        "evidence.json",
        "logs",
        "summary.md",
        "values-recommended.yaml",
    }


def test_children_get_neither_secrets_nor_a_changed_parent(project: Project) -> None:
    project.environment |= {"MY_DATABASE": "postgresql://u:canary-1@db/todo", "GEMINI_API_KEY": "canary-2"}
    project.pytester.makepyfile(
        test_environment="""
        import os, stub_modules
        def test_environment():
            now = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
            assert now == {key: value for key, value in stub_modules.BEFORE.items() if not key.startswith("PYTEST_")}
        """
    )
    status, output = project.run("--todo-database-url-env=MY_DATABASE")
    assert status == 0, output
    names = (project.home / "docker.environment").read_text().split()
    assert "TODO_K8S_RUN_ID" in names
    assert not {"MY_DATABASE", "GEMINI_API_KEY"} & set(names)
    assert not (project.home / "docker.canary").exists()  # nor their values by another name
    written = [file for file in project.out.rglob("*") if file.is_file()]
    assert not [file for file in written if "canary" in file.read_text()]


@pytest.mark.parametrize("way", [(), ("-n2",)])
def test_fixtures_for_tests_of_other_people(project: Project, way: tuple[str, ...]) -> None:
    project.pytester.makepyfile(
        test_mine="""
        import pytest
        from kubernetes import client

        def test_reading(todo_kube):
            names = [each.metadata.name for each in client.CoreV1Api(todo_kube).list_namespace().items]
            assert names == ["todo-app-dev"]

        def test_writing(todo_kube):
            with pytest.raises(PermissionError, match="only reads"):
                client.CoreV1Api(todo_kube).delete_namespace("todo-app-dev")

        def test_facts(todo_cluster, todo_images, todo_deployment, todo_frontend_url, todo_backend_url, todo_evidence):
            assert todo_cluster.machine.provider == "minikube"
            assert todo_cluster.kubeconfig.stat().st_mode & 0o777 == 0o600
            assert todo_images["backend"].reference.startswith("todo-backend:")
            assert todo_deployment.release == "todo-chatbot"
            assert todo_frontend_url == "http://127.0.0.1:30080"
            assert todo_backend_url == "http://127.0.0.1:18080"
            assert todo_evidence.failed_phase() is None
        """
    )
    status, output = project.run(*way)
    assert (status, project.left()) == (0, []), output


@pytest.mark.parametrize("way", [(), ("-n2",)])
@pytest.mark.parametrize("loaded", ["by name", "by name and first", "as installed"])
def test_however_it_is_loaded_the_report_comes_after_the_clean_up(
    project: Project, loaded: str, way: tuple[str, ...]
) -> None:
    (project.home / "docker-refuses").touch()
    if loaded == "as installed":
        del project.environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
    first = ("-p", "pytest_todo_k8s.plugin") if loaded == "by name and first" else ()
    status, output = project.run(*first, *way)
    assert status == 12, output
    page = (project.out / "report.html").read_text()
    assert "<title>INCOMPLETE: 11 of 11 criteria met" in page
    assert "todo-backend:stub" in page
