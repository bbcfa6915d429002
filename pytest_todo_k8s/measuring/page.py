"""Loading a page as a browser does with an empty cache: the document, then every same-origin file that it names."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from pytest_todo_k8s.measurements import Page, PageAsset
from pytest_todo_k8s.measuring.fetch import Fetched, fetch, new_session

if TYPE_CHECKING:
    import requests

CONNECTIONS: Final = 6
"""Files fetched at once; browsers open six connections to one host."""
_OK: Final = 200
_FETCHED_LINKS: Final = frozenset({"stylesheet", "preload", "modulepreload", "icon", "manifest", "apple-touch-icon"})
"""Kinds of `<link>` that make a browser fetch a file."""


@dataclass(frozen=True, slots=True)
class Landmark:
    """What the right page shows: a text within its title, and an element by its `data-testid`."""

    title: str
    test_id: str


@dataclass(frozen=True, slots=True)
class Document:
    """What was found in a page's HTML.

    Attributes:
        title: Text of `<title>`; None without one.
        test_ids: All `data-testid` attributes.
        assets: Absolute URLs of same-origin files, each once, in order of appearance.
    """

    title: str | None
    test_ids: frozenset[str]
    assets: tuple[str, ...]


class _Reader(HTMLParser):
    """Collects title, test ids and file references."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title: str | None = None
        self.test_ids: set[str] = set()
        self.references: list[str] = []
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if test_id := found.get("data-testid"):
            self.test_ids.add(test_id)
        if tag == "title" and self.title is None:  # an SVG may have one of its own later
            self._in_title, self.title = True, ""
        reference = found.get("href") if tag == "link" and _is_fetched(found.get("rel")) else None
        if tag in {"script", "img"}:
            reference = found.get("src")
        if reference:
            self.references.append(reference)

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title = (self.title or "") + data


def read_document(html: str, url: str) -> Document:
    """Find title, test ids and same-origin files in a page that was fetched from `url`."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    origin = urlsplit(url)[:2]
    resolved = [urljoin(url, reference).partition("#")[0] for reference in reader.references]
    assets = dict.fromkeys(each for each in resolved if urlsplit(each)[:2] == origin)
    title = reader.title.strip() if reader.title is not None else None
    return Document(title, frozenset(reader.test_ids), tuple(assets))


def load_page(url: str, landmark: Landmark, timeout_s: float) -> Page:
    """Load a page and its files over new connections; what is wrong stands in `error`.

    Args:
        url: The page.
        landmark: What the right page shows.
        timeout_s: Seconds for all of it.
    """
    deadline = time.monotonic() + timeout_s
    with new_session(CONNECTIONS) as session:
        answer = fetch(session, url, timeout_s=timeout_s)
        document = read_document(answer.text, url) if answer.error is None else Document(None, frozenset(), ())
        assets = _load_assets(session, document.assets, deadline) if answer.status == _OK else []
    found = landmark.test_id in document.test_ids
    return Page(
        url=url,
        status=answer.status,
        title=document.title,
        element=f'[data-testid="{landmark.test_id}"]',
        element_found=found,
        title_wanted=landmark.title,
        assets=assets,
        error=_problem(answer, document, landmark, assets),
    )


def _load_assets(session: requests.Session, urls: tuple[str, ...], deadline: float) -> list[PageAsset]:
    def load(url: str) -> PageAsset:
        answer = fetch(session, url, timeout_s=max(0.05, deadline - time.monotonic()))
        error = answer.error or (None if answer.status == _OK else f"status {answer.status}")
        return PageAsset(
            path=urlsplit(url).path,
            status=answer.status,
            size_bytes=len(answer.body),
            duration_s=answer.duration_s,
            error=error,
        )

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return list(pool.map(load, urls))


def _problem(answer: Fetched, document: Document, landmark: Landmark, assets: list[PageAsset]) -> str | None:
    if answer.error:
        return answer.error
    if answer.status != _OK:
        return f"status {answer.status}"
    if landmark.title not in (document.title or ""):
        return f'the title {document.title!r} does not contain "{landmark.title}"'
    if landmark.test_id not in document.test_ids:
        return f'no element has data-testid="{landmark.test_id}"'
    return next((f"{asset.path}: {asset.error}" for asset in assets if asset.error), None)


def _is_fetched(relation: str | None) -> bool:
    return not _FETCHED_LINKS.isdisjoint((relation or "").lower().split())
