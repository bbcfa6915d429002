from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.cluster import pod_rules
from tests.unit.cluster.release import Manifest, manifests

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS = ["JWT_SECRET"]


def broken(rendered: list[Manifest]) -> dict[str, str]:
    checks = pod_rules.check(rendered, KEYS)
    return {check.name.removeprefix("golden rule: "): check.detail for check in checks if not check.ok}


def test_a_good_chart_keeps_all_rules() -> None:
    assert broken(manifests()) == {}
    assert len(pod_rules.check(manifests(), KEYS)) == 17


def _container(change: Callable[[Manifest], Any]) -> Callable[[list[Manifest]], Any]:
    return lambda rendered: change(rendered[1]["spec"]["template"]["spec"]["containers"][0])


def _pod(change: Callable[[Manifest], Any]) -> Callable[[list[Manifest]], Any]:
    return lambda rendered: change(rendered[1]["spec"]["template"]["spec"])


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("requests are set", _container(lambda each: each["resources"].pop("requests"))),
        ("limits are set", _container(lambda each: each["resources"]["limits"].pop("memory"))),
        ("runs as non-root", _pod(lambda each: each["securityContext"].pop("runAsNonRoot"))),
        ("runs as non-root", _container(lambda each: each["securityContext"].update(runAsNonRoot=False))),
        ("user id at least 10001", _pod(lambda each: each["securityContext"].update(runAsUser=1000))),
        ("no privilege escalation", _container(lambda each: each["securityContext"].pop("allowPrivilegeEscalation"))),
        ("no privilege escalation", _container(lambda each: each["securityContext"].update(privileged=True))),
        ("drops all capabilities", _container(lambda each: each["securityContext"].pop("capabilities"))),
        (
            "drops all capabilities",
            _container(lambda each: each["securityContext"]["capabilities"].update(add=["NET_ADMIN"])),
        ),
        (
            "read-only root file system",
            _container(lambda each: each["securityContext"].update(readOnlyRootFilesystem=False)),
        ),
        ("seccomp RuntimeDefault", _pod(lambda each: each["securityContext"].pop("seccompProfile"))),
        ("no host port", _container(lambda each: each["ports"].append({"hostPort": 80}))),
        ("fixed image tag", _container(lambda each: each.update(image="registry:5000/todo"))),
        ("fixed image tag", _container(lambda each: each.update(image="todo:latest"))),
        ("no API token", _pod(lambda each: each.pop("automountServiceAccountToken"))),
        ("service account of its own", _pod(lambda each: each.pop("serviceAccountName"))),
        ("no host namespace or path", _pod(lambda each: each.update(hostNetwork=True))),
        ("no host namespace or path", _pod(lambda each: each["volumes"].append({"hostPath": {"path": "/"}}))),
        ("scratch space is limited", _pod(lambda each: each["volumes"].append({"emptyDir": None}))),
        ("probes are set", _container(lambda each: each.pop("readinessProbe"))),
        (
            "secrets by required reference",
            _container(lambda each: each["env"].append({"name": "JWT_SECRET", "value": "plain"})),
        ),
        (
            "secrets by required reference",
            _container(lambda each: each["env"][0]["valueFrom"]["secretKeyRef"].update(optional=True)),
        ),
        ("services find pods", lambda rendered: rendered[0]["spec"]["selector"].update(app="other")),
        ("services find pods", lambda rendered: rendered[0]["spec"].pop("selector")),
    ],
)
def test_each_rule_finds_its_own_offender(rule: str, change: Callable[[list[Manifest]], Any]) -> None:
    rendered = manifests()
    change(rendered)
    found = broken(rendered)
    assert list(found) == [rule]
    assert "todo-frontend" in found[rule]


def test_init_containers_are_containers_too() -> None:
    rendered = manifests()
    rendered[2]["spec"]["template"]["spec"]["initContainers"] = [{"name": "prepare", "image": "x:1"}]
    found = broken(rendered)
    assert found["limits are set"] == "todo-postgres/prepare"


def test_a_digest_is_a_fixed_tag() -> None:
    rendered = manifests()
    rendered[1]["spec"]["template"]["spec"]["containers"][0]["image"] = "registry:5000/todo@sha256:aa"
    assert broken(rendered) == {}
