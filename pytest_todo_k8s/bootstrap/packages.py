"""Debian packages: the container engine, and what building from source needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from pytest_todo_k8s.bootstrap.record import Record
from pytest_todo_k8s.bootstrap.step import Cost, Progress, State, broken, missing, present
from pytest_todo_k8s.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_todo_k8s.bootstrap.site import Site

ENGINE: Final = ("docker.io", "iptables", "iproute2")
ENGINE_WHERE_SPLIT: Final = ("docker-cli", "docker-buildx")
"""Parts of the engine that Debian 13 has as packages of their own; asked for where apt knows them."""
COMPOSE: Final = ("docker-compose",)
"""For compose.yaml. Debian's is enough for it and installed in seconds, the newest one takes minutes to build."""
LEAN_RUNTIME: Final = ("python3",)
ROOT_FILE_SYSTEMS: Final = ("mmdebstrap", "debian-archive-keyring")
COMPILER: Final = ("gcc", "libc6-dev")
INSTALLED: Final = "installed"
QUERY_TIMEOUT_S: Final = 30.0
INSTALL_TIMEOUT_S: Final = 900.0
LOCK_WAIT_S: Final = 120
REMEDY: Final = "look into its log; often the package lists or the network of this machine are the cause"


def statuses(site: Site, names: Sequence[str]) -> dict[str, str]:
    """Return dpkg's status word for each package that dpkg has heard of."""
    question = ("dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n", *names)
    answer = site.runner.run(question, timeout_s=QUERY_TIMEOUT_S, check=False)
    return dict(line.split(" ", 1) for line in answer.stdout.splitlines() if " " in line)


def not_installed(site: Site, names: Sequence[str]) -> tuple[str, ...]:
    """Return those of the packages that are not wholly installed."""
    there = installed(site, names)
    return tuple(name for name in names if name not in there)


def installed(site: Site, names: Sequence[str]) -> tuple[str, ...]:
    """Return those of the packages that are wholly installed."""
    found = statuses(site, names) if names else {}
    return tuple(name for name in names if found.get(name) == INSTALLED)


def install(site: Site, names: Sequence[str], progress: Progress, *, step: str) -> None:
    """Install packages, after mending an interrupted installation, and record which were not there before.

    Raises:
        SetupError: We are not root, this is no Debian, or apt failed.
    """
    wanted = not_installed(site, names)
    if not wanted:
        return
    if not site.which("apt-get"):
        cause = f"{', '.join(wanted)} are missing and this system has no apt-get to install them with"
        raise SetupError(step, cause, "install docker, minikube, kubectl and helm by your system's own means")
    if not site.machine.root:
        cause = f"Debian packages are missing and only root may install them: {' '.join(wanted)}"
        raise SetupError(step, cause, f"ask an administrator to run: apt-get install {' '.join(wanted)}")
    progress.say(f"installing {', '.join(wanted)}")
    Record.change(site.cache, packages=tuple(dict.fromkeys((*site.record.packages, *wanted))))
    _apt(site, ("dpkg", "--configure", "-a"), progress)
    _apt(site, ("apt-get", "update"), progress)
    quiet = ("--yes", "--no-install-recommends", "--fix-broken")
    _apt(site, ("apt-get", "install", *quiet, *wanted, *_split(site, wanted)), progress)


def _split(site: Site, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the engine's parts that this Debian keeps in packages of their own."""
    if ENGINE[0] not in wanted:
        return ()
    answer = site.runner.run(("apt-cache", "policy", *ENGINE_WHERE_SPLIT), timeout_s=QUERY_TIMEOUT_S, check=False)
    blocks = _blocks(answer.stdout)
    return tuple(name for name in ENGINE_WHERE_SPLIT if any(_offers(block, name) for block in blocks))


def _blocks(text: str) -> list[str]:
    """Split the answer of `apt-cache policy` at the lines that are not indented."""
    blocks: list[str] = []
    for line in text.splitlines():
        if line.startswith(" ") and blocks:
            blocks[-1] += "\n" + line
        else:
            blocks.append(line)
    return blocks


def _offers(block: str, name: str) -> bool:
    return block.startswith(f"{name}:") and "Candidate: (none)" not in block


def _apt(site: Site, argv: Sequence[str], progress: Progress) -> None:
    options = ("-o", f"DPkg::Lock::Timeout={LOCK_WAIT_S}") if argv[0] == "apt-get" else ()
    site.runner.run(
        (argv[0], *options, *argv[1:]),
        env={"DEBIAN_FRONTEND": "noninteractive"},
        timeout_s=INSTALL_TIMEOUT_S,
        log_file=progress.log_file,
    )


@dataclass(frozen=True)
class PackagesStep:
    """Installs the Debian packages that later steps need.

    Attributes:
        site: Where.
        packages: Which; the plan knows what is needed here.
    """

    site: Site
    packages: tuple[str, ...]
    name: ClassVar[str] = "packages"
    remedy: ClassVar[str] = REMEDY

    @property
    def title(self) -> str:
        """What is installed."""
        return f"install the Debian packages {', '.join(self.packages)}"

    @property
    def cost(self) -> Cost:
        """As measured for all of them together."""
        return Cost(seconds=30, engine_mb=500)

    def state(self) -> State:
        """Ask dpkg."""
        found = statuses(self.site, self.packages)
        halfway = [
            name
            for name in self.packages
            if found.get(name, INSTALLED) not in {INSTALLED, "not-installed", "config-files"}
        ]
        if halfway:
            return broken(f"an interrupted installation left {', '.join(halfway)} half done")
        wanted = [name for name in self.packages if found.get(name) != INSTALLED]
        return missing(f"{', '.join(wanted)} not installed") if wanted else present("all installed")

    def run(self, progress: Progress) -> None:
        """Install what is missing."""
        install(self.site, self.packages, progress, step=self.name)
