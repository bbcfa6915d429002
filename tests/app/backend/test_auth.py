from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import uuid4

import jwt
import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.app.backend.conftest import Backend, SettingsFor, StartBackend, User

PASSWORD = "correct horse battery"


def log_in(client: httpx.Client, email: str, password: str = PASSWORD) -> httpx.Response:
    return client.post("/api/auth/login", json={"email": email, "password": password})


def code(reply: httpx.Response) -> str:
    return str(reply.json()["error"]["code"])


def test_sign_up_makes_an_account_and_logs_in(anonymous: httpx.Client, backend: Backend) -> None:
    email = f"{uuid4().hex}@example.org"
    reply = anonymous.post(
        "/api/auth/signup", json={"email": f"  {email.upper()} ", "password": PASSWORD, "name": " Ada ", "unknown": 1}
    )
    assert reply.status_code == 201
    session = reply.json()
    assert set(session) == {"user", "token", "expires_at"}
    assert set(session["user"]) == {"id", "email", "name", "created_at", "updated_at"}
    assert (session["user"]["email"], session["user"]["name"]) == (email, "Ada")
    assert session["user"]["created_at"].endswith("Z")
    assert session["expires_at"].endswith("Z")
    client = backend.client(session["token"])
    assert client.get("/api/auth/me").json() == {"user": session["user"]}


def test_password_is_stored_as_a_hash_only(user: User, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT u::text, password_hash FROM users u WHERE id = %s", [user.id]).fetchone()
    assert row is not None
    assert PASSWORD not in row[0]
    assert row[1].startswith("$argon2id$")


def test_email_is_taken_whatever_its_case(user: User, anonymous: httpx.Client) -> None:
    reply = anonymous.post("/api/auth/signup", json={"email": user.email.upper(), "password": PASSWORD})
    assert (reply.status_code, code(reply)) == (409, "EMAIL_TAKEN")


def test_parallel_sign_ups_make_one_account(anonymous: httpx.Client) -> None:
    body = {"email": f"{uuid4().hex}@example.org", "password": PASSWORD}
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: anonymous.post("/api/auth/signup", json=body).status_code, range(6)))
    assert sorted(replies) == [201, 409, 409, 409, 409, 409]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "no address"}, "body.email"),
        ({"email": None}, "body.email"),
        ({"password": "short"}, "body.password"),
        ({"password": "x" * 129}, "body.password"),
        ({"password": "nul\0 password"}, "body.password"),
        ({"password": 12345678}, "body.password"),
        ({"name": "x" * 256}, "body.name"),
    ],
)
def test_sign_up_names_the_field_and_keeps_its_value_back(
    anonymous: httpx.Client, change: dict[str, object], field: str
) -> None:
    reply = anonymous.post("/api/auth/signup", json={"email": "a@example.org", "password": PASSWORD, **change})
    assert (reply.status_code, code(reply)) == (422, "VALIDATION_ERROR")
    assert [detail["field"] for detail in reply.json()["error"]["details"]] == [field]
    assert PASSWORD not in reply.text
    assert "xxxxxxxx" not in reply.text


@pytest.mark.parametrize("body", [{}, {"email": "a@example.org"}, [], "text", 1, None])
def test_missing_fields_are_a_validation_error(anonymous: httpx.Client, body: object) -> None:
    reply = anonymous.post("/api/auth/login", json=body)
    assert (reply.status_code, code(reply)) == (422, "VALIDATION_ERROR")


def test_log_in_with_right_password(user: User, anonymous: httpx.Client) -> None:
    reply = log_in(anonymous, user.email.upper())
    assert reply.status_code == 200
    assert reply.json()["user"]["id"] == user.id


def test_unknown_account_and_wrong_password_look_alike(user: User, anonymous: httpx.Client) -> None:
    wrong, unknown = log_in(anonymous, user.email, "wrong password"), log_in(anonymous, f"{uuid4().hex}@example.org")
    assert (wrong.status_code, code(wrong)) == (401, "INVALID_CREDENTIALS")
    assert unknown.status_code == wrong.status_code
    assert wrong.json()["error"]["message"] == unknown.json()["error"]["message"]
    assert set(wrong.json()["error"]) == set(unknown.json()["error"])


def test_log_out_and_own_account_need_a_token(user: User, anonymous: httpx.Client) -> None:
    reply = user.client.post("/api/auth/logout")
    assert (reply.status_code, reply.content) == (204, b"")
    assert anonymous.post("/api/auth/logout").status_code == 401
    refused = anonymous.get("/api/auth/me")
    assert (refused.status_code, code(refused)) == (401, "UNAUTHENTICATED")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer", "Basic dTpw", "Bearer a.b.c", "token", "bearer x y"])
def test_unusable_credentials_are_401(anonymous: httpx.Client, header: str) -> None:
    reply = anonymous.get("/api/tasks", headers={"Authorization": header})
    assert (reply.status_code, code(reply)) == (401, "UNAUTHENTICATED")


def test_unsigned_token_is_refused(user: User, backend: Backend) -> None:
    claims = jwt.decode(user.token, options={"verify_signature": False})
    client = backend.client(jwt.encode(claims, "", algorithm="none"))
    assert client.get("/api/auth/me").status_code == 401


def test_token_of_a_deleted_account_is_worth_nothing(user: User, database_url: str) -> None:
    user.task()
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM users WHERE id = %s", [user.id])
    assert user.client.get("/api/auth/me").status_code == 401
    assert user.client.post("/api/tasks", json={"title": "a"}).status_code == 401
    assert user.client.get("/api/tasks").json() == {"tasks": [], "total": 0}


def test_life_of_tokens_is_configured(
    database_url: str, settings_for: SettingsFor, start_backend: StartBackend
) -> None:
    with start_backend(settings_for(database_url, TOKEN_TTL_S="7")) as short:
        user = short.user()
        claims = jwt.decode(user.token, options={"verify_signature": False})
        assert claims["exp"] - claims["iat"] == 7


def attempts(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT coalesce(sum(least(count, 10)), 0) FROM rate_limits").fetchone()
    assert row is not None
    return int(row[0])


def test_eleventh_attempt_in_a_minute_is_refused(
    new_schema: Callable[[], str], settings_for: SettingsFor, start_backend: StartBackend
) -> None:
    url = new_schema()
    with start_backend(settings_for(url)) as backend:
        client = backend.client()
        user, other = backend.user(), backend.user()
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _: log_in(client, user.email, "wrong password"), range(24)))
        statuses = [reply.status_code for reply in replies]
        # Counted against the windows in the database, because the minute may change in between.
        assert statuses.count(401) == attempts(url)
        assert statuses.count(401) + statuses.count(429) == 24
        assert statuses.count(429) >= 4
        refused = next(reply for reply in replies if reply.status_code == 429)
        assert code(refused) == "RATE_LIMITED"
        assert 1 <= int(refused.headers["Retry-After"]) <= 60
        assert log_in(client, other.email).status_code == 200


def test_limit_holds_over_two_processes_and_a_right_password_does_not_lift_it(
    new_schema: Callable[[], str], settings_for: SettingsFor, start_backend: StartBackend
) -> None:
    url = new_schema()
    settings = settings_for(url)
    with start_backend(settings) as first, start_backend(settings) as second:
        user = first.user()
        one, two = first.client(), second.client()
        statuses: list[int] = []
        for index in range(30):
            statuses.append(log_in(one if index % 2 else two, user.email, "wrong password").status_code)
            if statuses[-1] == 429:
                break
        assert statuses[:10] == [401] * 10
        assert statuses[-1] == 429
        with psycopg.connect(url) as connection:
            # The next minute is full as well, should it begin just now.
            connection.execute(
                "INSERT INTO rate_limits SELECT bucket, window_start + interval '1 minute', 10 FROM rate_limits "
                "ON CONFLICT DO NOTHING"
            )
        assert log_in(one, user.email).status_code == 429


def test_right_passwords_are_not_counted(user: User, anonymous: httpx.Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(lambda _: log_in(anonymous, user.email).status_code, range(24)))
    assert statuses == {200}


def test_forwarded_address_counts_only_when_it_is_trusted(
    new_schema: Callable[[], str], settings_for: SettingsFor, start_backend: StartBackend
) -> None:
    url = new_schema()

    def buckets(trust: str) -> int:
        with start_backend(settings_for(url, TRUST_PROXY_HEADERS=trust)) as backend:
            client = backend.client()
            email = f"{uuid4().hex}@example.org"
            for address in ("203.0.113.7, 10.0.0.1", "203.0.113.8, 10.0.0.1", "203.0.113.7, 10.0.0.2"):
                body = {"email": email, "password": PASSWORD}
                client.post("/api/auth/login", json=body, headers={"X-Forwarded-For": address})
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute("SELECT count(DISTINCT bucket) FROM rate_limits").fetchone()
            connection.execute("DELETE FROM rate_limits")
        assert row is not None
        return int(row[0])

    assert buckets("false") == 1
    # What the client itself wrote before the proxy's entry does not make another bucket.
    assert buckets("true") == 2


def test_old_windows_are_swept(
    new_schema: Callable[[], str], settings_for: SettingsFor, start_backend: StartBackend
) -> None:
    url = new_schema()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO rate_limits VALUES ('login:old', now() - interval '1 hour', 3)")
        with start_backend(settings_for(url)) as backend:
            client = backend.client()
            log_in(client, "nobody@example.org")
        rows = connection.execute("SELECT bucket FROM rate_limits").fetchall()
    assert len(rows) == 1
    assert rows[0][0] != "login:old"


def test_hashing_does_not_stop_other_requests(
    database_url: str, settings_for: SettingsFor, start_backend: StartBackend
) -> None:
    with start_backend(settings_for(database_url)) as backend:
        client = backend.client()
        entered, release = threading.Event(), threading.Event()
        running: list[int] = []
        passwords = backend.services.passwords

        class SlowHasher:
            def hash(self, _password: str) -> str:
                running.append(1)
                entered.set()
                assert release.wait(20)
                return "$argon2id$made-up"

        passwords._hasher = SlowHasher()  # type: ignore[assignment]
        with ThreadPoolExecutor(4) as pool:
            bodies = [{"email": f"{uuid4().hex}@example.org", "password": PASSWORD} for _ in range(4)]
            replies = [pool.submit(client.post, "/api/auth/signup", json=body) for body in bodies]
            assert entered.wait(20)
            time.sleep(0.2)
            assert client.get("/health").status_code == 200
            assert len(running) <= 2, "more than two hashes at a time"
            release.set()
            assert {reply.result().status_code for reply in replies} == {201}
