"""The journal of a run: what it is about to make, what it made, what it took down.

An entry is on disk *before* the thing exists, so whatever happens to the run, the next one finds all of it.
One JSON object a line, appended and flushed to the disk one by one; the first line names the run's owner.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.ownership import Owner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FILE: Final = "journal.jsonl"
Kind = Literal["namespace", "image", "process"]
Detail = str | int | float


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a run made, or was about to make.

    Attributes:
        kind: What it is. `namespace` has the detail `uid` once created; `image` is named by its reference; `process`
            has `pid` and `start` (of `tools.processes.find(pid)`) once created.
        name: Its name, unique among its kind.
        details: What was told with `creating` and `created`.
    """

    kind: Kind
    name: str
    details: Mapping[str, Detail]


class Journal:
    """Writes and reads one run's journal."""

    def __init__(self, file: Path, owner: Owner) -> None:
        """Begin a new journal.

        Args:
            file: Where it is kept (made with mode 0600); it must not exist.
            owner: The run.
        """
        self.file = file
        self.owner = owner
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        self._append({"owner": owner.plain()})

    @classmethod
    def open(cls, file: Path) -> Journal:
        """Open the journal that an earlier run left.

        Raises:
            ConfigError: It can't be read, or its first line names no owner.
        """
        try:
            first, *lines = file.read_text(encoding="utf-8").rpartition("\n")[0].splitlines()
            owner = Owner(**json.loads(first)["owner"])
            for line in (json.loads(each) for each in lines if '"kept"' in each):
                owner = replace(owner, kept=True, ttl_s=line["ttl_s"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"{file} is not a journal of a run: {error}", "remove its folder by hand") from None
        journal = cls.__new__(cls)
        journal.file, journal.owner = file, owner
        return journal

    @contextlib.contextmanager
    def lock(self, limit_s: float) -> Iterator[bool]:
        """Let one process at a time take this run down; the kernel frees the lock of one that dies.

        Args:
            limit_s: Longest time to wait for another process, seconds.

        Yields:
            Whether the lock is held; False also when the run's folder is gone.
        """
        try:
            descriptor = os.open(self.file.parent / "lock", os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            yield False
            return
        try:
            yield _lock(descriptor, time.monotonic() + limit_s)
        finally:
            os.close(descriptor)

    def keep(self, ttl_s: int) -> None:
        """Note that the run is over and its things are to stay until it is `ttl_s` seconds old."""
        self._append({"event": "kept", "ttl_s": ttl_s})

    def creating(self, kind: Kind, name: str, **details: Detail) -> None:
        """Note that something is about to be created; call it before the creation."""
        self._append({"event": "creating", "kind": kind, "name": name, "details": details})

    def created(self, kind: Kind, name: str, **details: Detail) -> None:
        """Note that it exists now, and what is known of it since (a namespace: its `uid`)."""
        self._append({"event": "created", "kind": kind, "name": name, "details": details})

    def removed(self, kind: Kind, name: str) -> None:
        """Note that it was seen to be gone."""
        self._append({"event": "removed", "kind": kind, "name": name})

    def forget(self, entry: Entry) -> None:
        """`removed` for an entry of `open_entries`; a full disk leaves it open, and does not stop a teardown."""
        with contextlib.suppress(OSError):
            self.removed(entry.kind, entry.name)

    def open_entries(self) -> list[Entry]:
        """Return what was made, or begun, and not seen gone; in the order of its making."""
        entries: dict[tuple[Kind, str], dict[str, Detail]] = {}
        for line in self._lines():
            if line["event"] == "kept":
                continue
            key = (line["kind"], line["name"])
            if line["event"] == "removed":
                entries.pop(key, None)
            else:
                entries.setdefault(key, {}).update(line["details"])
        return [Entry(kind, name, details) for (kind, name), details in entries.items()]

    def _lines(self) -> list[dict[str, Any]]:
        """Return all lines but the owner's; a last one without an end was cut by a sudden death and never acted on."""
        complete = self.file.read_text(encoding="utf-8").rpartition("\n")[0]
        return [json.loads(line) for line in complete.splitlines()[1:]]

    def _append(self, line: dict[str, Any]) -> None:
        data = (json.dumps(line, sort_keys=True) + "\n").encode()
        descriptor = os.open(self.file, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _lock(descriptor: int, deadline_s: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline_s:
                return False
            time.sleep(0.1)
        else:
            return True
