"""What a section of the report is made of; the template draws each kind in one way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, TypeAlias

if TYPE_CHECKING:
    from markupsafe import Markup


Cell: TypeAlias = "str | Markup"


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first cell of a row is its heading.

    Attributes:
        caption: What it shows.
        head: Column headings.
        rows: Cells; plain text is cleaned and escaped, Markup is a graphic of ours.
        figures: Indices of the columns that hold figures.
        folded: Whether it is closed at first: raw samples and other long lists.
    """

    kind: ClassVar[str] = "table"
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    figures: tuple[int, ...] = ()
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with their values, in order."""

    kind: ClassVar[str] = "facts"
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines of preformatted text, folded."""

    kind: ClassVar[str] = "listing"
    caption: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A graphic with what it shows."""

    kind: ClassVar[str] = "figure"
    graphic: Markup
    caption: str


Block: TypeAlias = Table | Facts | Listing | Figure
