"""Takes what a child prints: all of it into a log, line by line to whoever listens, its two ends into memory."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_todo_k8s.tools.redaction import Redactor

OUTPUT_CAP_BYTES: Final = 4 * 1024 * 1024
"""Bytes kept of each output stream: the first half and the last half."""


class Silence:
    """Longest time in which a command said nothing on either of its streams; a wait for an answer would be one.

    Attributes:
        longest_s: In seconds, once `end` was called.
    """

    def __init__(self) -> None:
        self.longest_s = 0.0
        self._since_s = time.monotonic()
        self._lock = threading.Lock()

    def end(self) -> None:
        """Note that it ended, by a line or for good; called from any thread."""
        with self._lock:
            now_s = time.monotonic()
            self.longest_s = max(self.longest_s, now_s - self._since_s)
            self._since_s = now_s


class Capture(threading.Thread):
    """Reads one stream to its end in a thread of its own; everything that leaves it is redacted."""

    def __init__(
        self,
        stream: IO[bytes],
        redactor: Redactor,
        log: IO[str] | None = None,
        on_line: Callable[[str], None] | None = None,
        silence: Silence | None = None,
    ) -> None:
        """Begin to read.

        Args:
            stream: One output stream of a child; closed at its end.
            redactor: Takes secrets out.
            log: Everything is also written there, as it comes.
            on_line: Called with each line, without its end.
            silence: Ends with each line.
        """
        super().__init__(daemon=True)
        self._stream, self._redactor, self._log, self._on_line = stream, redactor, log, on_line
        self._silence = silence
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._dropped = 0
        self._lock = threading.Lock()
        self.start()

    def run(self) -> None:
        """Read until the stream ends; a line longer than the cap is taken in pieces."""
        with self._stream, contextlib.suppress(ValueError):
            while line := self._stream.readline(OUTPUT_CAP_BYTES // 2):
                if self._silence:
                    self._silence.end()
                with self._lock:  # a grandchild may still print when the text is asked for
                    self._keep(line)
                if self._log or self._on_line:
                    text = self._redactor.clean(line.decode(errors="replace"))
                    if self._log and not self._log.closed:
                        self._log.write(text)
                        self._log.flush()
                    if self._on_line:
                        self._on_line(text.rstrip("\r\n"))

    def _keep(self, line: bytes) -> None:
        if len(self._head) < OUTPUT_CAP_BYTES // 2:
            self._head += line
            return
        self._tail.append(line)
        self._tail_size += len(line)
        while self._tail_size > OUTPUT_CAP_BYTES // 2 and len(self._tail) > 1:
            gone = len(self._tail.popleft())
            self._tail_size -= gone
            self._dropped += gone

    def text(self) -> str:
        """Return what was kept, redacted, with a note where bytes were left out."""
        with self._lock:
            middle = f"\n[{self._dropped} bytes left out]\n".encode() if self._dropped else b""
            kept = bytes(self._head) + middle + b"".join(self._tail)
        return self._redactor.clean(kept.decode(errors="replace"))
