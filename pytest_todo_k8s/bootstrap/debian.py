"""Root file systems of Debian, from its packages, as images."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.bootstrap import image_store, packages
from pytest_todo_k8s.bootstrap.files import digest, discard, fresh
from pytest_todo_k8s.bootstrap.jobs import Job, run_jobs
from pytest_todo_k8s.bootstrap.site import DATA

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_todo_k8s.bootstrap.site import Site
    from pytest_todo_k8s.bootstrap.step import Progress

BUILD_TIMEOUT_S: Final = 600.0
QUERY_TIMEOUT_S: Final = 30.0
SIDE_BY_SIDE: Final = 2
SEARCH_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
FINISH: Final = DATA / "bases" / "finish"
HINT: Final = "look into its log; often the Debian mirror can't be reached from this machine"


@dataclass(frozen=True)
class Root:
    """A root file system to make an image of.

    Attributes:
        reference: Name and tag of the image.
        suite: Debian's release.
        packages: What is in it beside the essentials.
        programs: Given: packages are only unpacked, and of /usr/bin just these stay, so there is no shell. Else it is
            a whole small Debian with apt.
        extra: Folder copied to /usr/local, if any.
        extra_pin: What `extra` was made from, for the recipe.
        changes: Instructions that set the image's configuration.
    """

    reference: str
    suite: str
    packages: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    extra: Path | None = None
    extra_pin: str = ""
    changes: tuple[str, ...] = ()

    @property
    def recipe(self) -> str:
        """Digest of all that decides what is in the image, but the state of the archive."""
        return digest((self.suite, *self.packages, "|", *self.programs, "|", self.extra_pin, *self.changes, FINISH))

    def command(self, mirrors: Sequence[str], archive: Path) -> tuple[str, ...]:
        """Return the command that writes the root file system to a tar archive."""
        hook = shlex.join(("sh", str(FINISH))) + ' "$1" ' + shlex.join((str(self.extra or ""), *self.programs))
        unpacked = bool(self.programs)
        return (
            "mmdebstrap",
            "--variant=extract" if unpacked else "--variant=minbase",
            *((f"--include={','.join(self.packages)}",) if self.packages else ()),
            f"--extract-hook={hook}" if unpacked else f"--customize-hook={hook}",
            self.suite,
            str(archive),
            *mirrors,
        )


def mirrors(site: Site, suite: str) -> tuple[str, ...]:
    """Return sources.list lines for a suite, on the mirrors that this machine's apt uses; none: mmdebstrap's own."""
    question = ("apt-get", "indextargets", "--format=$(LABEL) $(REPO_URI)", "Identifier: Packages", "Origin: Debian")
    answer = site.runner.run(question, timeout_s=QUERY_TIMEOUT_S, check=False)
    known = dict(line.split(" ", 1) for line in reversed(answer.stdout.splitlines()) if " " in line)
    lines = []
    if "Debian" in known:
        lines += [f"deb {known['Debian']} {suite} main", f"deb {known['Debian']} {suite}-updates main"]
        if "Debian-Security" in known:
            lines.append(f"deb {known['Debian-Security']} {suite}-security main")
    return tuple(lines)


def make(site: Site, roots: Sequence[Root], progress: Progress, *, step: str) -> None:
    """Make an image of each root file system, two at a time.

    Raises:
        SetupError: mmdebstrap is missing and can't be installed, or one could not be made.
        CommandError: The engine did not take one in.
    """
    packages.install(site, packages.ROOT_FILE_SYSTEMS, progress, step=step)
    jobs = [_job(site, root, progress, step) for root in roots]
    run_jobs(site.runner, jobs, step=step, hint=HINT, width=SIDE_BY_SIDE, progress=progress)


def _job(site: Site, root: Root, progress: Progress, step: str) -> Job:
    word = root.reference.rpartition("/")[2].replace(":", "-")
    folder = fresh(site.partial / word)
    archive = folder / "root.tar"

    def take_in() -> None:
        changes = (f"ENV PATH={SEARCH_PATH}", *root.changes)
        image_store.take_in(site, archive, root.reference, progress, step=step, recipe=root.recipe, changes=changes)
        discard(folder)

    return Job(
        name=root.reference,
        argv=root.command(mirrors(site, root.suite), archive),
        log_file=progress.log_file.with_name(f"{step}-{word}.log"),
        timeout_s=BUILD_TIMEOUT_S,
        env={"TMPDIR": str(folder)},  # mmdebstrap leaves its work behind when it is killed
        then=take_in,
    )
