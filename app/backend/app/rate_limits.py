"""Counting of attempts in the database, so that a limit holds over all replicas together."""

from __future__ import annotations

import hashlib

from app.database import Connection

LOGIN_ATTEMPTS = 10
"""Log-in attempts without success that are answered per minute for one client address and e-mail address."""

# Fixed windows of one minute by the clock of the database, the only one that all replicas share.
RESERVE = """
INSERT INTO rate_limits (bucket, window_start, count) VALUES (%s, date_trunc('minute', now()), 1)
ON CONFLICT (bucket, window_start) DO UPDATE SET count = rate_limits.count + 1
RETURNING count, ceil(extract(epoch FROM window_start + interval '1 minute' - now()))::integer AS remaining_s
"""

RELEASE = """
UPDATE rate_limits SET count = count - 1
WHERE bucket = %s AND count > 0
  AND window_start = (SELECT max(window_start) FROM rate_limits WHERE bucket = %s)
"""

# Rows that another replica is just deleting are left to it: two deletions must not wait for each other.
SWEEP = """
DELETE FROM rate_limits WHERE (bucket, window_start) IN (
    SELECT bucket, window_start FROM rate_limits
    WHERE window_start < now() - interval '10 minutes' LIMIT 100 FOR UPDATE SKIP LOCKED)
"""


def login_bucket(client: str, email: str) -> str:
    """Name the counter of a client address and e-mail address; hashed, because neither belongs in this table."""
    return "login:" + hashlib.sha256(f"{client}\n{email}".encode()).hexdigest()


async def reserve(connection: Connection, bucket: str, limit: int) -> int:
    """Count one attempt. Return 0 when it is allowed, else the seconds until the next window.

    Counting before the attempt keeps parallel attempts from all seeing the same free place; ``release`` takes back
    one that succeeded.
    """
    [row] = await (await connection.execute(RESERVE, [bucket])).fetchall()
    if row["count"] == 1:
        await connection.execute(SWEEP)
    return max(1, int(row["remaining_s"])) if row["count"] > limit else 0


async def release(connection: Connection, bucket: str) -> None:
    """Take back one counted attempt."""
    await connection.execute(RELEASE, [bucket, bucket])
