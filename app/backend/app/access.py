"""What routes need from a request: the shared parts of the process, and the user a request acts for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.chat.turns import Chat
from app.config import Settings
from app.database import Database
from app.errors import ApiError
from app.metrics import Metrics
from app.passwords import Passwords
from app.tokens import Identity, InvalidTokenError, SharedKeyTokens, TokenVerifier

bearer = HTTPBearer(auto_error=False, description="Access token from sign-up or log-in.")


@dataclass(frozen=True)
class Services:
    """The parts of the process that requests share. ``chat`` is None when there is no key for the model."""

    settings: Settings
    database: Database
    passwords: Passwords
    tokens: SharedKeyTokens
    verifier: TokenVerifier
    metrics: Metrics
    chat: Chat | None


def services(request: Request) -> Services:
    """Return the shared parts."""
    shared: Services = request.app.state.services
    return shared


Shared = Annotated[Services, Depends(services)]


def unauthenticated() -> ApiError:
    """The answer for a missing or unusable token: the same in all cases."""
    return ApiError(401, "A valid access token is required.", headers={"WWW-Authenticate": "Bearer"})


def identity(shared: Shared, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Identity:
    """Return who the bearer token speaks for. Raises ApiError 401."""
    if credentials is None:
        raise unauthenticated()
    try:
        return shared.verifier.verify(credentials.credentials)
    except InvalidTokenError:
        raise unauthenticated() from None


TokenOwner = Annotated[Identity, Depends(identity)]


def path_user(owner: TokenOwner, user_id: UUID) -> None:
    """Refuse a path that names another user than the token does. Raises ApiError 403."""
    if user_id != owner.user_id:
        raise ApiError(403, "The path names another user.")


def client_address(request: Request, settings: Settings) -> str:
    """Return the address of the client.

    Proxy headers count only when they are trusted, and then only the last entry, the one the nearest proxy wrote.
    """
    if settings.trust_proxy_headers:
        forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded[:64]
    return request.client.host if request.client else "unknown"
