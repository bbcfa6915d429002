from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from pytest_todo_k8s import option_values, options
from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.settings import LoadShape, Settings

if TYPE_CHECKING:
    from pathlib import Path

URL = "postgresql://todo:a-secret-word@db.example:5432/todo"
Read = Callable[..., Settings]


@pytest.fixture
def read(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Read:
    for option in options.OPTIONS:
        monkeypatch.delenv(option.variable, raising=False)

    def read(*arguments: str, ini: str = "") -> Settings:
        pytester.makeini(f"[pytest]\n{ini}")
        return option_values.read(pytester.parseconfig(*arguments), default_profile="todo-k8s")

    return read


def test_every_option_has_its_three_names() -> None:
    names = [(option.flag, option.variable, option.ini) for option in options.OPTIONS]
    assert names == [
        ("--todo-cluster", "TODO_CLUSTER", "todo_cluster"),
        ("--todo-registry", "TODO_REGISTRY", "todo_registry"),
        ("--todo-evidence", "TODO_EVIDENCE", "todo_evidence"),
        ("--todo-namespace", "TODO_NAMESPACE", "todo_namespace"),
        ("--todo-out", "TODO_OUT", "todo_out"),
        ("--todo-database-url-env", "TODO_DATABASE_URL_ENV", "todo_database_url_env"),
        ("--todo-keep", "TODO_KEEP", "todo_keep"),
        ("--todo-reuse", "TODO_REUSE", "todo_reuse"),
        ("--todo-timeout", "TODO_TIMEOUT", "todo_timeout"),
        ("--todo-plan", "TODO_PLAN", "todo_plan"),
        ("--todo-model-key-env", "TODO_MODEL_KEY_ENV", "todo_model_key_env"),
        ("--todo-only", "TODO_ONLY", "todo_only"),
        ("--todo-limit", "TODO_LIMIT", "todo_limit"),
        ("--todo-load", "TODO_LOAD", "todo_load"),
        ("--todo-seed", "TODO_SEED", "todo_seed"),
        ("--todo-tasks", "TODO_TASKS", "todo_tasks"),
        ("--todo-values", "TODO_VALUES", "todo_values"),
        ("--todo-assist", "TODO_ASSIST", "todo_assist"),
        ("--todo-strict", "TODO_STRICT", "todo_strict"),
    ]


def test_every_option_is_in_the_help(pytester: pytest.Pytester) -> None:
    text = pytester.runpytest_subprocess("--help").stdout.str()
    for option in options.OPTIONS:
        assert (f"{option.flag}=" if option.metavar else f"{option.flag} ") in text
        assert f"{option.ini} (" in text


def test_defaults(read: Read, pytester: pytest.Pytester) -> None:
    settings = read("--todo-cluster=minikube")
    assert (settings.cluster.provider, settings.cluster.name) == ("minikube", "todo-k8s")
    assert settings.namespace == "todo-app-dev"
    assert settings.root == pytester.path
    assert settings.out == pytester.path / "out"
    assert settings.database_url is None
    assert settings.model_key is None
    assert [image.name for image in settings.images] == ["backend", "frontend", "postgres", "gemini-emulator"]


def test_command_line_wins_over_environment_over_ini(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    ini = "todo_cluster = minikube:from-ini\ntodo_namespace = from-ini\ntodo_out = from-ini\n"
    monkeypatch.setenv("TODO_NAMESPACE", "from-environment")
    monkeypatch.setenv("TODO_OUT", "from-environment")
    settings = read("--todo-out=from-command-line", ini=ini)
    assert settings.cluster.name == "from-ini"
    assert settings.namespace == "from-environment"
    assert settings.out.name == "from-command-line"


@pytest.mark.parametrize(
    ("given", "wanted"), [((), False), (("--todo-cluster=minikube",), True), (("--todo-namespace=x",), False)]
)
def test_cluster_wanted(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...], wanted: bool
) -> None:
    monkeypatch.setenv("TODO_CLUSTER", "")
    assert options.cluster_wanted(pytester.parseconfig(*given)) is wanted


@pytest.mark.parametrize(
    "value", ["", "kind:", "kind:A", "minikube:", "minikube:x", "minikube:-a", "minikube:a b", "Minikube"]
)
def test_wrong_cluster(read: Read, value: str) -> None:
    with pytest.raises(ConfigError, match="names no cluster: write minikube, minikube:PROFILE"):
        read(f"--todo-cluster={value}")


@pytest.mark.parametrize("value", ["", "A", "a_b", "-a", "a-", "a.b", "a" * 64, "ä"])
def test_name_that_is_no_dns_label(read: Read, value: str) -> None:
    with pytest.raises(ConfigError, match=r"--todo-namespace=.* can't name a namespace: use at most 63"):
        read("--todo-cluster=minikube", f"--todo-namespace={value}")


@pytest.mark.parametrize("value", ["default", "kube-system", "kube-public"])
def test_namespace_of_kubernetes_itself(read: Read, value: str) -> None:
    with pytest.raises(ConfigError, match="is a namespace of Kubernetes itself"):
        read("--todo-cluster=minikube", f"--todo-namespace={value}")


@pytest.mark.parametrize("value", ["", ".", "..", "a/.."])
def test_output_folder_that_is_not_its_own(read: Read, value: str) -> None:
    with pytest.raises(ConfigError, match=r"--todo-out=.* is no folder of its own"):
        read("--todo-cluster=minikube", f"--todo-out={value}")


def test_output_folder_with_a_file_in_its_way(read: Read, pytester: pytest.Pytester) -> None:
    file = pytester.makefile(".txt", taken="")
    with pytest.raises(ConfigError, match=f"{file} is not a folder"):
        read("--todo-cluster=minikube", "--todo-out=taken.txt/out")


def test_output_folder_may_be_anywhere(read: Read, tmp_path: Path) -> None:
    assert read("--todo-cluster=minikube", f"--todo-out={tmp_path / 'x y'}").out == tmp_path / "x y"


def test_database_url_leaves_the_environment(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_DATABASE", URL)
    settings = read("--todo-cluster=minikube", "--todo-database-url-env=MY_DATABASE")
    assert settings.database_url
    assert settings.database_url.reveal() == URL
    assert "MY_DATABASE" not in settings.environment
    assert URL not in repr(settings)
    assert "postgres" not in [image.name for image in settings.images]


def test_a_key_of_the_model_is_used_only_when_asked_for(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", " a-secret-word ")
    assert read("--todo-cluster=minikube").model_key is None
    settings = read("--todo-cluster=minikube", "--todo-model-key-env=GEMINI_API_KEY")
    assert settings.model_key
    assert settings.model_key.reveal() == "a-secret-word"
    assert "GEMINI_API_KEY" not in settings.environment
    assert "secret-word" not in repr(settings)
    assert "gemini-emulator" not in [image.name for image in settings.images]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("a-secret-word", "", "wants the name of an environment variable: put the key into that variable, not here"),
        ("MY_KEY", " ", "--todo-model-key-env=MY_KEY: that variable is not set: export MY_KEY=KEY"),
    ],
)
def test_a_key_that_is_none(read: Read, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    monkeypatch.setenv("MY_KEY", value)
    with pytest.raises(ConfigError, match=told) as caught:
        read("--todo-cluster=minikube", f"--todo-model-key-env={name}")
    assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (URL, "", "wants the name of an environment variable"),
        ("MY_DATABASE", "", "that variable is not set"),
        ("MY_DATABASE", "mysql://todo:a-secret-word@db/todo", "holds no PostgreSQL URL"),
        ("MY_DATABASE", "postgresql://db", "holds no PostgreSQL URL"),
    ],
)
def test_database_url_that_is_none_is_not_shown(
    read: Read, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv("MY_DATABASE", value)
    with pytest.raises(ConfigError, match=told) as caught:
        read("--todo-cluster=minikube", f"--todo-database-url-env={name}")
    assert "secret-word" not in str(caught.value)


def test_several_limits_from_one_place(read: Read) -> None:
    settings = read("--todo-cluster=minikube", "--todo-limit=SC-001=200", "--todo-limit=SC-002-backend=90,SC-005=2")
    assert settings.limits == {"SC-001-wall": 200.0, "SC-002-backend": 90.0, "SC-005-health": 2.0}
    ini = "todo_limit =\n    SC-001=200\n    SC-005=2\n"
    assert read("--todo-cluster=minikube", ini=ini).limits == {"SC-001-wall": 200.0, "SC-005-health": 2.0}


def test_only(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read("--todo-cluster=minikube", "--todo-only=SC-008, SC-003").only == ("SC-003", "SC-008")
    monkeypatch.setenv("TODO_ONLY", "SC-003,SC-3")
    with pytest.raises(ConfigError, match="TODO_ONLY='SC-003,SC-3' names no criterion: write one or more of SC-001"):
        read("--todo-cluster=minikube")


IMAGE = "{ dockerfile = 'Dockerfile', context = '.', repository = 'r', tag = 't', size-limit = 200 }"


@pytest.fixture
def another(pytester: pytest.Pytester) -> None:
    """Settings of another application, which has nothing but a page."""
    pytester.mkdir("chart")
    for name in ("chart/Chart.yaml", "Dockerfile"):
        (pytester.path / name).touch()
    (pytester.path / "todo-k8s.toml").write_text(
        "[tool.todo-k8s]\nchart = 'chart'\nrelease = 'notes'\n"
        f"[tool.todo-k8s.frontend]\nservice = 'web'\nimage = {IMAGE}\n",
        encoding="utf-8",
    )


@pytest.mark.usefixtures("another")
def test_another_application(read: Read, pytester: pytest.Pytester) -> None:
    settings = read("--todo-cluster=minikube")
    assert settings.chart == pytester.path / "chart"
    assert [(image.name, image.judged) for image in settings.images] == [("frontend", True)]
    assert settings.limits == {"SC-002-frontend": 200.0}
    limited = read("--todo-cluster=minikube", "--todo-limit=SC-002-frontend=150")
    assert limited.limits == {"SC-002-frontend": 150.0}


@pytest.mark.usefixtures("another")
@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("--todo-database-url-env=X", "the application's settings name no database: set tool.todo-k8s.database"),
        ("--todo-model-key-env=X", "the application's settings name no model: set tool.todo-k8s.model"),
        ("--todo-assist=gordon", "--todo-assist: assistants are asked about this project's own application alone"),
    ],
)
def test_options_about_parts_that_another_application_has_not(read: Read, argument: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        read("--todo-cluster=minikube", argument)


def test_seed(read: Read) -> None:
    assert read("--todo-cluster=minikube", "--todo-seed=4711").seed == 4711
    assert read("--todo-cluster=minikube").seed is None
    with pytest.raises(ConfigError, match="--todo-seed='-1' is no seed"):
        read("--todo-cluster=minikube", "--todo-seed=-1")


@pytest.mark.parametrize(("word", "strict"), [("yes", True), ("TRUE", True), ("1", True), ("no", False), ("0", False)])
def test_switch_from_the_environment(read: Read, monkeypatch: pytest.MonkeyPatch, word: str, strict: bool) -> None:
    assert read("--todo-cluster=minikube", "--todo-strict").strict
    monkeypatch.setenv("TODO_STRICT", word)
    assert read("--todo-cluster=minikube").strict is strict
    monkeypatch.setenv("TODO_STRICT", "perhaps")
    with pytest.raises(ConfigError, match="TODO_STRICT='perhaps' is neither yes nor no: write yes or no"):
        read("--todo-cluster=minikube")


@pytest.mark.parametrize(("given", "seconds"), [("90", 90), ("90s", 90), ("15m", 900), ("0.5h", 1800), ("3 h", 10800)])
def test_timeout(read: Read, given: str, seconds: float) -> None:
    assert read("--todo-cluster=minikube", f"--todo-timeout={given}").timeout_s == seconds


@pytest.mark.parametrize("given", ["", "0", "-1", "5d", "soon", "4h", "1e3"])
def test_what_is_no_timeout(read: Read, given: str) -> None:
    with pytest.raises(ConfigError, match=f"--todo-timeout='{given}' is no time: write seconds, minutes or hours"):
        read("--todo-cluster=minikube", f"--todo-timeout={given}")


def test_keep(read: Read) -> None:
    assert read("--todo-cluster=minikube").keep == "never"
    assert read("--todo-cluster=minikube", "--todo-keep=failed").keep == "failed"
    with pytest.raises(ConfigError, match="--todo-keep='sometimes' does not say when: write never, failed or always"):
        read("--todo-cluster=minikube", "--todo-keep=sometimes")


def test_namespace_of_its_own(read: Read) -> None:
    assert read("--todo-cluster=minikube", "--todo-namespace=auto").namespace == "auto"


def test_values_files_and_assistants(read: Read, pytester: pytest.Pytester) -> None:
    file = pytester.path / "mine.yaml"
    file.write_text("a: 1\n")
    settings = read("--todo-cluster=minikube", "--todo-values=mine.yaml", "--todo-assist=kagent,gordon")
    assert settings.values == (file,)
    assert settings.assistants == ("kagent", "gordon")


@pytest.mark.parametrize(
    ("word", "said"),
    [("--todo-values=none.yaml", "none.yaml is no file"), ("--todo-assist=hal", "'hal' names no assistant")],
)
def test_wrong_values_files_and_assistants(read: Read, word: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read("--todo-cluster=minikube", word)


@pytest.mark.parametrize(("value", "name"), [("kind", "todo-k8s"), ("kind:dev.1", "dev.1")])
def test_a_kind_cluster(read: Read, value: str, name: str) -> None:
    settings = read(f"--todo-cluster={value}")
    assert (settings.cluster.provider, settings.cluster.name, settings.registry) == ("kind", name, None)


CONTEXT = "--todo-cluster=context:arn:aws:eks:eu-west-1:1:cluster/dev"


@pytest.mark.parametrize(
    "place", ["registry.example/team", "localhost/x", "127.0.0.1:5000", "[::1]:5000/a-b/c_d", "reg.example:443/a.b"]
)
def test_a_context_and_its_registry(read: Read, place: str) -> None:
    settings = read(CONTEXT, f"--todo-registry={place}")
    assert (settings.cluster.provider, settings.cluster.name) == ("context", "arn:aws:eks:eu-west-1:1:cluster/dev")
    assert settings.registry == place


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((CONTEXT,), "needs a registry"),
        ((CONTEXT, "--todo-registry=https://registry.example"), "names no registry"),
        ((CONTEXT, "--todo-registry=team/app"), "names no registry"),
        ((CONTEXT, "--todo-registry=registry.example/Team"), "names no registry"),
        ((CONTEXT, "--todo-registry=registry.example/"), "names no registry"),
        (("--todo-cluster=minikube", "--todo-registry=registry.example"), "is of no use for minikube"),
        (("--todo-cluster=context:",), "names no cluster"),
        (("--todo-cluster=context:a b",), "names no cluster"),
    ],
)
def test_wrong_registries_and_contexts(read: Read, arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(*arguments)


def test_a_load_of_one_s_own(read: Read) -> None:
    assert read("--todo-cluster=minikube").load == LoadShape(10, 60)
    assert read("--todo-cluster=minikube", "--todo-load=2.5/2m").load == LoadShape(2.5, 120)
    assert read("--todo-cluster=minikube", "--todo-load=20 / 90").load == LoadShape(20, 90)
    assert not LoadShape(20, 90).lighter
    assert LoadShape(20, 59).lighter
    assert LoadShape(9, 60).lighter


@pytest.mark.parametrize("value", ["10", "0/60s", "201/60s", "10/9s", "10/11m", "ten/60s", "10/60s/2"])
def test_no_load(read: Read, value: str) -> None:
    with pytest.raises(ConfigError, match=r"--todo-load='.*' is no load: write requests a second and a time"):
        read("--todo-cluster=minikube", f"--todo-load={value}")
