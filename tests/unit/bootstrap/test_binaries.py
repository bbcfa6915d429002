from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap import binaries, jobs
from pytest_todo_k8s.bootstrap.binaries import (
    CLUSTER_MODULES,
    CRICTL,
    ETCD,
    HELM,
    HELM_4,
    KUBERNETES,
    MINIKUBE,
    BinariesStep,
)
from pytest_todo_k8s.bootstrap.golang import NEEDED
from pytest_todo_k8s.bootstrap.programs import parse_version
from pytest_todo_k8s.bootstrap.site import DATA
from pytest_todo_k8s.bootstrap.step import Condition
from pytest_todo_k8s.errors import SetupError
from tests.unit.bootstrap.stubs import say

if TYPE_CHECKING:
    from pytest_todo_k8s.bootstrap.binaries import Module
    from pytest_todo_k8s.bootstrap.site import Site
    from tests.unit.bootstrap.conftest import Heard
    from tests.unit.bootstrap.stubs import Stubs


@pytest.fixture(autouse=True)
def go(stubs: Stubs, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler that writes, for each package given, a file with its own environment."""
    monkeypatch.setattr(jobs, "POLL_S", 0.02)
    stubs.answer("go", "'env GOVERSION'", say("go1.26.8"))
    build = """
    while [ "$1" != -o ]; do shift; done
    out=$2; shift 2
    for package in "$@"; do
        name=${package##*/}; [ "$package" != . ] || name=${PWD##*/} && name=${name%-source}
        printf '%s\\n' "$GOCACHE $GOMODCACHE $GOFLAGS $CGO_ENABLED $GOTOOLCHAIN $PWD" > "$out$name"
    done"""
    stubs.answer("go", "'build '*", build)


def test_a_module_is_built_aside_and_renamed(stubs: Stubs, site: Site, heard: Heard) -> None:
    step = BinariesStep(site, (ETCD, KUBERNETES))
    assert step.state().reason == "etcd, kubernetes not in the cache"
    step.run(heard)
    assert step.state().done
    assert sorted(each.name for each in KUBERNETES.folder(site).iterdir()) == sorted(KUBERNETES.programs)
    work, partial = site.toolchain / "go-work", site.partial
    assert ETCD.program(site, "etcd").read_text(encoding="utf-8").split() == [
        f"{work}/build",
        f"{work}/modules",
        "-modcacherw",
        "0",
        "local",
        f"{partial}/etcd-source",
    ]
    assert not work.exists()
    assert list(partial.iterdir()) == []
    options = "-mod=readonly -trimpath -buildvcs=false -gcflags all=-dwarf=false -ldflags -s -w"
    assert f"go build {options} -o {partial}/etcd/ ." in stubs.calls("go build")


def test_what_is_in_the_cache_is_not_built_again(stubs: Stubs, site: Site, heard: Heard) -> None:
    BinariesStep(site, (ETCD,)).run(heard)
    stubs.forget()
    BinariesStep(site, (ETCD, CRICTL)).run(heard)
    assert len(stubs.calls("go build")) == 1


def test_the_users_go_flags_stay(stubs: Stubs, site: Site, heard: Heard) -> None:
    BinariesStep(stubs.site(site.cache, GOFLAGS="-p=1"), (CRICTL,)).run(heard)
    assert "-p=1 -modcacherw" in CRICTL.program(site, "crictl").read_text(encoding="utf-8")


def test_a_failed_build_leaves_nothing_in_place_but_what_speeds_the_next(
    stubs: Stubs, site: Site, heard: Heard
) -> None:
    stubs.answer("go", "'build '*", '/bin/mkdir -p "$GOCACHE"; printf "no module\\n"; exit 1')
    with pytest.raises(SetupError, match="crictl could not be made") as caught:
        BinariesStep(site, (CRICTL,)).run(heard)
    assert not CRICTL.made(site)
    assert (site.toolchain / "go-work" / "build").is_dir()
    assert caught.value.log_file is not None
    assert caught.value.log_file.read_text(encoding="utf-8") == "no module\n"
    assert "GOPROXY" in caught.value.hint


def test_programs_of_another_recipe_are_dropped(site: Site, heard: Heard) -> None:
    old = site.toolchain / "etcd-v3.6.0-01234567"
    other = site.toolchain / "helm-v3.0.0-01234567"
    old.mkdir(parents=True)
    other.mkdir()
    BinariesStep(site, (ETCD,)).run(heard)
    assert not old.exists()
    assert other.exists()  # not among the modules of this machine


def test_a_half_filled_folder_counts_as_missing(site: Site) -> None:
    KUBERNETES.folder(site).mkdir(parents=True)
    KUBERNETES.program(site, "kubectl").touch()
    assert BinariesStep(site, (KUBERNETES,)).state().condition is Condition.MISSING


def test_without_go_there_is_one_sentence(stubs: Stubs, site: Site, heard: Heard) -> None:
    stubs.answer("go", "*", "exit 1")
    with pytest.raises(SetupError, match=r"there is no Go 1\.26\.0 or newer"):
        BinariesStep(site, (ETCD,)).run(heard)


@pytest.mark.parametrize("module", [*CLUSTER_MODULES, HELM, HELM_4], ids=lambda module: module.name)
def test_every_module_has_its_files(module: Module) -> None:
    folder = DATA / "go" / module.name
    text = (folder / "go.mod").read_text(encoding="utf-8")
    assert text.startswith(f"module cluster/{module.name}\n")
    assert (folder / "go.sum").stat().st_size > 0
    assert (module.packages == (".",)) == (folder / "main.go").exists()


@pytest.mark.parametrize(
    ("module", "required"),
    [
        (KUBERNETES, "k8s.io/kubernetes"),
        (MINIKUBE, "k8s.io/minikube"),
        (HELM, "helm.sh/helm/v3"),
        (HELM_4, "helm.sh/helm/v4"),
        (ETCD, "go.etcd.io/etcd/server/v3"),
        (binaries.COREDNS, "github.com/coredns/coredns"),
        (binaries.METRICS_SERVER, "sigs.k8s.io/metrics-server"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_version_named_is_the_version_built(module: Module, required: str) -> None:
    text = (DATA / "go" / module.name / "go.mod").read_text(encoding="utf-8")
    found = re.search(rf"^require {re.escape(required)} (\S+)$", text, re.MULTILINE)
    assert found is not None
    assert found[1] == module.version


def test_what_kubernetes_uses_too_has_its_version_in_metrics_server() -> None:
    ours, kubernetes = (_versions(each) for each in (binaries.METRICS_SERVER, KUBERNETES))
    both = ours.keys() & kubernetes
    assert {name for name in both if ours[name] != kubernetes[name]} == set()
    assert len(both) > 40


def _versions(module: Module) -> dict[str, str]:
    text = (DATA / "go" / module.name / "go.mod").read_text(encoding="utf-8")
    return dict(re.findall(r"^\t(\S+) (v\S+)", text, re.MULTILINE)) | dict(
        re.findall(r"^\t(\S+) => \S+ (v\S+)$", text, re.MULTILINE)
    )


def test_the_go_needed_is_what_the_modules_ask_for() -> None:
    asked = [
        re.search(r"^go (\S+)$", file.read_text(encoding="utf-8"), re.MULTILINE) for file in DATA.glob("go/*/go.mod")
    ]
    assert max(parse_version(found[1]) for found in asked if found) == NEEDED


def test_no_file_that_is_built_from_names_a_registry() -> None:
    hosts = re.compile(r"proxy\.golang\.org|sum\.golang\.org|pypi\.org|registry\.npmjs\.org|deb\.debian\.org")
    for file in DATA.rglob("*"):
        if file.is_file():
            assert not hosts.search(file.read_text(encoding="utf-8")), file


def test_the_api_server_is_stamped_with_its_version() -> None:
    (flags,) = (word for word in KUBERNETES.arguments if word.startswith("-s -w"))
    assert "-X k8s.io/component-base/version.gitVersion=v1.34.4" in flags
    assert "-X k8s.io/client-go/pkg/version.gitMinor=34" in flags
