"""What the corpus left in a database: the rows of its accounts, without what must differ between two applications."""

from __future__ import annotations

import importlib.util
import json
import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from pytest_todo_k8s.errors import PhaseError
from pytest_todo_k8s.measurements import Difference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_todo_k8s.tools.redaction import Redactor, Secret

REMEDY: Final = "psycopg is not installed: run `pip install pytest-todo-k8s[acceptance]`"
RULE: Final = "rows: ids, times and the salted part of password hashes are left out; order is that of creation"
"""How rows are normalised, for the report."""
_CONNECT_TIMEOUT_S: Final = 10
_DRIVER: Final = re.compile(r"^(postgres(?:ql)?)\+\w+://")
_ABSENT: Final = "(no row)"
_OURS: Final = "FROM users JOIN {} WHERE users.email LIKE %s ORDER BY users.email, {}"
_QUERIES: Final[Mapping[str, str]] = {
    "users": (
        "SELECT email, name, split_part(password_hash, '$', 2) AS password_hashed_by "
        "FROM users WHERE email LIKE %s ORDER BY email"
    ),
    "tasks": (
        "SELECT users.email, title, description, completed, (due_date AT TIME ZONE 'UTC')::text AS due_date "
        + _OURS.format("tasks ON tasks.user_id = users.id", "tasks.created_at")
    ),
    "messages": (
        "SELECT users.email, conversations.title, role, content, status "
        + _OURS.format(
            "conversations ON conversations.user_id = users.id JOIN messages ON conversation_id = conversations.id",
            "conversations.created_at, seq",
        )
    ),
}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows by table."""

    tables: Mapping[str, Sequence[Row]]

    @property
    def count(self) -> int:
        """How many rows there are in all."""
        return sum(map(len, self.tables.values()))


def readable() -> bool:
    """Tell whether the driver is there."""
    return importlib.util.find_spec("psycopg") is not None


def stored(database_url: Secret, run_id: str, redactor: Redactor, side: str) -> Stored:
    """Read the rows of the corpus's accounts.

    Args:
        database_url: PostgreSQL as this machine reaches it.
        run_id: Ends the name of every account of the corpus.
        redactor: Cleans what the driver says.
        side: What an error calls the application.

    Raises:
        PhaseError: The database can't be asked.
    """
    import psycopg  # noqa: PLC0415  an optional dependency
    from psycopg.rows import dict_row  # noqa: PLC0415  likewise

    url = _DRIVER.sub(r"\1://", database_url.reveal())
    try:
        with (
            psycopg.connect(
                url, connect_timeout=_CONNECT_TIMEOUT_S, prepare_threshold=None, row_factory=dict_row
            ) as connection,
            connection.transaction(),
        ):
            connection.execute("SET LOCAL statement_timeout = '10s'")
            found = {
                table: connection.execute(query.encode(), [f"%-{run_id}@example.org"]).fetchall()
                for table, query in _QUERIES.items()
            }
    except psycopg.Error as error:
        said = redactor.clean(" ".join(str(error).split()))
        raise PhaseError("parity", f"the database of {side} can't be read: {said}") from None
    return Stored(found)


def row_differences(plain: Stored, cluster: Stored) -> list[Difference]:
    """Compare the rows of two databases, one by one in their order."""
    return [
        Difference(request=f"rows of {table}", where=where, plain=_shown(left), cluster=_shown(right))
        for table in _QUERIES
        for where, left, right in _unlike(plain.tables[table], cluster.tables[table])
    ]


def _unlike(plain: Sequence[Row], cluster: Sequence[Row]) -> Iterator[tuple[str, object, object]]:
    for number, (left, right) in enumerate(zip_longest(plain, cluster), start=1):
        if left is None or right is None:
            yield f"row {number}", left or _ABSENT, right or _ABSENT
            continue
        yield from (
            (f"row {number}, {column}", left[column], right[column]) for column in left if left[column] != right[column]
        )


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
