from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from app.tokens import InvalidTokenError, SharedKeyTokens

KEY = "k" * 32
USER = uuid4()


def claims(**changes: object) -> dict[str, Any]:
    now = datetime.now(UTC)
    complete = {
        "iss": "todo-backend",
        "aud": "todo-api",
        "sub": str(USER),
        "iat": now,
        "exp": now + timedelta(minutes=1),
        "jti": "1",
    }
    return {key: value for key, value in (complete | changes).items() if value is not None}


def test_issued_token_names_its_user_and_its_end() -> None:
    tokens = SharedKeyTokens(KEY, 60)
    token, expires = tokens.issue(USER, "a@example.org", None)
    assert tokens.verify(token).user_id == USER
    found = jwt.decode(token, KEY, algorithms=["HS256"], audience="todo-api")
    assert set(found) == {"iss", "aud", "sub", "email", "name", "iat", "exp", "jti"}
    assert found["exp"] == expires.timestamp()
    assert found["exp"] - found["iat"] == 60
    UUID(found["jti"])


def test_two_tokens_differ() -> None:
    tokens = SharedKeyTokens(KEY, 60)
    assert tokens.issue(USER, "a@example.org", None)[0] != tokens.issue(USER, "a@example.org", None)[0]


def test_hand_made_claims_are_right() -> None:
    assert SharedKeyTokens(KEY, 60).verify(jwt.encode(claims(), KEY, algorithm="HS256")).user_id == USER


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "someone"},
        {"aud": "another-api"},
        {"sub": "not-a-uuid"},
        {"exp": datetime.now(UTC) - timedelta(seconds=60)},
        {"iat": datetime.now(UTC) + timedelta(seconds=600)},
        *({name: None} for name in ("iss", "aud", "sub", "iat", "exp", "jti")),
    ],
)
def test_wrong_or_missing_claims_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidTokenError):
        SharedKeyTokens(KEY, 60).verify(jwt.encode(claims(**changes), KEY, algorithm="HS256"))


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        jwt.encode(claims(), "another key of thirty-two bytes!", algorithm="HS256"),
        jwt.encode(claims(), KEY * 2, algorithm="HS512"),
        jwt.encode(claims(), "", algorithm="none"),
    ],
)
def test_other_keys_and_algorithms_are_refused(token: str) -> None:
    with pytest.raises(InvalidTokenError):
        SharedKeyTokens(KEY, 60).verify(token)


def test_same_key_with_another_algorithm_is_refused() -> None:
    key = "k" * 64
    with pytest.raises(InvalidTokenError):
        SharedKeyTokens(key, 60).verify(jwt.encode(claims(), key, algorithm="HS512"))


def test_expired_token_is_refused_after_the_leeway_only() -> None:
    tokens = SharedKeyTokens(KEY, 60)
    just = jwt.encode(claims(exp=datetime.now(UTC) - timedelta(seconds=2)), KEY, algorithm="HS256")
    assert tokens.verify(just).user_id == USER
