"""The way to Minikube's node by SSH, for tests that look around there: Minikube's own user and key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.tools.command import CommandError

if TYPE_CHECKING:
    from pytest_todo_k8s.context import RunContext

HOST: Final = "node"
"""Name of the node in the configuration."""
_USER: Final = "docker"
"""Minikube's user on every node, who may sudo."""
_QUICK_S: Final = 60.0


def configuration(context: RunContext) -> str:
    """Return an OpenSSH client configuration for the host `node`; empty: this cluster gives no way to its node."""
    address = context.evidence.machine.node_ip if context.evidence.machine else None
    if context.settings.cluster.provider != "minikube" or not address:
        return ""
    asked = [str(context.toolchain.path("minikube")), "ssh-key", "--profile", context.settings.cluster.name]
    try:
        key = context.commands.run(asked, timeout_s=_QUICK_S).stdout.strip()
    except CommandError as error:
        context.progress(f"the node can't be reached by SSH: {error}")
        return ""
    # Minikube makes the node and its key anew with each profile, so no list of known hosts has it.
    return (
        f"Host {HOST}\n  HostName {address}\n  User {_USER}\n  IdentityFile {key}\n"
        "  IdentitiesOnly yes\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n"
    )
