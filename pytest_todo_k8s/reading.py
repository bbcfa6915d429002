"""A Kubernetes client that can't write, for tests of other people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from kubernetes.client import ApiClient

from pytest_todo_k8s.cluster.kube import Kube

if TYPE_CHECKING:
    from pathlib import Path

_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class ReadingClient(ApiClient):
    """`ApiClient` whose requests other than reads are refused before they leave.

    A deployment that tests write to could not be judged any more, and workers would disturb each other.
    """

    def call_api(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        """Send a request that reads.

        Raises:
            PermissionError: It would write.
        """
        if method.upper() not in _READING:
            raise PermissionError(f"todo_kube only reads: {method} {url} was not sent; write with a client of your own")
        return super().call_api(method, url, *args, **kwargs)


def reading_client(kubeconfig: Path, context: str) -> ReadingClient:
    """Return a client for one context of one kubeconfig; nothing process-wide is configured.

    Raises:
        KubeError: The kubeconfig can't be used.
    """
    return ReadingClient(Kube(kubeconfig, context).api_client.configuration)
