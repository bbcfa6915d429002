"""Times each way to bring an image to the node of the Minikube that `todo-k8s setup` raised.

    python benchmarks/image_load.py [--repeat 3] [--megabytes 40]

Each image is the backend's base plus one layer of random bytes. `first` brings it to a node that has none of its
layers, `rebuild` brings the next image, of which the node has all layers but the last. After each load the id on the
node is compared with the engine's: a route that loads nothing is no fast route.
"""

from __future__ import annotations

import argparse
import os
import secrets
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_todo_k8s.cluster.minikube import MinikubeCluster
from pytest_todo_k8s.settings import ClusterChoice, Settings
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.docker import Engine
from pytest_todo_k8s.tools.toolchain import Toolchain

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "todo-k8s-benchmark"
TIMEOUT_S = 600.0


class Bench:
    """The engine, the node, and images made for one measurement."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        environment = dict(os.environ)
        self.folder = folder
        self.megabytes = megabytes
        self.toolchain = Toolchain.load(environment)
        self.commands = CommandRunner(self.toolchain.child_environment(environment))
        choice = ClusterChoice("minikube", self.toolchain.profile)
        self.cluster = MinikubeCluster(
            Settings(folder, choice, "", folder, None, None, environment), self.toolchain, self.commands, folder
        )
        self.cluster.ensure()
        self.engine = Engine(self.toolchain, self.commands, environment)
        self.docker = str(self.toolchain.path("docker"))
        self.minikube = str(self.toolchain.path("minikube"))
        self.base = self.toolchain.bases.get("PYTHON_RUNTIME", "python:3.13-slim-trixie")

    def image(self) -> str:
        """Build a new image and return its name."""
        reference = f"{NAME}:{secrets.token_hex(6)}"
        (self.folder / "random").write_bytes(secrets.token_bytes(self.megabytes * 1_000_000))
        (self.folder / "Dockerfile").write_text(f"FROM {self.base}\nCOPY random /random\n", encoding="utf-8")
        self.run(self.docker, "build", "--quiet", "--tag", reference, str(self.folder))
        return reference

    def run(self, *argv: str) -> None:
        """Run a command to its good end."""
        self.commands.run(argv, timeout_s=TIMEOUT_S, env={"DOCKER_BUILDKIT": "1"})

    def routes(self) -> dict[str, Callable[[str], None]]:
        """Return each route by its name."""
        profile = self.toolchain.profile
        node = [self.docker, "exec", "--interactive", profile]
        importer = [*node, "ctr", "--namespace", "k8s.io", "images", "import", "-"]
        tar = str(self.folder / "image.tar")

        def through_a_file(reference: str) -> None:
            self.run(self.docker, "save", "--output", tar, reference)
            self.run(self.minikube, "image", "load", "--profile", profile, tar)

        return {
            "docker save | ctr images import": lambda reference: self._pipe(reference, importer),
            "minikube image load --daemon": lambda reference: self.run(
                self.minikube, "image", "load", "--profile", profile, "--daemon", reference
            ),
            "docker save, minikube image load FILE": through_a_file,
        }

    def _pipe(self, reference: str, into: list[str]) -> None:
        self.commands.pipe([self.docker, "save", reference], into, timeout_s=TIMEOUT_S)

    def time(self, route: Callable[[str], None], reference: str) -> float:
        """Return the seconds of one load once the node has the image."""
        started = time.monotonic()
        route(reference)
        duration_s = time.monotonic() - started
        found = self.cluster.load(reference, self.engine.configuration_id(reference))
        if not found.skipped:
            raise SystemExit(f"{reference} was not on the node after the load")
        return duration_s

    def remove(self, *references: str) -> None:
        """Take images off node and engine."""
        for reference in references:
            self.cluster.unload(reference)
            self.run(self.docker, "image", "rm", reference)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=40)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), asked.megabytes)
        print(
            f"base {bench.base} and {asked.megabytes} MB of random bytes, median (lowest to highest) of {asked.repeat}"
        )
        for name, route in bench.routes().items():
            first, rebuild = [], []
            for _ in range(asked.repeat):
                one, two = bench.image(), bench.image()
                first.append(bench.time(route, one))
                rebuild.append(bench.time(route, two))
                bench.remove(one, two)
            print(f"{name:40} first {_told(first)}   rebuild {_told(rebuild)}")
    print("docker-env is offered by the docker runtime alone; kind and a registry are measured by their own tests")


def _told(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):5.1f} s ({min(seconds):.1f} to {max(seconds):.1f})"


if __name__ == "__main__":
    main()
