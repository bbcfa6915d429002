from __future__ import annotations

from pytest_todo_k8s.assistants import text


def test_screens_become_plain_text() -> None:
    raw = "\x1b[2J\x1b]0;title\x07\x1b[1;36mGor\x1b[0mdon\r\nfine\x00\u202e!"
    assert text.plain_text(raw) == "Gordon\nfine!"


def test_code_blocks() -> None:
    shown = "a\n```yaml\nx: 1\n```\nb\n```\nFROM scratch\n```\n"
    assert text.blocks(shown) == [("yaml", "x: 1\n"), ("", "FROM scratch\n")]
    assert text.dockerfile(shown) == "FROM scratch\n"
    assert text.dockerfile("FROM scratch") == ""


def test_commands_of_blocks_and_of_lines() -> None:
    shown = (
        "Run:\n```sh\n# first\n$ kubectl get pods \\\n  -o wide\n```\n- kubectl delete pod x\nI like kubectl a lot.\n"
    )
    assert text.commands(shown) == ["kubectl get pods -o wide", "kubectl delete pod x"]


def test_manifests() -> None:
    assert text.manifests("a: [") == []
    assert text.manifests("kind: List\napiVersion: v1\nitems: [{kind: Pod, apiVersion: v1}]") == [
        {"kind": "Pod", "apiVersion": "v1"}
    ]
