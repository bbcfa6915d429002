"""Password hashes: argon2id, off the event loop, few at a time so that memory stays bounded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB = 19 * 1024
"""Memory of one hash in KiB. With two passes and one lane the smallest argon2id setting that OWASP's password storage
cheat sheet recommends."""

AT_ONCE = 2
"""Hashes computed at the same time by one process: at most 38 MiB beside the rest."""


class Passwords:
    """Hashes and verifies passwords."""

    def __init__(self) -> None:
        """Prepare the hash that is verified for unknown accounts, so that both answers take the same time."""
        self._hasher = PasswordHasher(time_cost=2, memory_cost=MEMORY_KIB, parallelism=1)
        self._decoy = self._hasher.hash("no account has this password")
        self._slots = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for the permission to compute one hash."""
        async with self._slots:
            yield

    async def hash(self, password: str) -> str:
        """Return the encoded hash of a password, with its parameters and salt. Call it inside a slot."""
        return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Tell whether the password belongs to the stored hash; None takes the same time and is never right.

        Call it inside a slot.
        """
        matches = await asyncio.to_thread(self._matches, stored or self._decoy, password)
        return matches and stored is not None

    def _matches(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False
