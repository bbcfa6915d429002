"""Routes of the accounts: sign-up, log-in, log-out and the own account."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from app import rate_limits, users
from app.access import Services, Shared, TokenOwner, client_address, unauthenticated
from app.errors import ApiError, error_docs
from app.text import Email, GivenPassword, Moment, Name, NewPassword
from app.users import User

router = APIRouter(prefix="/api/auth", tags=["auth"])


class SignUp(BaseModel):
    """A new account."""

    email: Email
    password: NewPassword
    name: Name | None = None


class LogIn(BaseModel):
    """The credentials of an account."""

    email: Email
    password: GivenPassword


class Session(BaseModel):
    """The answer to sign-up and log-in."""

    user: User
    token: str
    expires_at: Moment


class Account(BaseModel):
    """The own account."""

    user: User


@router.post("/signup", status_code=201, responses=error_docs(413, 415, 422, 503, EMAIL_TAKEN=409))
async def sign_up(body: SignUp, shared: Shared) -> Session:
    """Make an account and log in."""
    async with shared.passwords.slot():
        password_hash = await shared.passwords.hash(body.password)
    async with shared.database.connection() as connection:
        user = await users.create(connection, body.email, body.name or None, password_hash)
    if user is None:
        raise ApiError(409, "This e-mail address has an account already.", "EMAIL_TAKEN")
    return _session(shared, user)


@router.post("/login", responses=error_docs(413, 415, 422, 429, 503, INVALID_CREDENTIALS=401))
async def log_in(body: LogIn, request: Request, shared: Shared) -> Session:
    """Exchange credentials for an access token."""
    bucket = rate_limits.login_bucket(client_address(request, shared.settings), body.email)
    # The attempt is counted inside the slot, so that few attempts at a time are counted and not yet decided:
    # a crowd of correct log-ins does not look like a crowd of guesses.
    async with shared.passwords.slot():
        async with shared.database.transaction() as connection:
            wait_s = await rate_limits.reserve(connection, bucket, rate_limits.LOGIN_ATTEMPTS)
            found = await users.with_hash(connection, body.email)
        if wait_s:
            raise ApiError(429, "Too many attempts; try again later.", headers={"Retry-After": str(wait_s)})
        if not await shared.passwords.verify(found[1] if found else None, body.password) or not found:
            raise ApiError(401, "E-mail address or password is wrong.", "INVALID_CREDENTIALS")
        async with shared.database.connection() as connection:
            await rate_limits.release(connection, bucket)
    return _session(shared, found[0])


@router.post("/logout", status_code=204, responses=error_docs(401))
async def log_out(_owner: TokenOwner) -> Response:
    """End a session. The token stays valid until it expires; whoever keeps it must forget it."""
    return Response(status_code=204)


@router.get("/me", responses=error_docs(401, 503))
async def own_account(owner: TokenOwner, shared: Shared) -> Account:
    """Return the own account as it is in the database now."""
    async with shared.database.connection() as connection:
        user = await users.by_id(connection, owner.user_id)
    if user is None:
        raise unauthenticated()
    return Account(user=user)


def _session(shared: Services, user: User) -> Session:
    token, expires_at = shared.tokens.issue(user.id, user.email, user.name)
    return Session(user=user, token=token, expires_at=expires_at)
