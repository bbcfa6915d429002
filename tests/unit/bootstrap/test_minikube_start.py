from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.version import Version

from pytest_todo_k8s.bootstrap.binaries import KUBERNETES
from pytest_todo_k8s.bootstrap.minikube import Minikube
from pytest_todo_k8s.bootstrap.programs import Program
from tests.unit.bootstrap.stubs import MACHINE, Stubs, machine

if TYPE_CHECKING:
    from pytest_todo_k8s.bootstrap.site import Site
    from tests.unit.bootstrap.conftest import Heard

FOUND = Program(Path("/usr/bin/minikube"), Version("1.38.1"))


def test_a_found_minikube_starts_plainly(stubs: Stubs, cache: Path) -> None:
    site = stubs.site(cache, machine(root=False, memory_mb=8_000, cpus=4))
    assert Minikube(site, FOUND).start_arguments() == (
        "start",
        "--driver=docker",
        "--container-runtime=containerd",
        "--interactive=false",
        "--wait=apiserver,system_pods,default_sa,apps_running,node_ready,kubelet",
        "--memory=4800",
        "--cpus=2",
        "--ports=127.0.0.1:30080:30080",
        "--extra-config=kubelet.housekeeping-interval=10s",
    )


def test_root_must_force_the_docker_driver(site: Site) -> None:
    assert Minikube(site, FOUND).start_arguments()[-1] == "--force"


def test_a_built_one_starts_with_our_images(site: Site) -> None:
    words = Minikube(site, None).start_arguments()
    assert "--base-image=todo-k8s/minikube-node:1" in words
    assert "--kubernetes-version=v1.34.4" in words
    assert "--preload=false" in words
    assert "--memory=8192" in words


@pytest.mark.parametrize(
    ("variables", "home"),
    [
        ({"HOME": "/h"}, "/h/.minikube"),
        ({"HOME": "/h", "MINIKUBE_HOME": "/m"}, "/m/.minikube"),
        ({"MINIKUBE_HOME": "/m/.minikube"}, "/m/.minikube"),
    ],
)
def test_a_found_minikube_keeps_the_users_folder(
    stubs: Stubs, cache: Path, variables: dict[str, str], home: str
) -> None:
    minikube = Minikube(stubs.site(cache, MACHINE, **variables), FOUND)
    assert minikube.home == Path(home)
    assert minikube.variables() == {}


def test_a_built_one_has_a_folder_of_its_own(site: Site) -> None:
    minikube = Minikube(site, None)
    assert minikube.variables() == {"MINIKUBE_HOME": str(site.toolchain / ".minikube")}


def test_kubectl_is_the_built_one_beside_a_built_minikube(stubs: Stubs, site: Site) -> None:
    stubs.kubectl("v1.32.4")
    minikube = Minikube(site, None)
    assert minikube.kubectl() is None
    KUBERNETES.folder(site).mkdir(parents=True)
    KUBERNETES.program(site, "kubectl").touch()
    assert minikube.kubectl() == KUBERNETES.program(site, "kubectl")


def test_kubectl_is_a_fit_one_on_path_else_the_one_minikube_fetched(stubs: Stubs, cache: Path, tmp_path: Path) -> None:
    site = stubs.site(cache, MINIKUBE_HOME=str(tmp_path))
    minikube = Minikube(site, FOUND)
    minikube.profile_file.parent.mkdir(parents=True)
    minikube.profile_file.write_text('{"KubernetesConfig": {"KubernetesVersion": "v1.35.1"}}', encoding="utf-8")
    stubs.kubectl("v1.33.0")
    assert minikube.kubectl() == stubs.bin / "kubectl"
    stubs.kubectl("v1.32.4-dispatcher")
    assert minikube.kubectl() is None
    fetched = minikube.home / "cache" / "linux" / "amd64" / "v1.35.1" / "kubectl"
    fetched.parent.mkdir(parents=True)
    fetched.touch()
    assert minikube.kubectl() == fetched


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_a_half_written_profile_is_none(site: Site, content: str) -> None:
    minikube = Minikube(site, None)
    minikube.profile_file.parent.mkdir(parents=True)
    minikube.profile_file.write_text(content, encoding="utf-8")
    assert minikube.profile() == {}


def test_its_stages_are_told_and_its_environment_is_complete(stubs: Stubs, site: Site, heard: Heard) -> None:
    stubs.docker()
    script = "printf '%s\\n' '* Preparing' '* To pull' '  - detail' \"$KUBECONFIG $MINIKUBE_IN_STYLE $TMPDIR\""
    stubs.answer("minikube", "'--profile=todo-k8s start'", script)
    minikube = Minikube(site, Program(stubs.bin / "minikube", Version("1.38.1")))
    answer = minikube.run(("start",), heard, timeout_s=20, tell=True)
    assert heard.lines == ["Preparing"]
    assert answer.stdout.splitlines()[3] == f"{site.kubeconfig} false {site.cache}/logs/minikube"
