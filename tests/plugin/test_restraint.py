"""The plugin keeps still where it wasn't asked, and refuses what can't work before it touches anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin.project import Project

HEAVY = {"docker", "jinja2", "kubernetes", "pydantic", "requests", "yaml"}


def test_without_the_option_nothing_is_imported_or_written(project: Project) -> None:
    (project.path / "conftest.py").unlink()
    (project.path / "test_criteria.py").unlink()
    project.pytester.makepyfile(
        test_mine=f"""
        import sys
        def test_mine():
            assert not {HEAVY!r} & set(sys.modules)
        def test_criterion(todo_part): pass
        def test_url(todo_frontend_url): pass
        """
    )
    (project.path / "output.txt").touch()
    before = {file for file in project.path.rglob("*") if "__pycache__" not in file.parts}
    # Not a fork, which has imported much already.
    status, output = project.finish(project.start_anew("-p", "no:html", "-rs", cluster=None))
    assert status == 0, output
    assert "1 passed, 2 skipped" in output
    assert output.count("needs --todo-cluster") >= 1
    after = {file for file in project.path.rglob("*") if "__pycache__" not in file.parts}
    assert after == before


@pytest.mark.parametrize(
    ("option", "status"),
    [
        ("--collect-only", 0),
        ("--setup-plan", 0),
        ("--setup-only", 0),
        ("--fixtures", 0),
        ("--markers", 0),
        ("--help", 0),
        ("-knothing_has_this_name", 5),
    ],
)
def test_looking_deploys_nothing(project: Project, option: str, status: int) -> None:
    found, output = project.run(option)
    assert (found, project.left()) == (status, []), output
    assert project.phases == []
    assert not project.api.requests
    if status == 0:
        assert not project.out.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--todo-cluster=kubernetes",), "--todo-cluster='kubernetes' names no cluster"),
        (("--todo-namespace=Not_A_Name",), "can't name a namespace"),
        (("--todo-database-url-env=UNSET",), "that variable is not set"),
        (("--dist=each", "--tx=2*popen"), "every criterion would be judged once for each worker"),
        (("--looponfail",), "the deployment ends with the first round"),
        (("--todo-only=SC-12",), "--todo-only='SC-12' names no criterion"),
        (("--todo-limit=SC-008",), "--todo-limit: 'SC-008' sets no limit"),
    ],
)
def test_wrong_option_is_one_sentence(project: Project, arguments: tuple[str, ...], told: str) -> None:
    status, output = project.run(*arguments)
    assert status == 4, output
    assert told in output
    assert len(output.strip().splitlines()) == 1, output
    assert not project.out.exists()
    assert not project.runs.exists()
    assert not project.api.requests


def test_cache_that_cannot_be_written_is_one_sentence(project: Project) -> None:
    (project.path / "cache").mkdir()
    project.runs.write_text("a file in the way")
    status, output = project.run()
    assert status == 4, output
    assert "let TODO_K8S_CACHE name one that can be written to" in output
    assert "Traceback" not in output


def test_environment_and_ini_file_name_the_cluster_too(project: Project) -> None:
    project.environment["TODO_NAMESPACE"] = "from-environment"
    project.pytester.makeini(
        "[pytest]\ntodo_cluster = minikube:from-ini\ntodo_namespace = from-ini\ntodo_out = results"
    )
    status, output = project.run(cluster=None)
    assert (status, project.left()) == (0, []), output
    assert "report: results/report.html" in output
    assert "namespace from-environment" in output
