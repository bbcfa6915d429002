"""A small project with the acceptance test, and nested pytest runs in it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from pytest_todo_k8s.evidence import Evidence
from tests.terminal import with_terminal
from tests.unit.criteria import sample_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

    from tests.plugin.forks import Fork, Forks
    from tests.plugin.stub_api import StubApi

HERE = Path(__file__).parent
TIMEOUT_S = 240
"""Only an end to waiting: the machine may be busy with other things."""
PLUGINS = {
    "metadata": "pytest_metadata.plugin",
    "html": "pytest_html.plugin",
    "xdist": "xdist.plugin",
    "xdist.looponfail": "xdist.looponfail",
    "todo-k8s": "pytest_todo_k8s.plugin",
}
"""All that a nested run loads: the other plugins of the test environment cost seconds for each process."""
DROPPED = ("TODO_", "PYTEST_", "PYTHONDONTWRITEBYTECODE")
CRITERIA = """
from pytest_todo_k8s.verdicts import enforce

def test_criterion(todo_part):
    enforce(todo_part.verdict, todo_part.reason)
"""
CONFTEST = f"""
import os
import sys
if "PYTEST_XDIST_WORKER" not in os.environ:  # a worker runs no phase
    sys.path.insert(0, {str(HERE)!r})
    import stub_modules
    stub_modules.install()
"""
DOCKER = """#!/bin/sh
# By absolute paths: a test may leave PATH nothing but stubs.
printf "%s\\n" "$*" >>"$STUB_HOME/docker.log"
export -p | while IFS="= " read -r word name _; do
    if [ "$word" = export ]; then echo "$name"; fi
done >"$STUB_HOME/docker.environment"
case "$(export -p)" in *canary-*) : >"$STUB_HOME/docker.canary" ;; esac
for image; do :; done
file="$STUB_HOME/engine/$image"
case "$1 $2" in
"build "*)
    if [ -e "$STUB_HOME/docker-fails" ]; then echo "no space left on device" >&2; exit 1; fi
    printf %s "$2" >"$file" ;;
"container inspect") echo "Error: No such container" >&2; exit 1 ;;
"image inspect") /bin/cat "$file" 2>/dev/null || { echo "Error: No such image" >&2; exit 1; } ;;
"image rm") [ -e "$STUB_HOME/docker-refuses" ] || /bin/rm -f "$file" ;;
esac
"""


def base_environment() -> dict[str, str]:
    """Return what each nested run has in its environment, whatever the project."""
    return {
        # Each module is compiled once, not once for each nested run.
        **{name: value for name, value in os.environ.items() if not name.startswith(DROPPED)},
        "PYTHONPATH": os.pathsep.join([str(HERE / "stubbed"), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }


class Project:
    """A project with the acceptance test, and nested pytest runs in it."""

    def __init__(self, pytester: pytest.Pytester, api: StubApi, forks: Forks) -> None:
        self.pytester = pytester
        self.api = api
        self.forks = forks
        self.started: list[Fork] = []
        self.path = pytester.path
        self.home = self.path / "stub-home"
        (self.home / "engine").mkdir(parents=True)
        self.out = self.path / "out"
        self.runs = self.path / "cache" / "runs"
        self.knobs()
        self.sample(sample_run.green())
        self.tool("docker", DOCKER)
        for name in ("minikube", "kubectl", "helm"):
            self.tool(name, "#!/bin/sh\nexit 1\n")
        pytester.makeini("[pytest]\nfilterwarnings = error\n")
        pytester.makeconftest(CONFTEST)
        pytester.makepyfile(test_criteria=CRITERIA)
        self.environment = {
            **base_environment(),
            "PATH": f"{self.path / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "STUB_API": api.url,
            "STUB_HOME": str(self.home),
            "TODO_K8S_CACHE": str(self.path / "cache"),
        }

    def knobs(self, **knobs: Any) -> None:
        """Say what goes wrong in the runs to come."""
        (self.home / "knobs.json").write_text(json.dumps(knobs))

    def sample(self, evidence: Evidence) -> None:
        """Let the phases find this evidence."""
        evidence.save(self.home / "sample.json")

    def conftest(self, text: str) -> None:
        """Add to what the runs to come load before they collect."""
        with (self.path / "conftest.py").open("a") as file:
            file.write("\n" + textwrap.dedent(text))

    def words(self, *arguments: str, cluster: str | None = "minikube") -> list[str]:
        """Return what pytest is called with."""
        named = [f"--todo-cluster={cluster}"] if cluster else []
        if "PYTEST_DISABLE_PLUGIN_AUTOLOAD" in self.environment:
            modules = [module for name, module in PLUGINS.items() if not {module, f"no:{name}"} & set(arguments)]
            arguments += tuple(word for module in modules for word in ("-p", module))
        return ["-p", "no:cacheprovider", *named, *arguments]

    def start(self, *arguments: str, cluster: str | None = "minikube") -> Fork:
        """Start a nested run in a session of its own, as a fork of a process that has imported much already."""
        words, output = self.words(*arguments, cluster=cluster), self.path / "output.txt"
        self.started.append(self.forks.start(words, self.path, self.environment, output))
        return self.started[-1]

    def start_anew(
        self, *arguments: str, cluster: str | None = "minikube", terminal: int | None = None
    ) -> subprocess.Popen[str]:
        """Start one as a user does, with a terminal where its other side is given."""
        argv = [sys.executable, "-m", "pytest", *self.words(*arguments, cluster=cluster)]
        with (self.path / "output.txt").open("w") as output:
            return subprocess.Popen(
                argv if terminal is None else with_terminal(argv),
                cwd=self.path,
                env=self.environment,
                stdin=subprocess.DEVNULL if terminal is None else terminal,
                stdout=output if terminal is None else terminal,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    def finish(self, process: Fork | subprocess.Popen[str]) -> tuple[int, str]:
        """Wait for a run's end; return its exit status and everything it printed."""
        try:
            status = process.wait(TIMEOUT_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        return status, self.output

    @property
    def output(self) -> str:
        return (self.path / "output.txt").read_text()

    def run(self, *arguments: str, cluster: str | None = "minikube") -> tuple[int, str]:
        """Run pytest; return its exit status and everything it printed."""
        return self.finish(self.start(*arguments, cluster=cluster))

    def until(self, file: str, process: Fork | subprocess.Popen[str]) -> None:
        """Wait until a run has made a file in the stub's folder."""
        deadline = time.monotonic() + TIMEOUT_S
        while not (self.home / file).exists():
            assert process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.02)

    @property
    def evidence(self) -> Evidence:
        return Evidence.load(self.out / "evidence.json")

    @property
    def phases(self) -> list[str]:
        """Names of the phases that were begun, in all runs so far."""
        file = self.home / "phases"
        return file.read_text().split() if file.exists() else []

    def left(self) -> list[str]:
        """What is left of all runs: namespaces, images, folders of runs, processes."""
        deadline = time.monotonic() + 2
        while (alive := [line for _, line in self.processes()]) and time.monotonic() < deadline:
            time.sleep(0.05)  # a killed child needs a moment until it is reaped
        images = [file.name for file in (self.home / "engine").iterdir()]
        runs = [folder.name for folder in self.runs.iterdir()] if self.runs.exists() else []
        return [*self.api.namespaces, *images, *runs, *alive]

    @property
    def junit(self) -> ET.Element:
        """The JUnit file."""
        return ET.parse(self.out / "junit.xml").getroot()  # noqa: S314  our own file

    def processes(self) -> Iterator[tuple[int, str]]:
        """Yield id and command line of the live processes of all runs."""
        yield from ((fork.pid, "a forked run") for fork in self.started if fork.poll() is None)
        mark = f"STUB_HOME={self.home}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    yield int(folder.name), (folder / "cmdline").read_text().replace("\0", " ")

    @staticmethod
    def proc(pid: int) -> Path:
        return Path("/proc") / str(pid)

    def descriptors(self, pid: int) -> set[Path]:
        """What the open descriptors of a process lead to."""
        found = set()
        for link in (self.proc(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(link.readlink())
        return found

    def kill_reaper(self) -> None:
        """Kill the reaper of the run under way, as the end of its container would."""
        for pid, line in list(self.processes()):
            if "pytest_todo_k8s.reaper" in line:
                os.kill(pid, signal.SIGKILL)

    def todo_k8s(self, *arguments: str) -> tuple[int, str]:
        """Run the command `todo-k8s`; return its exit status and everything it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "pytest_todo_k8s.cli", *arguments],
            cwd=self.path,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def tool(self, name: str, text: str) -> None:
        file = self.path / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
