"""Addresses of cluster services must not leave the machine.

Before kube-proxy has its rules, a connection to a service address follows the default route. Seen: the API server's
first connection to metrics-server went out, something outside answered 404, the connection stayed open, and
metrics.k8s.io was dead until the API server restarted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from pytest_todo_k8s.bootstrap.programs import fit_docker
from pytest_todo_k8s.bootstrap.record import Record
from pytest_todo_k8s.bootstrap.step import Cost, Progress, State, missing, present, unknown

if TYPE_CHECKING:
    from pytest_todo_k8s.bootstrap.site import Site

SERVICES: Final = "10.96.0.0/12"
"""Minikube's default range of service addresses."""
RULE: Final = ("DOCKER-USER", "-d", SERVICES, "-j", "REJECT")
TIMEOUT_S: Final = 20.0


@dataclass(frozen=True)
class FirewallStep:
    """Rejects forwarded packets to service addresses, until the next start of the machine."""

    site: Site
    name: ClassVar[str] = "firewall"
    title: ClassVar[str] = f"keep packets for {SERVICES} on this machine"
    cost: ClassVar[Cost] = Cost(seconds=1)
    remedy: ClassVar[str] = "look whether iptables works on this machine; the engine needs it as well"

    def state(self) -> State:
        """Ask for the rule."""
        if not fit_docker(self.site):
            return unknown("the engine makes the chain that the rule belongs to")
        asked = self.site.runner.run(("iptables", "-w", "-C", *RULE), timeout_s=TIMEOUT_S, check=False)
        return present(f"packets for {SERVICES} are rejected") if asked.ok else missing("no such rule")

    def run(self, progress: Progress) -> None:
        """Insert the rule before all others of the chain."""
        Record.change(self.site.cache, firewall=True)
        self.site.runner.run(("iptables", "-w", "-I", *RULE), timeout_s=TIMEOUT_S, log_file=progress.log_file)


def remove(site: Site) -> bool:
    """Take the rule out, if set-up put it in and it is still there."""
    if not site.record.firewall:
        return False
    return site.runner.run(("iptables", "-w", "-D", *RULE), timeout_s=TIMEOUT_S, check=False).ok
