from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_todo_k8s.cluster import kubeconfig
from pytest_todo_k8s.errors import ConfigError


def write(file: Path, server: str, **user: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "clusters": [{"name": "k", "cluster": {"server": server, "certificate-authority": "ca.crt"}}],
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "users": [{"name": "u", "user": user or {"client-key": "keys/u.key"}}],
    }
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    for name in ("ca.crt", "keys/u.key"):
        (file.parent / name).parent.mkdir(exist_ok=True)
        (file.parent / name).touch()
    return file


def test_the_callers_files_win(tmp_path: Path) -> None:
    raised = tmp_path / "raised"
    assert kubeconfig.sources({"KUBECONFIG": "/a:/b"}, raised) == [Path("/a"), Path("/b")]
    assert kubeconfig.sources({"HOME": "/home/x"}, raised) == [raised]
    assert kubeconfig.sources({"HOME": "/home/x", "KUBECONFIG": ""}, None) == [Path("/home/x/.kube/config")]


def test_cuts_one_context_with_absolute_paths(tmp_path: Path) -> None:
    file = write(tmp_path / "one/config", "https://a")
    cut = kubeconfig.one_context([file], "c")
    assert cut is not None
    assert cut["current-context"] == "c"
    assert cut["clusters"][0]["cluster"]["certificate-authority"] == str(tmp_path / "one/ca.crt")
    assert cut["users"][0]["user"]["client-key"] == str(tmp_path / "one/keys/u.key")
    assert kubeconfig.server(cut) == "https://a"


def test_the_first_file_that_defines_a_name_wins(tmp_path: Path) -> None:
    files = [tmp_path / "absent", write(tmp_path / "1", "https://first"), write(tmp_path / "2", "https://second")]
    cut = kubeconfig.one_context(files, "c")
    assert cut
    assert kubeconfig.server(cut) == "https://first"


def test_a_context_that_no_file_has(tmp_path: Path) -> None:
    assert kubeconfig.one_context([write(tmp_path / "1", "https://a"), tmp_path / "absent"], "other") is None


@pytest.mark.parametrize("text", ["a: [", "- just\n- a list", "\x00"])
def test_a_file_that_can_not_be_understood(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=str(file)) as caught:
        kubeconfig.one_context([file], "c")
    assert "\n" not in str(caught.value)


def test_a_context_whose_user_is_nowhere(tmp_path: Path) -> None:
    file = write(tmp_path / "config", "https://a")
    content: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["users"] = None
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ConfigError, match="names the user 'u', which is not defined"):
        kubeconfig.one_context([file], "c")


def test_a_certificate_that_is_gone(tmp_path: Path) -> None:
    file = write(tmp_path / "config", "https://a")
    (tmp_path / "ca.crt").unlink()
    with pytest.raises(ConfigError, match=f"needs the file {tmp_path}/ca.crt, which is not there"):
        kubeconfig.one_context([file], "c")


def test_the_private_copy_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    for content in ({"a": 1}, {"a": 2}):
        kubeconfig.write_private(content, file)
    assert yaml.safe_load(file.read_text(encoding="utf-8")) == {"a": 2}
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]
