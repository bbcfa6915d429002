"""Stands between a Service and its pods and changes what passes: run in a pod, on its image's Python.

What it is told in the variable RELAY is JSON: `target` (host and port), `rules` for what goes there (`ask`) or comes
back (`answer`), each a pattern and what stands in its place, and `delay`: a pattern, seconds, and every how many times.
Everything else passes byte for byte, so that only the fault is seen.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
from typing import Any

FIRST_TOKEN = "FIRST_TOKEN"
_TOKEN = re.compile(rb"(?i)(authorization: bearer )([^\r\n]+)")


class Relay:
    def __init__(self, told: dict[str, Any]) -> None:
        self.host, self.port = told["target"]
        self.rules = {
            way: [(re.compile(old.encode(), re.MULTILINE), new.encode()) for old, new in told.get(way, [])]
            for way in ("ask", "answer")
        }
        self.delay = told.get("delay")
        self.share = told.get("share", False)
        self.token: bytes | None = None
        self.matches = itertools.count(1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_in, there_out = await asyncio.open_connection(self.host, self.port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self.copy(reader, there_out, "ask"), self.copy(there_in, writer, "answer"))

    async def copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, way: str) -> None:
        try:
            while data := await source.read(65536):
                if way == "ask":
                    await self.wait(data)
                    data = self.shared(data)
                for old, new in self.rules[way]:
                    data = old.sub(new, data)
                target.write(data)
                await target.drain()
        except OSError:
            pass
        finally:
            target.close()

    async def wait(self, data: bytes) -> None:
        if self.delay:
            pattern, seconds, every = self.delay
            if re.search(pattern.encode(), data) and next(self.matches) % every == 0:
                await asyncio.sleep(seconds)

    def shared(self, data: bytes) -> bytes:
        """Let everybody pass as the first who came with a token."""
        found = _TOKEN.search(data)
        if not self.share or found is None:
            return data
        self.token = self.token or found[2]
        token = self.token
        return _TOKEN.sub(lambda match: match[1] + token, data)


async def main() -> None:
    relay = Relay(json.loads(os.environ["RELAY"]))
    server = await asyncio.start_server(relay.serve, "0.0.0.0", 8080)
    async with server:
        print("relay is ready", flush=True)  # noqa: T201  its log
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
