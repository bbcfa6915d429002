"""A proxy between the backend and its database that can be closed, silenced, and slow to wake."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from contextlib import suppress


class Proxy:
    """Passes TCP connections on to PostgreSQL, at a socket of the file system or at a port of the loopback interface.

    ``cold_start_s`` is how long a database that sleeps takes to wake; until then connections are accepted and wait.
    """

    def __init__(self, target: str | int, *, cold_start_s: float = 0.0) -> None:
        self._target = target
        self._cold_start_s = cold_start_s
        self._awake_at: float | None = None
        self._waking = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._pairs: list[socket.socket] = []
        self.silent = threading.Event()
        self._open()

    def _open(self) -> None:
        self._thread = threading.Thread(target=self._accept, args=[self._listener])
        self._thread.start()

    def _accept(self, listener: socket.socket) -> None:
        threads = []
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                break
            threads.append(threading.Thread(target=self._serve, args=[client]))
            threads[-1].start()
        for thread in threads:
            thread.join(10)

    def _serve(self, client: socket.socket) -> None:
        self._wake()
        server = self._connect()
        self._pairs += [client, server]
        self._pass(client, server)

    def _wake(self) -> None:
        with self._waking:
            if self._awake_at is None:
                self._awake_at = time.monotonic() + self._cold_start_s
        time.sleep(max(0.0, self._awake_at - time.monotonic()))

    def _connect(self) -> socket.socket:
        if isinstance(self._target, int):
            return socket.create_connection(("127.0.0.1", self._target), timeout=10)
        server = socket.socket(socket.AF_UNIX)
        server.connect(self._target)
        return server

    def _pass(self, client: socket.socket, server: socket.socket) -> None:
        with selectors.DefaultSelector() as selector, client, server:
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in selector.select(timeout=1):
                    try:
                        data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                        if not data:
                            return
                        if not self.silent.is_set():
                            key.data.sendall(data)
                    except OSError:
                        return

    def close(self) -> None:
        """Refuse new connections and break those that are there."""
        # A thread that waits in accept is woken by shutdown, not by close.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._thread.join(10)

    def end(self) -> None:
        """Close, unless that has happened."""
        if self._listener.fileno() >= 0:
            self.close()

    def cut(self) -> None:
        """Break the connections that are there."""
        while self._pairs:
            with suppress(OSError):
                self._pairs.pop().shutdown(socket.SHUT_RDWR)

    def sleep(self) -> None:
        """Break the connections that are there and let the next one wake the database."""
        self.cut()
        self._awake_at = None

    def open_again(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._open()
