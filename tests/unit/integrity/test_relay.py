"""The relay of the seeded faults: it changes what it is told to, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.integrity.relay import Relay

ANSWER = b'HTTP/1.1 404 Not Found\r\nlocation: /x\r\ncontent-length: 12\r\n\r\n{"total": 1}'


async def _through(told: dict[str, Any], *asked: bytes) -> tuple[list[bytes], list[bytes]]:
    """Send requests through a relay, each over a connection of its own; return what came there, and what came back."""
    came: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    told["target"] = server.sockets[0].getsockname()[:2]
    relay = await asyncio.start_server(Relay(told).serve, "127.0.0.1", 0)
    back = []
    async with server, relay:
        for request in asked:
            reader, writer = await asyncio.open_connection(*relay.sockets[0].getsockname()[:2])
            writer.write(request)
            back.append(await asyncio.wait_for(reader.read(), 10))
            writer.close()
    return came, back


def test_without_a_rule_every_byte_passes() -> None:
    request = b"GET /api/tasks HTTP/1.1\r\nauthorization: Bearer a\r\n\r\n"
    assert asyncio.run(_through({}, request)) == ([request], [ANSWER])


def test_rules_for_both_ways() -> None:
    told = {"ask": [[r"^PATCH (\S+)/toggle HTTP", r"GET \1 HTTP"]], "answer": [["404 Not Found", "410 Not Found"]]}
    came, back = asyncio.run(_through(told, b"PATCH /api/tasks/7/toggle HTTP/1.1\r\n\r\n"))
    assert came == [b"GET /api/tasks/7 HTTP/1.1\r\n\r\n"]
    assert back == [ANSWER.replace(b"404", b"410")]


def test_everybody_passes_as_the_first() -> None:
    asked = [f"GET / HTTP/1.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode() for token in ("first", "second")]
    came, _ = asyncio.run(_through({"share": True}, *asked))
    assert came == [asked[0]] * 2


def test_every_second_answer_is_late() -> None:
    request = b"GET /health HTTP/1.1\r\n\r\n"

    async def timed() -> float:
        started = asyncio.get_running_loop().time()
        await _through({"delay": ["^GET /health ", 0.2, 2]}, *[request] * 4)
        return asyncio.get_running_loop().time() - started

    assert asyncio.run(timed()) >= 0.4
