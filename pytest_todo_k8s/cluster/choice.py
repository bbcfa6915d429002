"""Which cluster a user names, and the registry that one needs whose nodes are out of reach."""

from __future__ import annotations

import re
from typing import Final

from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.settings import NO_CLUSTER, ClusterChoice

GRAMMAR: Final = "minikube[:PROFILE]|kind[:NAME]|context:NAME"
NOWHERE: Final = ClusterChoice(NO_CLUSTER, "")
_PROFILE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,}")
"""Minikube's own rule for a profile's name."""
_KIND: Final = re.compile(r"[a-z0-9][a-z0-9.-]*")
"""kind's own rule for a cluster's name."""
_CONTEXT: Final = re.compile(r"[^\s\x00-\x1f]+")
"""A context's name is free; cloud providers put colons and slashes into it."""
_REGISTRY: Final = re.compile(
    r"(localhost|\[[0-9a-f:]+\]|[a-z0-9-]+(\.[a-z0-9-]+)*)(:\d{1,5})?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
)
"""Host and path as image references have them (distribution/reference)."""


def cluster(value: str, source: str, default_name: str) -> ClusterChoice:
    """Read which cluster is meant.

    Args:
        value: What was written.
        source: Where, for the error sentence.
        default_name: Of the Minikube profile or kind cluster where none is named.

    Raises:
        ConfigError: None is.
    """
    provider, separator, name = value.partition(":")
    if provider == "context" and _CONTEXT.fullmatch(name):
        return ClusterChoice(provider, name)
    named = {"minikube": _PROFILE, "kind": _KIND}.get(provider)
    if named is None or (separator and not named.fullmatch(name)):
        raise ConfigError(
            f"{source}={value!r} names no cluster",
            "write minikube, minikube:PROFILE with a profile of two or more letters, digits, dots, - and _, kind or "
            "kind:NAME likewise in small letters, or context:NAME with the whole name of a kubeconfig context",
        )
    return ClusterChoice(provider, name or default_name)


def registry(value: str | None, source: str, chosen: ClusterChoice) -> str | None:
    """Read where images go; a cluster named by its context needs that, the others can't use it.

    Raises:
        ConfigError: It is no registry, is missing, or of no use.
    """
    if chosen.provider != "context":
        if value is not None and chosen != NOWHERE:
            raise ConfigError(f"{source} is of no use for {chosen.provider}", "its node gets images from the engine")
        return None
    if value is None:
        raise ConfigError("a cluster named by its context needs a registry", "name one with --todo-registry")
    host = value.partition("/")[0]
    if not _REGISTRY.fullmatch(value) or not (set(".:") & set(host) or host == "localhost"):
        raise ConfigError(
            f"{source}={value!r} names no registry", "write HOST[:PORT][/PATH] in small letters, without https://"
        )
    return value
