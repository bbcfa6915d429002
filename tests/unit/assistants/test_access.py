"""The read-only account: what it may do, and that nothing of it stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from pytest_todo_k8s.assistants.access import RULES, read_only
from pytest_todo_k8s.cluster.kube import Kube, KubeError
from tests.unit.cluster.api_server import Answer, ApiServer, api_server, kubeconfig, status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNTS = "/api/v1/namespaces/ns/serviceaccounts"
RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/ns"


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with api_server() as server:
        yield server


def name_of(api: ApiServer) -> str:
    return str(next(each.body["metadata"]["name"] for each in api.asked if each.path == ACCOUNTS))


def test_no_rule_names_secrets_or_writes() -> None:
    assert not any("secrets" in rule["resources"] for rule in RULES)
    assert {verb for rule in RULES for verb in rule["verbs"]} == {"get", "list", "watch"}


def test_an_account_lives_as_long_as_the_question(
    api: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _bytes: "0000")
    for path in (ACCOUNTS, f"{RBAC}/roles", f"{RBAC}/rolebindings"):
        api.on(f"POST {path}", {"kind": "x"})
        api.on(f"DELETE {path}/todo-assist-0000", {"kind": "Status"})
    api.on(f"POST {ACCOUNTS}/todo-assist-0000/token", {"status": {"token": "short-lived"}})
    admin = kubeconfig(tmp_path, api.url)
    with read_only(Kube(admin, "test"), "ns", admin, tmp_path) as file:
        assert file.stat().st_mode & 0o777 == 0o600
        config = yaml.safe_load(file.read_text())
        assert config["users"] == [{"name": "todo-assist-0000", "user": {"token": "short-lived"}}]
        assert "t0ken" not in file.read_text()
    assert not file.exists()
    assert [path.rpartition("/")[2] for path in api.paths("DELETE")] == ["todo-assist-0000"] * 3


def test_half_an_account_is_taken_away(api: ApiServer, tmp_path: Path) -> None:
    api.on(f"POST {ACCOUNTS}", {"kind": "x"})
    api.on(f"POST {RBAC}/roles", Answer(403, status(403, "Forbidden", "no")))
    admin = kubeconfig(tmp_path, api.url)
    with pytest.raises(KubeError, match="no"), read_only(Kube(admin, "test"), "ns", admin, tmp_path):
        pass
    assert api.paths("DELETE") == [f"{ACCOUNTS}/{name_of(api)}"]
