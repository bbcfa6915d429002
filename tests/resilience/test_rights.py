"""The gate as a user who is no administrator, on the real cluster."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from pytest_todo_k8s.cluster import access
from pytest_todo_k8s.tools.toolchain import Toolchain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.resilience.conftest import Project

PLACE = "todo-rights"
USER = f"system:serviceaccount:{PLACE}:gate"


@pytest.fixture(scope="module")
def kubectl() -> Callable[..., str]:
    """Return a function that runs kubectl as the administrator."""
    toolchain = Toolchain.load(os.environ)
    where = (f"--kubeconfig={toolchain.kubeconfig}", f"--context={toolchain.profile}")

    def run(*words: str, given: str | None = None) -> str:
        return subprocess.run(
            [toolchain.path("kubectl"), *where, *words],
            input=given or "",
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout

    return run


def roles(without: str = "") -> str:
    """Return the roles as `todo-k8s role` prints them, less one verb of the first."""
    manifests = access.roles(access.subject(USER))
    for rule in manifests[0]["rules"]:
        rule["verbs"] = [verb for verb in rule["verbs"] if verb != without]
    manifests[0]["rules"] = [rule for rule in manifests[0]["rules"] if rule["verbs"]]
    return str(yaml.safe_dump_all(manifests))


@pytest.fixture
def account(kubectl: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make a service account and let runs use it."""
    toolchain = Toolchain.load(os.environ)
    kubectl("create", "namespace", PLACE)
    try:
        kubectl("create", "serviceaccount", "gate", f"--namespace={PLACE}")
        token = kubectl("create", "token", "gate", f"--namespace={PLACE}", "--duration=1h").strip()
        config: dict[str, Any] = yaml.safe_load(kubectl("config", "view", "--raw", "--minify"))
        config["users"][0]["user"] = {"token": token}
        config["contexts"][0]["name"] = config["current-context"] = toolchain.profile
        file = tmp_path / "kubeconfig"
        file.touch(mode=0o600)
        file.write_text(yaml.safe_dump(config), encoding="utf-8")
        monkeypatch.setenv("KUBECONFIG", str(file))
        yield
    finally:
        kubectl("delete", "namespace", PLACE)
        kubectl("delete", "--ignore-not-found", "clusterrolebinding", access.RUNNER_ROLE)
        kubectl("delete", "--ignore-not-found", "clusterrole", access.RUNNER_ROLE, access.NAMESPACE_ROLE)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("without", "said"),
    [("bind", f"cannot bind clusterroles {access.NAMESPACE_ROLE}"), ("delete", "cannot delete namespaces")],
)
def test_a_missing_right_is_named_before_anything_is_made(
    project: Project, kubectl: Callable[..., str], leftovers: Callable[[], list[str]], without: str, said: str
) -> None:
    kubectl("apply", "--filename=-", given=roles(without))
    status, output = project.run()
    assert status == 10, output
    assert said in output
    assert project.phases()[0] == "preflight"
    assert "build" not in project.phases()
    assert leftovers() == []


@pytest.mark.usefixtures("account")
def test_the_gate_as_a_service_account(
    project: Project, kubectl: Callable[..., str], leftovers: Callable[[], list[str]]
) -> None:
    kubectl("apply", "--filename=-", given=roles())
    status, output = project.run()
    assert status == 0, output
    assert set(project.verdicts().values()) <= {"PASS", "BORDERLINE"}
    assert leftovers() == []
