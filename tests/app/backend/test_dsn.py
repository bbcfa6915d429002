from __future__ import annotations

import pytest
from app.dsn import parse_database_url
from psycopg.conninfo import conninfo_to_dict

NEON = "user:p%40ss@ep-x-pooler.eu-central-1.aws.neon.tech/neondb?sslmode=require&channel_binding=require"


@pytest.mark.parametrize(
    "scheme",
    ["postgres", "postgresql", "postgresql+psycopg", "postgresql+asyncpg", "postgres+asyncpg", "POSTGRESQL"],
)
def test_all_forms_give_the_same_connection(scheme: str) -> None:
    address = parse_database_url(f"{scheme}://{NEON}")
    options = conninfo_to_dict(address.conninfo)
    assert address.host == "ep-x-pooler.eu-central-1.aws.neon.tech"
    assert address.name == "neondb"
    assert options["password"] == "p@ss"
    assert (options["sslmode"], options["channel_binding"]) == ("require", "require")


def test_time_limits_are_added_and_can_be_overridden() -> None:
    assert conninfo_to_dict(parse_database_url("postgres://h/d").conninfo)["connect_timeout"] == "8"
    own = conninfo_to_dict(parse_database_url("postgres://h/d?connect_timeout=3").conninfo)
    assert own["connect_timeout"] == "3"


def test_socket_folder_counts_as_host() -> None:
    assert parse_database_url("postgresql://todo@/todo?host=/run/postgresql").host == "/run/postgresql"


@pytest.mark.parametrize(
    "url", ["", "todo", "http://h/d", "postgresql+mysql://h/d", "postgres://h/d?nonsense=1", "postgres://h:port/d/x?="]
)
def test_other_texts_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"^it "):
        parse_database_url(url)


def test_address_does_not_show_the_password() -> None:
    assert "p@ss" not in repr(parse_database_url(f"postgres://{NEON}"))
