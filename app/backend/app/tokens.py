"""Access tokens: JSON Web Tokens signed with HS256 (RFC 7519)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

import jwt

ISSUER = "todo-backend"
AUDIENCE = "todo-api"
ALGORITHM = "HS256"
LEEWAY_S = 5
"""Accepted difference between the clocks of two replicas."""


class InvalidTokenError(Exception):
    """The token is malformed, expired, not ours or signed with another key."""


@dataclass(frozen=True)
class Identity:
    """Who a request acts for."""

    user_id: UUID


class TokenVerifier(Protocol):
    """Turns a bearer token into an identity, by a shared secret now and perhaps by public keys later."""

    def verify(self, token: str) -> Identity:
        """Return the identity. Raises InvalidTokenError."""


class SharedKeyTokens:
    """Issues and verifies tokens with one secret that all replicas share."""

    def __init__(self, secret: str, ttl_s: int) -> None:
        """``ttl_s`` is the life of a token in seconds."""
        self._secret = secret
        self._ttl = timedelta(seconds=ttl_s)

    def issue(self, user_id: UUID, email: str, name: str | None) -> tuple[str, datetime]:
        """Return a new token and the moment at which it expires (UTC, whole seconds)."""
        issued = datetime.now(UTC).replace(microsecond=0)
        expires = issued + self._ttl
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "email": email,
            "name": name,
            "iat": issued,
            "exp": expires,
            "jti": str(uuid4()),
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM), expires

    def verify(self, token: str) -> Identity:
        """Check signature, algorithm, issuer, audience and expiry. Raises InvalidTokenError."""
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                leeway=LEEWAY_S,
                options={"require": ["iss", "aud", "sub", "iat", "exp", "jti"]},
            )
            return Identity(UUID(claims["sub"]))
        except (jwt.InvalidTokenError, ValueError):
            raise InvalidTokenError from None
