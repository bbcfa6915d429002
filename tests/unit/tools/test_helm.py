from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s.tools import helm as helm_module
from pytest_todo_k8s.tools.helm import Chart, Helm, HelmError
from tests.unit.cluster.stubs import Stubs, cases, prints

if TYPE_CHECKING:
    from pathlib import Path

RENDERED = """\
---
# Source: todo/templates/service.yaml
apiVersion: v1
kind: Service
metadata: {name: a}
---
# Source: todo/templates/empty.yaml
---
apiVersion: v1
kind: Secret
metadata: {name: b}
"""
SCHEMA = """\
Error: values don't meet the specifications of the schema(s) in the following chart(s):
todo-chatbot-chart:
- at '/frontend/replicas': got string, want integer
"""
LINT = """\
engine.go:214: [INFO] Missing required value: backend.image.tag is empty
==> Linting charts/todo-chatbot-chart
[INFO] Chart.yaml: icon is recommended
[ERROR] templates/: parse error at (todo/templates/backend-service.yaml:15): function "endd" not defined

Error: 1 chart(s) linted, 1 chart(s) failed
"""


class World:
    def __init__(self, folder: Path) -> None:
        self.folder, self.stubs = folder, Stubs(folder)
        self.chart = Chart(folder / "chart", "todo", "ns", "v1.34.4")

    def helm(self, *answers: tuple[str, str]) -> Helm:
        self.stubs.add("helm", cases(*answers))
        return Helm(self.stubs.toolchain(), self.stubs.commands(), self.folder / "kubeconfig", "dev")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_version(world: World) -> None:
    assert world.helm(("'version --short'", "echo v3.22.0+g12ab")).version == "v3.22.0"
    with pytest.raises(HelmError, match="tells no version"):
        _ = world.helm(("'version --short'", "exit 3")).version


def test_lint_is_strict_and_for_the_clusters_version(world: World) -> None:
    world.helm(("'lint '*", ":")).lint(world.chart, [world.folder / "a.yaml", world.folder / "b.yaml"])
    (call,) = world.stubs.calls("helm")
    assert call == (
        f"lint --strict {world.folder}/chart --namespace ns --kube-version v1.34.4 "
        f"--values {world.folder}/a.yaml --values {world.folder}/b.yaml"
    )


def test_lint_names_file_and_line(world: World) -> None:
    with pytest.raises(HelmError) as caught:
        world.helm(("'lint '*", f"{prints(LINT)} exit 1")).lint(world.chart, [])
    assert caught.value.cause == (
        'helm lint: templates/: parse error at (todo/templates/backend-service.yaml:15): function "endd" not defined'
    )
    assert str(world.chart.folder) in caught.value.hint


def test_template_reads_all_documents(world: World) -> None:
    rendered = world.helm(("'template todo '*", prints(RENDERED))).template(world.chart, [])
    assert [(each["kind"], each["metadata"]["name"]) for each in rendered] == [("Service", "a"), ("Secret", "b")]


def test_template_tells_what_the_schema_refused(world: World) -> None:
    failing = f"{prints(SCHEMA)} exit 1"
    with pytest.raises(HelmError) as caught:
        world.helm(("'template '*", f"{{ {failing}; }} >&2")).template(world.chart, [])
    assert caught.value.cause.endswith("todo-chatbot-chart: - at '/frontend/replicas': got string, want integer")


@pytest.mark.parametrize(
    ("text", "told"), [("a: [", "gave no YAML"), ("kind: Service", "without kind and name"), ("- a", "without kind")]
)
def test_template_that_gives_no_manifests(world: World, text: str, told: str) -> None:
    with pytest.raises(HelmError, match=told):
        world.helm(("'template '*", prints(text))).template(world.chart, [])


def test_a_failure_without_a_known_form_tells_the_last_lines(world: World) -> None:
    with pytest.raises(HelmError, match="helm template: it hurts"):
        world.helm(("'template '*", "echo 'it hurts' >&2; exit 1")).template(world.chart, [])
    with pytest.raises(HelmError, match="helm template: status 9"):
        world.helm(("'template '*", "exit 9")).template(world.chart, [])


def test_install_waits_for_nothing_and_holds_no_value(world: World) -> None:
    log = world.folder / "helm.log"
    took_s = world.helm(("'upgrade '*", "echo deployed")).install(world.chart, [world.folder / "v.yaml"], log)
    assert took_s > 0
    assert log.read_text(encoding="utf-8") == "deployed\n"
    (call,) = world.stubs.calls("helm")
    assert call == (
        f"upgrade --install todo {world.folder}/chart --kubeconfig {world.folder}/kubeconfig --kube-context dev "
        f"--namespace ns --timeout 120s --values {world.folder}/v.yaml"
    )


def test_install_that_hangs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(helm_module, "INSTALL_S", 0)
    monkeypatch.setattr(helm_module, "_GRACE_S", 0.3)
    with pytest.raises(HelmError, match="was ended after 0 s"):
        world.helm(("'upgrade '*", "exec sleep 60")).install(world.chart, [], world.folder / "log")


def test_the_installed_release(world: World) -> None:
    helm = world.helm(
        ("'get metadata todo '*", prints("name: todo\nrevision: 4")), ("'get manifest todo '*", prints(RENDERED))
    )
    assert helm.revision(world.chart) == 4
    assert len(helm.released(world.chart)) == 2
    absent = world.helm(("'get '*", "echo 'Error: release: not found' >&2; exit 1"))
    with pytest.raises(HelmError, match="helm get: release: not found"):
        absent.revision(world.chart)


def test_an_amendment_is_previewed_and_then_made(world: World) -> None:
    release = json.dumps({"name": "todo", "manifest": RENDERED})
    helm = world.helm(("*' --dry-run --output json'", prints(release)), ("'upgrade todo '*", "echo done"))
    values = [world.folder / "recommended.yaml"]
    assert [each["kind"] for each in helm.preview(world.chart, values)] == ["Service", "Secret"]
    assert helm.amend(world.chart, values, world.folder / "helm.log") >= 0
    preview, made = world.stubs.calls("helm")
    assert f"--reuse-values --values {values[0]} --dry-run" in preview
    assert "--install" not in made
    assert "--dry-run" not in made


def test_the_upcoming_release_is_rendered_as_it_will_be_installed(world: World) -> None:
    release = json.dumps({"name": "todo", "manifest": RENDERED})
    helm = world.helm(("'upgrade --install todo '*' --dry-run --output json'*", prints(release)))
    assert [each["kind"] for each in helm.upcoming(world.chart, [])] == ["Service", "Secret"]
    (call,) = world.stubs.calls("helm")
    assert "--reuse-values" not in call


def test_a_release_in_the_midst_of_a_change(world: World) -> None:
    said = "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress"
    helm = world.helm(("'upgrade '*", f"echo '{said}' >&2; exit 1"))
    with pytest.raises(HelmError, match="another process changes the release todo, or died while it did") as caught:
        helm.install(world.chart, [], world.folder / "helm.log")
    assert "helm rollback todo" in caught.value.hint


def test_an_amendment_of_nothing(world: World) -> None:
    helm = world.helm(("'upgrade '*", "echo 'Error: UPGRADE FAILED: \"todo\" has no deployed releases' >&2; exit 1"))
    with pytest.raises(HelmError, match="has no deployed releases"):
        helm.preview(world.chart, [])
    with pytest.raises(HelmError, match="has no deployed releases"):
        helm.amend(world.chart, [], world.folder / "helm.log")
