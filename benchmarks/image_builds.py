"""How long the application's images take to build: `python benchmarks/image_builds.py [ROUNDS]`.

Cold: every step of backend and frontend anew, side by side, base images and downloaded packages present.
Warm: one line of the backend, or of the frontend, has changed.
Prints seconds: least and median of the rounds (other work on the machine only ever adds to them).
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from pytest_todo_k8s.phases.build import cores
from pytest_todo_k8s.settings import ImageSource
from pytest_todo_k8s.tools import build_context
from pytest_todo_k8s.tools.command import CommandRunner
from pytest_todo_k8s.tools.docker import BuildOrder, Engine
from pytest_todo_k8s.tools.toolchain import Toolchain

ROOT: Final = Path(__file__).parents[1]
CHANGED: Final = {"backend": ("app/server.py", "# {}\n"), "frontend": ("src/app/page.tsx", "// {}\n")}
"""Image and the file that gets one more line, which has to have an effect on nothing."""
TIMEOUT_S: Final = 1800.0
LABEL: Final = "todo-k8s.dev/benchmark"


class Builds:
    """Builds from a copy of the sources, so that a line can be added to them."""

    def __init__(self, work: Path) -> None:
        environment = dict(os.environ)
        self._toolchain = Toolchain.load(environment)
        self._commands = CommandRunner(self._toolchain.child_environment(environment))
        self._engine = Engine(self._toolchain, self._commands, environment)
        self._log = work / "build.log"
        self.sources = {name: self._copy(name, work) for name in CHANGED}

    @staticmethod
    def _copy(name: str, work: Path) -> ImageSource:
        left_out = shutil.ignore_patterns("node_modules", ".next", "__pycache__")
        context = Path(shutil.copytree(ROOT / "app" / name, work / name, ignore=left_out))
        return ImageSource(name, ROOT / f"Dockerfiles/{name}.Dockerfile", context, judged=True)

    def seconds(self, name: str, *, cached: bool) -> float:
        """Build an image and return how long it took."""
        source = self.sources[name]
        started = time.monotonic()
        self._engine.build(
            BuildOrder(
                reference=f"{source.repository}:benchmark",
                dockerfile=source.dockerfile,
                context=source.context,
                arguments=build_context.base_images(source, self._toolchain.bases) | build_context.source_date(source),
                labels={LABEL: "yes"},
                cached=cached,
                log_file=self._log,
                timeout_s=TIMEOUT_S,
            )
        )
        return time.monotonic() - started

    def cold_s(self) -> float:
        """Build both anew, side by side where there are cores, and return how long that took."""
        _ = self._engine.builder  # asked for before the clock runs
        started = time.monotonic()
        with ThreadPoolExecutor(cores()) as pool:
            for job in [pool.submit(self.seconds, name, cached=False) for name in CHANGED]:
                job.result()
        return time.monotonic() - started

    def warm_s(self, name: str) -> float:
        """Add a line to a source file and return how long the build after that took."""
        file, line = CHANGED[name]
        with (self.sources[name].context / file).open("a", encoding="utf-8") as stream:
            stream.write(line.format(time.time_ns()))
        return self.seconds(name, cached=True)

    def remove(self) -> None:
        """Take the images away again."""
        docker = self._toolchain.path("docker")
        listing: list[str | Path] = [docker, "image", "ls", "--quiet", f"--filter=label={LABEL}"]
        if found := self._commands.run(listing, timeout_s=60).stdout.split():
            self._commands.run([docker, "image", "rm", "--force", *dict.fromkeys(found)], timeout_s=60)


def main(rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as work:
        builds = Builds(Path(work))
        measured: dict[str, list[float]] = {"cold, both": [], "warm, backend": [], "warm, frontend": []}
        try:
            for _ in range(rounds):
                measured["cold, both"].append(builds.cold_s())
                measured["warm, backend"].append(builds.warm_s("backend"))
                measured["warm, frontend"].append(builds.warm_s("frontend"))
        finally:
            builds.remove()
    load = os.getloadavg()[1]
    print(f"{rounds} rounds, {cores()} cores, load of the machine over 5 minutes {load:.1f}")
    for name, seconds in measured.items():
        print(f"{name:16} min {min(seconds):6.1f} s   median {statistics.median(seconds):6.1f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
