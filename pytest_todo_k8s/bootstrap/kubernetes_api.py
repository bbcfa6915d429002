"""Reading the cluster by path, with the kubectl in use; nothing is cached in the user's home."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site
    from pytest_todo_k8s.bootstrap.step import Progress

TIMEOUT_S: Final = 15.0


@dataclass(frozen=True)
class Api:
    """A cluster's API server.

    Attributes:
        site: Where.
        kubectl: The program that reaches it.
    """

    site: Site
    kubectl: Path

    def ready(self) -> str:
        """Return an empty text when the API server says it is ready, else what it or kubectl said."""
        answer = self._run("get", "--raw", "/readyz")
        return "" if answer.ok else (answer.stderr.strip().splitlines() or ["no answer"])[-1]

    def get(self, path: str) -> dict[str, Any] | None:
        """Read an object or list; None when there is none or the server does not answer."""
        answer = self._run("get", "--raw", path)
        try:
            content = json.loads(answer.stdout) if answer.ok else None
        except ValueError:
            return None
        return content if isinstance(content, dict) else None

    def patch(self, namespace: str, name: str, operations: list[dict[str, Any]], progress: Progress) -> None:
        """Change an object by a JSON patch.

        Args:
            namespace: Where it is.
            name: Kind and name, as in `deployment/metrics-server`.
            operations: The patch (RFC 6902).
            progress: Its log takes the output.

        Raises:
            CommandError: The server refused it.
        """
        words = ("--namespace", namespace, "patch", name, "--type=json", f"--patch={json.dumps(operations)}")
        self.site.runner.run((*self._base, *words), timeout_s=TIMEOUT_S, log_file=progress.log_file)

    def _run(self, *words: str) -> Any:
        return self.site.runner.run((*self._base, *words), timeout_s=TIMEOUT_S, check=False)

    @property
    def _base(self) -> tuple[str | Path, ...]:
        cache = self.site.toolchain / "kube-cache"
        return (self.kubectl, f"--kubeconfig={self.site.kubeconfig}", f"--cache-dir={cache}", "--request-timeout=10s")
