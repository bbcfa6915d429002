from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from pytest_todo_k8s.cluster import kube as kube_module
from pytest_todo_k8s.cluster.kube import Kube, KubeError
from tests.unit.cluster.api_server import Answer, ApiServer, api_server, kubeconfig, listed, status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PODS = "/api/v1/namespaces/x/pods"


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with api_server() as server:
        yield server


@pytest.fixture
def kube(api: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kube]:
    monkeypatch.setattr(kube_module, "WATCH_IDLE_S", 1)
    client = Kube(kubeconfig(tmp_path, api.url), "test")
    yield client
    client.api_client.close()


def pod(name: str, version: str, **status_parts: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": f"uid-{name}", "resourceVersion": version}, "status": status_parts}


def event(kind: str, item: dict[str, Any]) -> bytes:
    return json.dumps({"type": kind, "object": item}).encode() + b"\n"


def test_reads_json_with_token_and_query(api: ApiServer, kube: Kube) -> None:
    api.on(f"GET {PODS}/a", {"kind": "Pod", "spec": None})
    assert kube.get(f"{PODS}/a", pretty=True) == {"kind": "Pod", "spec": None}
    assert api.asked[0].query == {"pretty": "true"}


def test_reads_all_pages(api: ApiServer, kube: Kube) -> None:
    api.on(f"GET {PODS}", listed({"a": 1}, more="next"), listed({"b": 2}))
    assert kube.items(PODS, labelSelector="app=x") == [{"a": 1}, {"b": 2}]
    assert [each.query.get("continue") for each in api.asked] == [None, "next"]
    assert {each.query["labelSelector"] for each in api.asked} == {"app=x"}


def test_a_list_of_null_is_empty(api: ApiServer, kube: Kube) -> None:
    api.on(f"GET {PODS}", {"items": None, "metadata": {}})
    assert kube.items(PODS) == []


def test_a_refusal_carries_status_reason_and_message(api: ApiServer, kube: Kube) -> None:
    api.on(f"GET {PODS}", Answer(403, status(403, "Forbidden", "pods is forbidden")))
    with pytest.raises(KubeError, match=r"pods is forbidden \(Forbidden\)") as caught:
        kube.items(PODS)
    assert (caught.value.status, caught.value.reason, caught.value.missing) == (403, "Forbidden", False)


def test_what_is_not_there_is_missing(kube: Kube) -> None:
    with pytest.raises(KubeError) as caught:
        kube.get("/api/v1/namespaces/nowhere")
    assert caught.value.missing


@pytest.mark.parametrize("body", [b"<html>bad gateway</html>", b"[1]", b""])
def test_a_refusal_that_is_no_status_object(api: ApiServer, kube: Kube, body: bytes) -> None:
    api.on(f"POST {PODS}", Answer(418, body))
    with pytest.raises(KubeError, match="418"):
        kube.create(PODS, {})


def test_an_answer_that_is_no_object(api: ApiServer, kube: Kube) -> None:
    api.on(f"GET {PODS}", Answer(200, b"[]"))
    with pytest.raises(KubeError, match="no JSON object"):
        kube.get(PODS)


def test_reads_are_tried_again_and_keep_the_last_error(api: ApiServer, kube: Kube) -> None:
    later = Answer(503, status(503, "ServiceUnavailable", "not yet"))
    api.on(f"GET {PODS}", later, Answer(429, status(429, "TooManyRequests", "slow down")), listed({"a": 1}))
    assert kube.items(PODS) == [{"a": 1}]
    api.on(f"GET {PODS}", later)
    with pytest.raises(KubeError, match="not yet"):
        kube.items(PODS)


def test_writes_are_not_repeated(api: ApiServer, kube: Kube) -> None:
    api.on(f"POST {PODS}", Answer(503, status(503, "ServiceUnavailable", "not yet")))
    with pytest.raises(KubeError):
        kube.create(PODS, {"kind": "Pod"})
    assert api.writes == [f"POST {PODS}"]


def test_no_server_is_one_sentence(tmp_path: Path) -> None:
    with api_server() as api:
        url = api.url
    client = Kube(kubeconfig(tmp_path, url), "test")
    with pytest.raises(KubeError, match=f"no answer from {url}") as caught:
        client.get("/version")
    assert caught.value.status == 0
    assert "\n" not in str(caught.value)


def test_a_kubeconfig_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KubeError, match="nothing can't be used"):
        Kube(tmp_path / "nothing", "test").get("/version")


def test_creates_strictly_and_dry(api: ApiServer, kube: Kube) -> None:
    api.on(f"POST {PODS}", {"metadata": {"uid": "1"}})
    assert kube.create(PODS, {"kind": "Pod"}) == {"metadata": {"uid": "1"}}
    kube.create(PODS, {"kind": "Pod"}, dry_run=True)
    assert [each.query for each in api.asked] == [
        {"fieldValidation": "Strict"},
        {"fieldValidation": "Strict", "dryRun": "All"},
    ]
    assert api.asked[0].body == {"kind": "Pod"}


def test_a_manifest_laid_over_an_object_is_a_dry_run(api: ApiServer, kube: Kube) -> None:
    api.on(f"PATCH {PODS}/a", {"spec": {"a": 1}})
    assert kube.merged(f"{PODS}/a", {"spec": {"a": 1}}) == {"spec": {"a": 1}}
    [asked] = api.asked
    assert asked.query == {"fieldValidation": "Strict", "dryRun": "All"}
    assert asked.body == {"spec": {"a": 1}}
    assert asked.content == "application/merge-patch+json"


def test_deletes_only_the_object_with_that_uid(api: ApiServer, kube: Kube) -> None:
    api.on(f"DELETE {PODS}/a", {})
    kube.delete(f"{PODS}/a", uid="u1", grace_s=0)
    body = api.asked[0].body
    assert body["preconditions"] == {"uid": "u1"}
    assert (body["gracePeriodSeconds"], body["propagationPolicy"]) == (0, "Foreground")


def test_text_is_capped(api: ApiServer, kube: Kube) -> None:
    api.on(f"GET {PODS}/a/log", Answer(200, [b"x" * 1000] * 100))
    assert kube.text(f"{PODS}/a/log", limit_bytes=1500, container="c") == "x" * 1500
    assert api.asked[0].query == {"container": "c"}


GIGABYTE = 1024**3


@pytest.mark.parametrize("length", [None, GIGABYTE], ids=["in chunks", "as one body"])
def test_a_log_of_a_gigabyte_is_cut(api: ApiServer, kube: Kube, length: int | None) -> None:
    sent: list[int] = []

    def blocks() -> Iterator[bytes]:
        block = b"x" * 2**20
        for number in range(1024):
            sent.append(number)
            yield block

    api.on(f"GET {PODS}/a/log", Answer(200, blocks(), length=length))
    started = time.monotonic()
    text, whole = kube.text_part(f"{PODS}/a/log", limit_bytes=2**21, timeout_s=20.0)
    assert (len(text), whole) == (2**21, False)
    assert time.monotonic() - started < 5.0
    assert len(sent) < 100


@pytest.mark.parametrize("length", [None, GIGABYTE], ids=["in chunks", "as one body"])
def test_a_log_that_comes_drop_by_drop_is_cut(api: ApiServer, kube: Kube, length: int | None) -> None:
    def drops() -> Iterator[bytes]:
        while True:
            time.sleep(0.05)
            yield b"x\n"

    api.on(f"GET {PODS}/a/log", Answer(200, drops(), length=length))
    started = time.monotonic()
    text, whole = kube.text_part(f"{PODS}/a/log", limit_bytes=2**21, timeout_s=0.5)
    assert text.startswith("x\nx\n")
    assert not whole
    assert time.monotonic() - started < 5.0


def test_text_that_breaks_off_names_the_connection(api: ApiServer, kube: Kube) -> None:
    api.on(f"GET {PODS}/a/log", Answer(200, [b"some"], broken=True))
    with pytest.raises(KubeError, match="the connection broke"):
        kube.text(f"{PODS}/a/log")


def test_watch_gives_items_then_changes_then_idle(api: ApiServer, kube: Kube) -> None:
    changes = [event("MODIFIED", pod("a", "6")), event("BOOKMARK", pod("", "7")), event("DELETED", pod("a", "8"))]
    api.on(f"GET {PODS}", listed(pod("a", "5"), version="5"), Answer(200, changes), Answer(200, [b"\n"]))
    seen = []
    for kind, item in kube.watch(PODS, time.monotonic() + 20):
        seen.append((kind, item.get("metadata", {}).get("resourceVersion")))
        if kind == "IDLE":
            break
    assert seen == [("ADDED", "5"), ("MODIFIED", "6"), ("DELETED", "8"), ("IDLE", None)]
    assert api.asked[1].query["resourceVersion"] == "5"


def test_watch_lists_again_when_its_version_is_too_old(api: ApiServer, kube: Kube) -> None:
    gone = event("ERROR", status(410, "Expired", "too old resource version"))
    api.on(
        f"GET {PODS}",
        listed(pod("a", "5"), pod("b", "5"), pod("c", "5"), version="5"),
        Answer(200, [gone]),
        listed(pod("a", "9"), pod("b", "5"), pod("d", "9"), version="9"),
        Answer(200, [b"\n"]),
    )
    seen = []
    for kind, item in kube.watch(PODS, time.monotonic() + 20):
        if kind == "IDLE":
            break
        seen.append((kind, item["metadata"]["name"]))
    assert seen[3:] == [("DELETED", "c"), ("MODIFIED", "a"), ("ADDED", "d")]


def test_watch_survives_a_connection_that_breaks(api: ApiServer, kube: Kube) -> None:
    api.on(
        f"GET {PODS}",
        listed(version="5"),
        Answer(200, [b'{"type": "ADD'], broken=True),
        listed(pod("a", "9"), version="9"),
        Answer(200, [b"\n"]),
    )
    seen = [kind for kind, _ in kube.watch(PODS, time.monotonic() + 2) if kind != "IDLE"]
    assert seen == ["ADDED"]


def test_watch_ends_at_its_deadline(api: ApiServer, kube: Kube) -> None:
    api.on(f"GET {PODS}", listed(), Answer(200, [b"\n"]))
    started = time.monotonic()
    assert {kind for kind, _ in kube.watch(PODS, started + 0.3)} <= {"IDLE"}
    assert time.monotonic() - started < 5


def test_watch_that_is_refused_says_so(api: ApiServer, kube: Kube) -> None:
    api.on(f"GET {PODS}", Answer(403, status(403, "Forbidden", "no watching here")))
    with pytest.raises(KubeError, match="no watching here"):
        list(kube.watch(PODS, time.monotonic() + 5))


def test_a_server_side_apply_is_only_asked_about(api: ApiServer, kube: Kube) -> None:
    api.on(f"PATCH {PODS}/a", {"kind": "Pod"})
    kube.would_apply(f"{PODS}/a", {"kind": "Pod"})
    assert api.asked[0].query == {
        "dryRun": "All",
        "fieldManager": "todo-k8s",
        "fieldValidation": "Strict",
        "force": "true",
    }
    api.on(f"PATCH {PODS}/a", Answer(422, status(422, "Invalid", "no such field")))
    with pytest.raises(KubeError, match="no such field"):
        kube.would_apply(f"{PODS}/a", {"kind": "Pod"})
