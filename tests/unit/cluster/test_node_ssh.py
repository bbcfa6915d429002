"""The way to Minikube's node by SSH."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from pytest_todo_k8s.cluster import node_ssh
from tests.unit.cluster.stubs import Stubs, cases
from tests.unit.phases.live import machine
from tests.unit.running import run_context

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.context import RunContext

KEY = "/home/x/.minikube/machines/dev/id_rsa"


def context(folder: Path, answer: str = f"echo {KEY}") -> RunContext:
    stubs = Stubs(folder)
    stubs.add("minikube", cases(("'ssh-key --profile '*", answer)))
    made = run_context(folder, toolchain=stubs.toolchain(), commands=stubs.commands())
    made.evidence.machine = machine().model_copy(update={"node_ip": "192.0.2.7"})
    return made


def test_minikubes_own_user_and_key_on_its_address(tmp_path: Path) -> None:
    run = context(tmp_path)
    said = dict(line.split(maxsplit=1) for line in node_ssh.configuration(run).splitlines())
    assert (said["Host"], said["User"], said["IdentityFile"]) == ("node", "docker", KEY)
    assert said["HostName"] == "192.0.2.7"


def test_another_cluster_gives_no_way(tmp_path: Path) -> None:
    run = context(tmp_path)
    elsewhere = dataclasses.replace(run.settings.cluster, provider="kind")
    settings = dataclasses.replace(run.settings, cluster=elsewhere)
    assert node_ssh.configuration(dataclasses.replace(run, settings=settings)) == ""


def test_a_missing_key_is_told_and_stops_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    run = dataclasses.replace(context(tmp_path, "echo 'no such profile' >&2; exit 80"), progress=said.append)
    assert node_ssh.configuration(run) == ""
    assert said[0].startswith("the node can't be reached by SSH: ")
    assert "no such profile" in said[0]
