from __future__ import annotations

import asyncio

from app.passwords import Passwords


def test_hash_is_argon2id_with_bounded_memory() -> None:
    encoded = asyncio.run(Passwords().hash("secret-password"))
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_hashes_of_one_password_differ() -> None:
    async def two() -> tuple[str, str]:
        passwords = Passwords()
        return await passwords.hash("secret-password"), await passwords.hash("secret-password")

    first, second = asyncio.run(two())
    assert first != second


def test_verify_accepts_only_the_right_password() -> None:
    async def answers() -> list[bool]:
        passwords = Passwords()
        stored = await passwords.hash("secret-password")
        return [
            await passwords.verify(stored, "secret-password"),
            await passwords.verify(stored, "secret-passwore"),
            await passwords.verify("not a hash", "secret-password"),
            await passwords.verify(None, "no account has this password"),
        ]

    assert asyncio.run(answers()) == [True, False, False, False]


def test_unknown_account_costs_one_hash_too() -> None:
    passwords = Passwords()
    verified: list[str] = []

    class CountingHasher:
        def verify(self, stored: str, _password: str) -> bool:
            verified.append(stored)
            return True

    passwords._hasher = CountingHasher()  # type: ignore[assignment]
    asyncio.run(passwords.verify(None, "secret-password"))
    assert len(verified) == 1
    assert verified[0].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_at_most_two_slots() -> None:
    async def most() -> int:
        passwords = Passwords()
        inside, highest = 0, 0

        async def one() -> None:
            nonlocal inside, highest
            async with passwords.slot():
                inside += 1
                highest = max(highest, inside)
                await asyncio.sleep(0.01)
                inside -= 1

        await asyncio.gather(*(one() for _ in range(6)))
        return highest

    assert asyncio.run(most()) == 2
