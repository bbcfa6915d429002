from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.bootstrap import firewall
from pytest_todo_k8s.bootstrap.firewall import FirewallStep
from pytest_todo_k8s.bootstrap.step import Condition

if TYPE_CHECKING:
    from pytest_todo_k8s.bootstrap.site import Site
    from tests.unit.bootstrap.conftest import Heard
    from tests.unit.bootstrap.stubs import Stubs


@pytest.fixture(autouse=True)
def iptables(stubs: Stubs) -> None:
    """One rule that can be there or not."""
    rule, words = stubs.mark("rule"), "DOCKER-USER -d 10.96.0.0/12 -j REJECT"
    stubs.answer("iptables", "*", "exit 2")
    stubs.answer("iptables", f"'-w -C {words}'", f"[ -e {rule} ]")
    stubs.answer("iptables", f"'-w -I {words}'", f": > {rule}")
    stubs.answer("iptables", f"'-w -D {words}'", f"/bin/rm {rule}")


def test_the_rule_is_inserted_once_and_removed(stubs: Stubs, site: Site, heard: Heard) -> None:
    stubs.docker()
    step = FirewallStep(site)
    assert step.state().condition is Condition.MISSING
    step.run(heard)
    assert step.state().done
    assert firewall.remove(site)
    assert step.state().condition is Condition.MISSING


def test_without_an_engine_there_is_no_chain_to_look_at(stubs: Stubs, site: Site) -> None:
    stubs.docker(up=False)
    assert FirewallStep(site).state().condition is Condition.UNKNOWN
    assert not stubs.calls("iptables")


def test_a_rule_that_somebody_else_put_in_stays(stubs: Stubs, site: Site) -> None:
    stubs.mark("rule").touch()
    assert not firewall.remove(site)
    assert stubs.mark("rule").exists()
