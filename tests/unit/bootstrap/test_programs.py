from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from pytest_todo_k8s.bootstrap import programs
from tests.unit.bootstrap.stubs import DOCKER_UP, Stubs, say, say_json

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site


def test_a_client_of_20_10_with_an_engine_is_fit(stubs: Stubs, site: Site) -> None:
    stubs.docker()
    docker = programs.fit_docker(site)
    assert docker is not None
    assert (docker.path, str(docker.version), docker.engine) == (stubs.bin / "docker", "20.10.24", "20.10.24")


def test_a_newer_client_needs_the_buildx_plugin(stubs: Stubs, site: Site) -> None:
    stubs.answer("docker", "'version '*", say_json(DOCKER_UP | {"Client": {"Version": "28.2.2"}}))
    stubs.answer("docker", "'buildx version'", "exit 1")
    assert programs.fit_docker(site) is None
    assert programs.dockers(site)[0].unfit == "has no buildx plugin, so it can't use BuildKit"
    stubs.answer("docker", "'buildx version'", say("github.com/docker/buildx v0.38.2"))
    assert programs.fit_docker(site) is not None


def test_the_second_client_is_taken_when_the_first_is_unfit(stubs: Stubs, cache: Path, tmp_path: Path) -> None:
    newer = Stubs(tmp_path / "newer")
    newer.answer("docker", "'version '*", say_json(DOCKER_UP | {"Client": {"Version": "28.2.2"}}))
    newer.answer("docker", "'buildx version'", "exit 1")
    stubs.docker()
    site = stubs.site(cache, PATH=f"{newer.bin}:{stubs.bin}")
    docker = programs.fit_docker(site)
    assert docker is not None
    assert docker.path == stubs.bin / "docker"


def test_a_silent_engine_leaves_its_error(stubs: Stubs, site: Site) -> None:
    stubs.docker(up=False)
    docker = programs.dockers(site)[0]
    assert (docker.engine, docker.engine_error) == ("", "Cannot connect to the Docker daemon")
    assert programs.fit_docker(site) is None


def test_an_engine_once_found_is_not_asked_again(stubs: Stubs, site: Site) -> None:
    stubs.docker()
    programs.fit_docker(site)
    programs.fit_docker(site)
    assert len(stubs.calls("docker version")) == 1


def test_one_file_under_two_names_counts_once(stubs: Stubs, cache: Path, tmp_path: Path) -> None:
    stubs.docker()
    link = tmp_path / "bin"
    link.symlink_to(stubs.bin)
    assert len(programs.on_path(stubs.site(cache, PATH=f"{stubs.bin}:{link}"), "docker")) == 1


def test_old_minikube_and_helm_are_unfit(stubs: Stubs, site: Site) -> None:
    stubs.answer("minikube", "*", say("v1.33.1"))
    stubs.answer("helm", "*", say("v3.13.3+gc8b9489"))
    assert programs.fit(programs.minikubes(site)) is None
    assert programs.fit(programs.helms(site)) is None
    assert programs.minikubes(site)[0].unfit == "older than 1.34"


def test_new_enough_minikube_and_helm_are_fit(stubs: Stubs, site: Site) -> None:
    stubs.answer("minikube", "*", say("v1.34.0"))
    stubs.answer("helm", "*", say("v3.14.0+g3fc9f4b"))
    assert [each.version for each in (*programs.minikubes(site), *programs.helms(site))] == [
        Version("1.34.0"),
        Version("3.14.0"),
    ]
    assert programs.fit(programs.helms(site)) is not None


def test_a_program_that_fails_is_unfit(stubs: Stubs, site: Site) -> None:
    stubs.answer("helm", "*", say("v3.22.0") + "; exit 1")
    assert programs.helms(site)[0].unfit == "does not run"


def test_kubectl_may_differ_by_two_minor_versions(stubs: Stubs, site: Site) -> None:
    stubs.kubectl("v1.32.4-dispatcher")
    assert programs.kubectls(site, Version("1.34.4"))[0].unfit == ""
    assert programs.kubectls(site, Version("1.35.0"))[0].unfit == "more than 2 minor versions from the cluster's 1.35.0"
    assert programs.kubectls(site, None)[0].unfit == ""


def test_text_without_a_version_is_version_0() -> None:
    assert programs.parse_version("no") == Version("0")


def test_an_answer_that_is_no_json_is_no_answer(stubs: Stubs, site: Site) -> None:
    stubs.answer("docker", "*", say("not JSON"))
    assert programs.dockers(site)[0].engine == ""
