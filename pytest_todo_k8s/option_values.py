"""The values of the options, validated into `Settings`: one clear sentence for whatever is wrong with one of them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.application import BACKEND, FRONTEND
from pytest_todo_k8s.cluster import choice
from pytest_todo_k8s.errors import ConfigError
from pytest_todo_k8s.options import ASSISTANTS, DEFAULT_NAMESPACE, DEFAULT_OUT, Given, values_given
from pytest_todo_k8s.settings import AUTO, NO_CLUSTER, TTL_S, ClusterChoice, Keep, LoadShape, Settings
from pytest_todo_k8s.tools.redaction import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from pytest_todo_k8s.application import Application
    from pytest_todo_k8s.evidence import Evidence

_DNS_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""RFC 1123, as Kubernetes asks of a namespace's name."""
_RESERVED: Final = re.compile(r"default|kube-.*")
_YES: Final = frozenset({"yes", "true", "on", "1"})
_NO: Final = frozenset({"no", "false", "off", "0"})
_TIME: Final = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>[smh])?")
_LOAD: Final = re.compile(r"(?P<rate>\d+(\.\d+)?)\s*/\s*" + _TIME.pattern)
_MOST_PER_S: Final = 200
_SHORTEST_LOAD_S: Final = 10
"""A window of use is 5 s long, and two are the least that say anything."""
_LONGEST_LOAD_S: Final = 600
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_LONGEST_S: Final = TTL_S
"""A run that is older counts as dead for other runs."""
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_POSTGRESQL: Final = re.compile(r"postgres(ql)?://[^/\s]+/\S+")


def read(config: pytest.Config, *, default_profile: str) -> Settings:
    """Validate what was given.

    Args:
        config: Of a run for which `cluster_wanted`.
        default_profile: The Minikube profile where none is named.

    Raises:
        ConfigError: A value is wrong; the sentence names the option, the value and what would be right.
    """
    environment = dict(os.environ)
    given = values_given(config, environment)
    from pytest_todo_k8s import allowances, application_settings, project_settings  # noqa: PLC0415  only where a cluster was named

    project = project_settings.table(config.rootpath)
    application = application_settings.read(project, config.rootpath)
    _check_parts(application, given)
    database_url = _database_url(given.get("database_url_env"), environment)
    stored = _stored(given)
    out = _out(given.get("out", Given(DEFAULT_OUT, "")), config.rootpath)
    if stored:
        _check_out(out, given["evidence"])
    cluster = choice.NOWHERE if stored else _cluster(given["cluster"], default_profile)
    return Settings(
        root=config.rootpath,
        cluster=cluster,
        registry=_registry(given.get("registry"), cluster),
        namespace=_namespace(given.get("namespace", Given(DEFAULT_NAMESPACE, ""))),
        out=out,
        database_url=database_url,
        model_key=_model_key(given.get("model_key_env"), environment),
        environment=environment,
        load=_load(given.get("load")),
        # A stored run has its own application's.
        limits=({} if stored else _size_limits(application)) | _limits(given.get("limit")),
        only=_only(given.get("only")),
        strict=_switch(given.get("strict")),
        keep=_keep(given.get("keep")),
        reuse=_reuse(given),
        timeout_s=_timeout(given.get("timeout")),
        plan=_switch(given.get("plan")),
        stored=stored,
        seed=_seed(given.get("seed")),
        tasks=_switch(given.get("tasks")),
        allowed=allowances.read(project),
        values=_values(given.get("values"), config.rootpath),
        assistants=_assistants(given.get("assist")),
        application=application,
    )


def _check_parts(application: Application, given: Mapping[str, Given]) -> None:
    """Refuse options about parts that the application has not."""
    needed = {"database_url_env": "database", "model_key_env": "model"}
    for name, part in needed.items():
        if name in given and not application.has(part):
            raise ConfigError(
                f"{given[name].source}: the application's settings name no {part}", f"set tool.todo-k8s.{part}"
            )
    if "assist" in given and not application.built_in:
        raise ConfigError(
            f"{given['assist'].source}: assistants are asked about this project's own application alone", "leave it out"
        )


def _size_limits(application: Application) -> dict[str, float]:
    """Return the limits on the images' sizes of an application's settings, by row."""
    judged = {BACKEND: application.backend.image, FRONTEND: application.frontend.image}
    return {f"SC-002-{name}": image.size_limit for name, image in judged.items() if image and image.size_limit}


def _cluster(given: Given, default_profile: str) -> ClusterChoice:
    if given.value == NO_CLUSTER:
        return choice.NOWHERE
    return choice.cluster(given.value, given.source, default_profile)


def _registry(given: Given | None, cluster: ClusterChoice) -> str | None:
    return choice.registry(given.value if given else None, given.source if given else "", cluster)


def _words(given: Given) -> list[str]:
    """The parts of a value that may be given several times."""
    return [word.strip() for word in re.split(r"[,\n]", given.value) if word.strip()]


def _switch(given: Given | None) -> bool:
    word = given.value.lower() if given else "no"
    if given and word not in _YES | _NO:
        raise ConfigError(f"{given.source}={given.value!r} is neither yes nor no", "write yes or no")
    return word in _YES


def _stored(given: Mapping[str, Given]) -> Evidence | None:
    """Read the stored run, if one was named; it takes the place of a cluster that an ini file names."""
    if "evidence" not in given:
        return None
    from pytest_todo_k8s.evidence import Evidence  # noqa: PLC0415  only where it is needed

    if "cluster" in given and given["cluster"].source.startswith("--"):
        raise ConfigError(
            f"{given['evidence'].source} and {given['cluster'].source} exclude each other",
            "a stored run is judged without a cluster",
        )
    return Evidence.load(Path(given["evidence"].value).expanduser().absolute())


def _check_out(out: Path, evidence: Given) -> None:
    """Make sure that the report of a stored run does not come to stand beside the evidence of another one."""
    there, file = out / "evidence.json", Path(evidence.value).expanduser()
    if there.exists() and not there.samefile(file):
        raise ConfigError(f"{out} holds the results of another run than {file}", "name another folder with --todo-out")


def _keep(given: Given | None) -> Keep:
    match given.value if given else "never":
        case "never" | "failed" | "always" as keep:
            return keep
        case value:
            source = given.source if given else ""
            raise ConfigError(f"{source}={value!r} does not say when", "write never, failed or always")


def _reuse(given: Mapping[str, Given]) -> bool:
    wanted = _switch(given.get("reuse"))
    if wanted and "keep" in given:
        raise ConfigError(
            f"{given['reuse'].source} and {given['keep'].source} exclude each other",
            "a deployment that is reused is always kept",
        )
    if wanted and "namespace" in given and given["namespace"].value == AUTO:
        raise ConfigError(
            f"{given['reuse'].source} and {given['namespace'].source}={AUTO} exclude each other",
            "name the namespace of the kept deployment",
        )
    return wanted


def _timeout(given: Given | None) -> float | None:
    if given is None:
        return None
    found = _TIME.fullmatch(given.value)
    seconds = float(found["number"]) * _SECONDS[found["unit"] or "s"] if found else 0.0
    if not 0 < seconds < _LONGEST_S:
        raise ConfigError(
            f"{given.source}={given.value!r} is no time", "write seconds, minutes or hours: 90s, 15m, 1h; at most 4h"
        )
    return seconds


def _load(given: Given | None) -> LoadShape:
    if given is None:
        return LoadShape()
    found = _LOAD.fullmatch(given.value.strip())
    rate = float(found["rate"]) if found else 0.0
    seconds = float(found["number"]) * _SECONDS[found["unit"] or "s"] if found else 0.0
    if not (0 < rate <= _MOST_PER_S and _SHORTEST_LOAD_S <= seconds <= _LONGEST_LOAD_S):
        raise ConfigError(
            f"{given.source}={given.value!r} is no load",
            f"write requests a second and a time, such as 20/90s: at most {_MOST_PER_S} a second, "
            f"{_SHORTEST_LOAD_S} to {_LONGEST_LOAD_S} s",
        )
    return LoadShape(rate, seconds)


def _seed(given: Given | None) -> int | None:
    if given and not re.fullmatch(r"[0-9]{1,10}", given.value):
        raise ConfigError(f"{given.source}={given.value!r} is no seed", "write a whole number, as a report shows it")
    return int(given.value) if given else None


def _limits(given: Given | None) -> dict[str, float]:
    from pytest_todo_k8s.criteria import limits  # noqa: PLC0415  only where a cluster was named

    return limits.parse(_words(given), given.source) if given else {}


def _only(given: Given | None) -> tuple[str, ...]:
    """Return the criteria asked for, in the order of every table."""
    from pytest_todo_k8s.criteria import CRITERIA  # noqa: PLC0415  only where a cluster was named

    words = _words(given) if given else []
    known = [criterion.id for criterion in CRITERIA]
    unknown = [word for word in words if word not in known]
    if given and (unknown or not words):
        raise ConfigError(
            f"{given.source}={given.value!r} names no criterion",
            f"write one or more of {', '.join(known)}, with commas",
        )
    return tuple(name for name in known if name in words)


def _values(given: Given | None, root: Path) -> tuple[Path, ...]:
    files = [(root / word).resolve() for word in _words(given)] if given else []
    for file in files:
        if given and not file.is_file():
            raise ConfigError(f"{given.source}: {file} is no file", "name a values file of the chart")
    return tuple(files)


def _assistants(given: Given | None) -> tuple[str, ...]:
    names = _words(given) if given else []
    unknown = [name for name in names if name not in ASSISTANTS]
    if given and (unknown or not names):
        raise ConfigError(
            f"{given.source}={given.value!r} names no assistant", f"write one or more of {', '.join(ASSISTANTS)}"
        )
    return tuple(dict.fromkeys(names))


def _namespace(given: Given) -> str:
    if not _DNS_LABEL.fullmatch(given.value):
        raise ConfigError(
            f"{given.source}={given.value!r} can't name a namespace",
            "use at most 63 small letters, digits and inner dashes",
        )
    if _RESERVED.fullmatch(given.value):
        raise ConfigError(
            f"{given.source}={given.value!r} is a namespace of Kubernetes itself",
            "the namespace is taken down at the end: name one of your own",
        )
    return given.value


def _out(given: Given, root: Path) -> Path:
    out = (root / given.value).resolve()
    if not given.value or out == root.resolve() or out in root.resolve().parents:
        raise ConfigError(f"{given.source}={given.value!r} is no folder of its own", "name one for the results alone")
    blocking = next((part for part in (out, *out.parents) if part.exists()), out)
    if not blocking.is_dir():
        raise ConfigError(f"{given.source}={given.value!r}: {blocking} is not a folder", "name another one")
    if not os.access(blocking, os.W_OK | os.X_OK):
        raise ConfigError(f"{given.source}={given.value!r}: {blocking} can't be written to", "name another one")
    return out


def _database_url(given: Given | None, environment: dict[str, str]) -> Secret | None:
    """Return the URL; its value is never shown."""
    if given is None:
        return None
    value = _taken(given, environment, "URL")
    if not _POSTGRESQL.fullmatch(value):
        state = "holds no PostgreSQL URL" if value else "is not set"
        raise ConfigError(
            f"{given.source}={given.value}: that variable {state}",
            f"export {given.value}=postgresql://USER:PASSWORD@HOST:5432/DATABASE",
        )
    return Secret(value)


def _model_key(given: Given | None, environment: dict[str, str]) -> Secret | None:
    """Return the key; its value is never shown. No variable is read unasked: a key may be there for another program."""
    if given is None:
        return None
    value = _taken(given, environment, "key")
    if not value.strip():
        raise ConfigError(f"{given.source}={given.value}: that variable is not set", f"export {given.value}=KEY")
    return Secret(value.strip())


def _taken(given: Given, environment: dict[str, str], what: str) -> str:
    """Take what a named variable holds out of the environment, so that no child inherits it; empty if unset."""
    if not _VARIABLE.fullmatch(given.value):
        raise ConfigError(
            f"{given.source} wants the name of an environment variable", f"put the {what} into that variable, not here"
        )
    return environment.pop(given.value, "")
