from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
import yaml

from pytest_todo_k8s import cli
from pytest_todo_k8s.bootstrap import doctor, removal, setup
from pytest_todo_k8s.bootstrap.doctor import Finding
from pytest_todo_k8s.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site

    Heard = list[str]


@pytest.fixture(autouse=True)
def default_sigterm() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Heard:
    """Which of set-up's functions were called."""
    names: list[str] = []
    monkeypatch.setenv("TODO_K8S_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(
        setup, "set_up", lambda _site, with_kind: names.append("set_up with kind" if with_kind else "set_up")
    )
    monkeypatch.setattr(setup, "print_plan", lambda _site, out, with_kind: out.write(f"plan {with_kind}\n"))
    monkeypatch.setattr(removal, "remove", lambda _site: names.append("remove"))
    monkeypatch.setattr(removal, "stop", lambda _site: names.append("stop"))
    return names


@pytest.mark.parametrize(
    ("words", "called"),
    [([], "set_up"), (["--with=kind"], "set_up with kind"), (["--remove"], "remove"), (["--stop"], "stop")],
    ids=str,
)
def test_setup_does_what_its_option_says(heard: Heard, words: list[str], called: str) -> None:
    assert cli.main(["setup", *words]) == 0
    assert heard == [called]


def test_the_plan_goes_to_standard_output(heard: Heard, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["setup", "--plan"]) == 0
    assert heard == []
    assert capsys.readouterr().out == "plan False\n"


@pytest.mark.parametrize(
    "words",
    [[], ["mend"], ["setup", "--plan", "--remove"], ["setup", "--quiet"], ["app"], ["app", "up", "--port=65536"]],
)
def test_a_wrong_command_line_is_a_usage_error(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    assert caught.value.code == 2


@pytest.mark.usefixtures("heard")
def test_a_failed_step_is_told_with_the_end_of_its_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log = tmp_path / "binaries.log"
    log.write_text("".join(f"line {number}\n" for number in range(40)), encoding="utf-8")

    def fail(_site: Site, **_asked: bool) -> None:
        raise SetupError("binaries", "etcd could not be made", "look at GOPROXY", log)

    monkeypatch.setattr(setup, "set_up", fail)
    assert cli.main(["setup"]) == 10
    assert capsys.readouterr().err.splitlines() == [
        "todo-k8s: setup, step binaries: etcd could not be made",
        *(f"  | line {number}" for number in range(28, 40)),
        "todo-k8s: look at GOPROXY",
        f"todo-k8s: the whole log is {log}",
    ]


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("log", ["none", None])
def test_an_error_without_a_log_is_one_sentence_and_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, log: str | None
) -> None:
    def fail(_site: Site, **_asked: bool) -> None:
        raise SetupError("engine", "no engine", "start it", tmp_path / log if log else None)

    monkeypatch.setattr(setup, "set_up", fail)
    assert cli.main(["setup"]) == 10
    assert capsys.readouterr().err.splitlines()[:2] == ["todo-k8s: setup, step engine: no engine", "todo-k8s: start it"]


@pytest.mark.usefixtures("heard")
def test_an_error_of_the_system_shows_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_site: Site, **_asked: bool) -> None:
        raise PermissionError(13, "Permission denied", "/somewhere")

    monkeypatch.setattr(removal, "remove", fail)
    assert cli.main(["setup", "--remove"]) == 10
    assert capsys.readouterr().err == "todo-k8s: [Errno 13] Permission denied: '/somewhere'\n"


@pytest.mark.parametrize(
    ("good", "optional", "status"), [(True, False, 0), (False, True, 0), (False, False, 10)], ids=str
)
def test_the_doctor_fails_for_what_is_needed_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], good: bool, optional: bool, status: int
) -> None:
    finding = Finding("T001", "docker", good=good, found="x", optional=optional)
    monkeypatch.setattr(doctor, "examine", lambda _site: (finding,))
    assert cli.main(["doctor", "--json"]) == status
    assert json.loads(capsys.readouterr().out)[0]["good"] is good
    assert cli.main(["doctor"]) == status
    assert capsys.readouterr().out.startswith("T001  docker")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_set_up_ends_its_children(tmp_path: Path, number: signal.Signals) -> None:
    """The real command, on a PATH where the first program it asks never answers."""
    folder = tmp_path / "bin"
    folder.mkdir()
    started = tmp_path / "pid"
    (folder / "minikube").write_text(f"#!/bin/sh\necho $$ > {started}\nexec /bin/sleep 60\n", encoding="utf-8")
    (folder / "minikube").chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest_todo_k8s.cli", "setup"],
        env={"PATH": str(folder), "TODO_K8S_CACHE": str(tmp_path / "cache"), "HOME": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    )
    _wait_until(lambda: started.exists() and started.read_text(encoding="ascii") != "")
    process.send_signal(number)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert said == "todo-k8s: interrupted; the same command goes on from here\n"
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text(encoding="ascii")), 0)


def _wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_roles_are_printed_for_kubectl(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["role", "--user", "system:serviceaccount:ci:gate"]) == 0
    *roles, binding = yaml.safe_load_all(capsys.readouterr().out)
    assert [each["metadata"]["name"] for each in roles] == ["todo-k8s-runner", "todo-k8s-namespace"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "namespace": "ci", "name": "gate"}]
