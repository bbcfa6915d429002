"""Reading a page and loading it with its files."""

from __future__ import annotations

import pytest

from pytest_todo_k8s.measuring.page import Landmark, load_page, read_document
from tests.unit.todo_server import LANDING, todo_server

LANDMARK = Landmark("Todo", "landing")


def test_title_test_ids_and_same_origin_files_once() -> None:
    document = read_document(LANDING, "http://10.0.0.1:30080/")
    assert document.title == "Todo"
    assert document.test_ids == {"landing"}
    base = "http://10.0.0.1:30080"
    assert document.assets == (f"{base}/style.css", f"{base}/icon.svg", f"{base}/app.js")


def test_relative_files_data_urls_and_another_port() -> None:
    html = (
        '<script src="a.js"></script><img src="data:image/png;base64,AA"><img src="//10.0.0.1:1/b"><script>1</script>'
    )
    assert read_document(html, "http://10.0.0.1/deep/page").assets == ("http://10.0.0.1/deep/a.js",)


def test_no_title() -> None:
    assert read_document("<p>hello", "http://10.0.0.1/").title is None


def test_the_right_page() -> None:
    with todo_server() as server:
        page = load_page(server.url, LANDMARK, 5)
    assert page.error is None
    assert (page.status, page.title, page.element_found) == (200, "Todo", True)
    assert [(asset.path, asset.status, asset.size_bytes) for asset in page.assets] == [
        ("/style.css", 200, 7),
        ("/icon.svg", 200, 6),
        ("/app.js", 200, 1),
    ]


@pytest.mark.parametrize(
    ("fault", "landmark", "error"),
    [
        ("page", LANDMARK, "status 404"),
        ("/app.js", LANDMARK, "/app.js: status 404"),
        ("none", Landmark("Shop", "landing"), "the title 'Todo' does not contain \"Shop\""),
        ("none", Landmark("Todo", "basket"), 'no element has data-testid="basket"'),
    ],
)
def test_what_is_wrong_is_told(fault: str, landmark: Landmark, error: str) -> None:
    with todo_server(fault) as server:
        assert load_page(server.url, landmark, 5).error == error


def test_nobody_answers() -> None:
    with todo_server() as server:
        url = server.url
    page = load_page(url, LANDMARK, 2)
    assert page.status is None
    assert page.error is not None
    assert "refused" in page.error
