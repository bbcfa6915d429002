"""Values that may leave a pytest-xdist worker.

The wire takes exact built-in types only (it looks at `type(x)`): one `Path`, one enum member, one lone surrogate in a
test's properties ends the worker's session, and its lost tests do not turn the run red. So everything that leaves a
worker passes through here.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

Plain = None | bool | int | float | str | bytes | list[Any] | tuple[Any, ...] | dict[Any, Any]
_DEEPEST: Final = 50
"""Containers in containers; deeper, or endless, ones become text."""


_SMALLEST: Final = -(2**31)
"""Smaller whole numbers become text: execnet writes them as 32 bits without a look at their size."""


def plain(value: object) -> Plain:
    """Return `value` built of exact built-in types: subclasses lose their class, anything else becomes its text."""
    return _plain(value, _DEEPEST)


def _plain(value: object, depth: int) -> Plain:
    if isinstance(value, Mapping | list | tuple | AbstractSet) and depth:
        return _container(value, depth - 1)
    match value:
        case None | bool():
            return value
        case int() if value >= _SMALLEST:
            return int.__int__(value)
        case float():
            return float.__float__(value)
        case bytes() | bytearray():
            return bytes(value)
        case _:
            return _text(value)


def _container(value: Mapping[Any, Any] | list[Any] | tuple[Any, ...] | AbstractSet[Any], depth: int) -> Plain:
    if isinstance(value, Mapping):
        return {_key(key): _plain(each, depth) for key, each in value.items()}
    items = [_plain(each, depth) for each in value]
    return tuple(items) if isinstance(value, tuple) else items


def _key(value: object) -> Plain:
    """A key stays what it is where that is one plain value; containers become text, for a list can't be a key."""
    return _plain(value, 0)


def _text(value: object) -> str:
    try:
        text = value if isinstance(value, str) else str(value)
        return str.encode(text, "utf-8", "backslashreplace").decode()
    except Exception as error:  # noqa: BLE001  a value that can't be shown must not end the worker
        return f"<{type(value).__name__} without text: {type(error).__name__}>"
