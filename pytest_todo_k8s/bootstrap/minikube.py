"""The minikube in use: one found on PATH, as it is, or the one built here with its own images."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.bootstrap import node_image
from pytest_todo_k8s.bootstrap.binaries import KUBERNETES, KUBERNETES_VERSION, MINIKUBE
from pytest_todo_k8s.bootstrap.programs import Program, fit, fit_docker, kubectls, parse_version
from pytest_todo_k8s.tools.toolchain import DEFAULT_PROFILE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.version import Version

    from pytest_todo_k8s.bootstrap.site import Site
    from pytest_todo_k8s.bootstrap.step import Progress
    from pytest_todo_k8s.tools.command import CommandResult

PROFILE: Final = DEFAULT_PROFILE
"""Name of the profile, and of everything that Minikube makes for it in the engine."""
NODE_PORT: Final = 30080
"""Port of the frontend's service, published on 127.0.0.1 of this machine."""
STAGES: Final = tuple(
    f"* {verb}" for verb in ("Start", "Restart", "Creat", "Pull", "Prepar", "Configur", "Verify", "Enabled")
)
"""Begin of the lines that tell how far a start is; the others are advice to people at a terminal."""
MEMORY_MB: Final = 8192
MEMORY_SHARE: Final = 0.6
"""The node gets at most this share of the machine's memory."""
ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
"""Name of a machine's architecture in Go's and Minikube's words."""


@dataclass(frozen=True)
class Minikube:
    """A minikube program and where it keeps things.

    Attributes:
        site: Where.
        found: The one on PATH; None: the one built here.
    """

    site: Site
    found: Program | None

    @property
    def built(self) -> bool:
        """Whether it is built here, together with every image of the cluster."""
        return self.found is None

    @property
    def path(self) -> Path:
        """The program; need not be there yet when it is built here."""
        return self.found.path if self.found else MINIKUBE.program(self.site, "minikube")

    @property
    def home(self) -> Path:
        """Minikube's folder: ours, or the user's with its downloads (minikube adds .minikube to any other name)."""
        if self.built:
            return self.site.toolchain / ".minikube"
        chosen = Path(self.site.environment.get("MINIKUBE_HOME") or self.site.environment.get("HOME") or Path.home())
        return chosen if chosen.name == ".minikube" else chosen / ".minikube"

    @property
    def profile_file(self) -> Path:
        """What minikube knows of the profile."""
        return self.home / "profiles" / PROFILE / "config.json"

    def profile(self) -> dict[str, Any]:
        """Read the profile; empty when there is none, or it is half written."""
        try:
            content = json.loads(self.profile_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def kubernetes_version(self) -> Version | None:
        """Return the version of the profile's cluster, if there is one."""
        text = str((self.profile().get("KubernetesConfig") or {}).get("KubernetesVersion", ""))
        return parse_version(text) if text else None

    def kubectl(self) -> Path | None:
        """Return the kubectl to use: the built one, else a fit one on PATH, else the one that minikube fetched."""
        if self.built:
            own = KUBERNETES.program(self.site, "kubectl")
            return own if own.is_file() else None
        on_path = fit(kubectls(self.site, self.kubernetes_version()))
        if on_path:
            return on_path.path
        architecture = ARCHITECTURES.get(self.site.machine.architecture, self.site.machine.architecture)
        fetched = self.home / "cache" / "linux" / architecture / f"v{self.kubernetes_version()}" / "kubectl"
        return fetched if fetched.is_file() else None

    def variables(self) -> dict[str, str]:
        """Return what this minikube needs in its environment, and whoever uses its cluster."""
        return {"MINIKUBE_HOME": str(self.home)} if self.built else {}

    def run(
        self, words: Sequence[str], progress: Progress, *, timeout_s: float, check: bool = True, tell: bool = False
    ) -> CommandResult:
        """Run a minikube command on the profile.

        Args:
            words: The command and its options.
            progress: Its log takes the output.
            timeout_s: Seconds it may take.
            check: Raise when it fails.
            tell: Also tell the user each of its lines that names a stage.

        Raises:
            CommandError: It failed and `check` is set.
        """
        return self.site.runner.run(
            (self.path, f"--profile={PROFILE}", *words),
            env=self._environment(),
            timeout_s=timeout_s,
            check=check,
            log_file=progress.log_file,
            on_line=(lambda line: progress.say(line[2:]) if line.startswith(STAGES) else None) if tell else None,
        )

    def _environment(self) -> dict[str, str]:
        docker = fit_docker(self.site)
        folders = [str(docker.path.parent)] if docker else []
        logs = self.site.cache / "logs" / "minikube"
        logs.mkdir(parents=True, exist_ok=True)
        return {
            **self.variables(),
            "KUBECONFIG": str(self.site.kubeconfig),
            "MINIKUBE_IN_STYLE": "false",
            "MINIKUBE_WANTUPDATENOTIFICATION": "false",
            "PATH": os.pathsep.join([*folders, self.site.environment["PATH"]]),
            "TMPDIR": str(logs),  # it writes a log file of each command there and leaves it
        }

    def start_arguments(self) -> tuple[str, ...]:
        """Return the words of the start command."""
        machine = self.site.machine
        common = (
            *("start", "--driver=docker", "--container-runtime=containerd", "--interactive=false"),
            # All but "extra", the system's own pods: metrics-server is put right meanwhile, and waits for CoreDNS.
            "--wait=apiserver,system_pods,default_sa,apps_running,node_ready,kubelet",
            f"--memory={min(MEMORY_MB, int(machine.memory_mb * MEMORY_SHARE))}",
            f"--cpus={min(2, machine.cpus)}",
            f"--ports=127.0.0.1:{NODE_PORT}:{NODE_PORT}",
            # How often the kubelet looks at each container's use; metrics can't be fresher.
            "--extra-config=kubelet.housekeeping-interval=10s",
        )
        if not self.built:
            return (*common, "--force") if machine.root else common
        return (
            *common,
            "--force",  # minikube refuses the docker driver to root
            f"--kubernetes-version={KUBERNETES_VERSION}",
            f"--base-image={node_image.REFERENCE}",
            "--preload=false",
            "--cni=bridge",
            # Keeps restrict_oom_score_adj on, without which pods fail where CAP_SYS_RESOURCE is missing.
            "--feature-gates=KubeletInUserNamespace=true",
        )
