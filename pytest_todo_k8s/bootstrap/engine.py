"""The container engine: used as it is where one answers, else started."""

from __future__ import annotations

import contextlib
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from pytest_todo_k8s.bootstrap.programs import dockers, fit_docker
from pytest_todo_k8s.bootstrap.record import Record
from pytest_todo_k8s.bootstrap.site import DATA
from pytest_todo_k8s.bootstrap.step import Cost, Progress, State, broken, missing, present
from pytest_todo_k8s.errors import SetupError
from pytest_todo_k8s.tools import processes
from pytest_todo_k8s.tools.command import last_lines

if TYPE_CHECKING:
    from pytest_todo_k8s.bootstrap.site import Site
    from pytest_todo_k8s.tools.command import BackgroundCommand

START_TIMEOUT_S: Final = 90.0
STOP_TIMEOUT_S: Final = 60.0
POLL_S: Final = 0.5
PID_FILES: Final = (
    ("dockerd", Path("/var/run/docker.pid")),
    ("containerd", Path("/var/run/docker/containerd/containerd.pid")),
)
"""Program and the file with its process id; a file that outlived its process keeps the engine from starting."""
LEAN_RUNTIME: Final = "runc-without-sys-resource"
PRUNE_TIMEOUT_S: Final = 300.0
CACHE_LIMIT: Final = "10gb"
"""Of build steps: SC-001's builds without a cache add half a gigabyte to it in each run, and never take any away."""


@dataclass(frozen=True)
class EngineStep:
    """Starts the Docker engine where none answers."""

    site: Site
    name: ClassVar[str] = "engine"
    title: ClassVar[str] = "start the Docker engine"
    cost: ClassVar[Cost] = Cost(seconds=10, engine_mb=100)
    remedy: ClassVar[str] = "look into its log; `dockerd --debug` as root in a terminal says more"

    def state(self) -> State:
        """Ask every docker client on PATH for an engine."""
        found = dockers(self.site)
        usable = fit_docker(self.site)
        if usable:
            return present(f"Docker {usable.engine}, reached by {usable.path} {usable.version}")
        if any(docker.engine for docker in found):
            return broken("; ".join(f"{docker.path} {docker.unfit}" for docker in found if docker.unfit))
        return missing("no Docker engine answers")

    def run(self, progress: Progress) -> None:
        """Start it: by systemd where that runs, else as a process of its own."""
        self._check()
        if self.site.machine.systemd:
            progress.say("asking systemd to start docker")
            self.site.runner.run(
                ("systemctl", "start", "docker"), timeout_s=START_TIMEOUT_S, log_file=progress.log_file
            )
            _await_answer(self.site, None, None)
            return
        _end_our_own(self.site, progress)
        for program, file in PID_FILES:
            _remove_stale(program, file, progress)
        log = self.site.cache / "logs" / "dockerd.log"
        progress.say(f"starting dockerd, its log is {log}")
        daemon = self.site.runner.start(("dockerd", *self._options()), log_file=log, detach=True)
        Record.change(self.site.cache, engine=processes.find(daemon.pid))
        _await_answer(self.site, daemon, log)
        bound_build_cache(self.site)  # has something to do where nobody stopped the last engine

    def _check(self) -> None:
        """Refuse where starting an engine is not the answer."""
        found = dockers(self.site)
        if any(docker.engine for docker in found):
            cause = "; ".join(f"{docker.path} {docker.unfit}" for docker in found)
            raise SetupError(
                self.name, cause, "install the buildx plugin (Debian package docker-buildx or docker-buildx-plugin)"
            )
        if address := self.site.environment.get("DOCKER_HOST"):
            error = found[0].engine_error if found else "there is no docker client"
            raise SetupError(
                self.name, f"no engine answers at DOCKER_HOST={address}: {error}", "correct the variable or unset it"
            )
        if not self.site.machine.root:
            error = found[0].engine_error if found else "docker is not installed"
            raise SetupError(
                self.name,
                f"no Docker engine can be reached ({error}) and only root may start one",
                "ask an administrator to start it and to put you into the group docker",
            )

    def _options(self) -> tuple[str, ...]:
        common = ("--default-cgroupns-mode=private",)
        if self.site.machine.grants_sys_resource:
            return common
        runtime = self.site.toolchain / "engine" / LEAN_RUNTIME
        runtime.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(DATA / "engine" / LEAN_RUNTIME, runtime)
        runtime.chmod(0o755)
        return (*common, f"--add-runtime=lean={runtime}", "--default-runtime=lean")


def bound_build_cache(site: Site) -> None:
    """Remove old build steps while nobody builds: the engine's own way takes layers from under builds at work."""
    docker = fit_docker(site)
    if docker:
        prune = (docker.path, "builder", "prune", "--force", f"--keep-storage={CACHE_LIMIT}")
        site.runner.run(prune, timeout_s=PRUNE_TIMEOUT_S, check=False)


def stop(site: Site) -> bool:
    """End the engine that set-up started, if it still runs; tell whether there was something to end."""
    engine = site.record.engine
    if engine is None or not engine.alive:
        return False
    site.known.pop("docker", None)
    processes.end(engine, STOP_TIMEOUT_S)
    Record.change(site.cache, engine=None)
    return True


def _end_our_own(site: Site, progress: Progress) -> None:
    """End an engine of ours that runs but does not answer."""
    engine = site.record.engine
    if engine and engine.alive:
        progress.say(f"the engine started earlier (process {engine.pid}) does not answer; ending it")
        stop(site)


def _remove_stale(program: str, file: Path, progress: Progress) -> None:
    """Remove a pid file whose process is gone or is something else by now."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        pid = int(file.read_text(encoding="ascii"))
        if _program_of(pid) != program:
            file.unlink()
            progress.say(f"removed {file}, left behind by a dead {program}")


def _program_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _await_answer(site: Site, daemon: BackgroundCommand | None, log: Path | None) -> None:
    """Wait until a fit client reaches the engine.

    Raises:
        SetupError: The daemon ended, or did not answer in time.
    """
    deadline = time.monotonic() + START_TIMEOUT_S
    while not fit_docker(site):
        said = last_lines(log.read_text(encoding="utf-8", errors="replace"), 1) if log else ""
        if daemon and not daemon.running:
            raise SetupError("engine", f"dockerd ended at once: {said}", EngineStep.remedy, log)
        if time.monotonic() > deadline:
            state = EngineStep(site).state()
            raise SetupError(
                "engine", f"{state.reason} within {START_TIMEOUT_S:.0f} s of its start", EngineStep.remedy, log
            )
        time.sleep(POLL_S)
