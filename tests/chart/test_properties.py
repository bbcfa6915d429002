"""Value sets of all forms that the chart promises to take are accepted, and render valid manifests that keep the rules.

A rendering takes a process of its own, so values are drawn for all parts at once, and a manifest that another example
has rendered already is not judged again.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any, Final

import kubernetes_validate
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pytest_todo_k8s.cluster import pod_rules
from tests.chart.conftest import FILES, TAGS, merged
from tests.chart.rules import RULES, SCHEMAS, Manifest

if TYPE_CHECKING:
    from tests.chart.conftest import Renderer

EXAMPLES: Final = 40
SECRET_VARIABLES: Final = ("DATABASE_URL", "JWT_SECRET", "GEMINI_API_KEY", "BETTER_AUTH_SECRET")
FACTORS: Final = {"m": 1e-3, "": 1, "K": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
"""Suffixes of quantities (Kubernetes API conventions)."""

word = st.from_regex(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?", fullmatch=True)
object_name = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?(\.[a-z0-9]{1,8}){0,2}", fullmatch=True)
tag = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,40}", fullmatch=True).filter(lambda text: text != "latest")
repository = st.from_regex(r"[a-z0-9]{1,8}(/[a-z0-9]([a-z0-9._-]{0,8}[a-z0-9])?){0,3}", fullmatch=True)
registry = st.just("") | st.from_regex(
    r"[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){0,2}(:[0-9]{2,5})?(/[a-z0-9]{1,8})?", fullmatch=True
)
port = st.integers(1, 65535)
replicas = st.integers(1, 100)
size = st.from_regex(r"[1-9][0-9]{0,3}[KMG]i?", fullmatch=True)
cpu = st.from_regex(r"[1-9][0-9]{0,3}m?|0\.[0-9]?[1-9]", fullmatch=True) | st.integers(1, 64)


def _amount(quantity: object) -> float:
    text = str(quantity)
    number = text.rstrip("KMGim")
    return float(number) * FACTORS[text.removeprefix(number)]


def _resources(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Of two draws the smaller amounts are the requests and the larger ones the limits."""
    pairs = {key: sorted((one[key], other[key]), key=_amount) for key in one}
    return {kind: {key: pair[i] for key, pair in pairs.items()} for i, kind in enumerate(("requests", "limits"))}


amounts = st.fixed_dictionaries({"cpu": cpu, "memory": size, "ephemeral-storage": size})
variables = st.dictionaries(
    st.from_regex(r"X_[A-Z0-9_]{0,12}", fullmatch=True),
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=30),
    max_size=3,
)
notes = st.dictionaries(object_name.map(lambda name: f"{name}/key"), st.text("abc :{}\"'#\n", max_size=20), max_size=2)
autoscaling = st.fixed_dictionaries(
    {
        "enabled": st.booleans(),
        "minReplicas": st.integers(1, 50),
        "maxReplicas": st.integers(50, 100),
        "targetCPUPercent": st.integers(1, 1000),
    }
)
resources = st.builds(_resources, amounts, amounts)
image = st.fixed_dictionaries({"repository": repository, "tag": tag})


def some(**parts: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Values of which each may be left to its default."""
    return st.fixed_dictionaries({}, optional=parts)


application = {
    "image": image,
    "replicas": replicas,
    "autoscaling": autoscaling,
    "env": variables,
    "resources": resources,
}
VALUES: Final = some(
    namePrefix=word,
    existingSecret=object_name,
    registry=registry,
    imagePullPolicy=st.sampled_from(["Never", "IfNotPresent", "Always"]),
    imagePullSecrets=st.lists(object_name, unique=True, max_size=2),
    backend=some(**application, service=some(port=port)),
    frontend=some(
        **application,
        cookieSecure=st.booleans(),
        service=some(port=port, nodePort=st.none() | port) | some(port=port, type=st.just("ClusterIP")),
    ),
    ingress=st.fixed_dictionaries(
        {
            "enabled": st.booleans(),
            "className": st.just("") | object_name,
            "host": object_name,
            "tlsSecret": st.just("") | object_name,
            "annotations": notes,
        }
    ),
    migrate=some(
        backoffLimit=st.integers(0, 100),
        activeDeadlineSeconds=st.integers(1, 86400),
        ttlSecondsAfterFinished=st.integers(0, 604800),
        resources=resources,
    ),
    test=some(resources=resources),
    postgres=some(
        enabled=st.booleans(),
        image=image,
        existingSecret=object_name,
        storage=some(size=size, className=st.just("") | object_name, onUninstall=st.sampled_from(["Retain", "Delete"])),
        resources=resources,
    ),
    geminiEmulator=some(enabled=st.booleans(), image=image, resources=resources),
    preStopSleepSeconds=st.integers(1, 44),
    terminationGracePeriodSeconds=st.integers(45, 3600),
    networkPolicy=some(enabled=st.booleans(), databasePort=port, backendHttpsEgress=st.booleans()),
)
RELEASE: Final = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?", fullmatch=True)


@functools.cache
def _breach_of_schema(manifest: str) -> str:
    try:
        kubernetes_validate.validate(json.loads(manifest), SCHEMAS, strict=True)
    except kubernetes_validate.ValidationError as error:
        return str(error)
    return ""


def _faults(manifests: list[Manifest], *, policies: bool) -> list[str]:
    names = [(manifest["kind"], manifest["metadata"]["name"]) for manifest in manifests]
    found = [f"{name} is there twice" for name in names if names.count(name) > 1]
    found += [text for manifest in manifests if (text := _breach_of_schema(json.dumps(manifest, sort_keys=True)))]
    found += [f"{check.name}: {check.detail}" for check in pod_rules.check(manifests, SECRET_VARIABLES) if not check.ok]
    rules = [rule for rule in RULES if policies or rule.__name__ != "network"]
    found += [text for rule in rules for text in rule(manifests)]
    return found + [
        f"label {key}: {value}"
        for manifest in manifests
        for key, value in manifest["metadata"]["labels"].items()
        if len(value) > 63
    ]


@pytest.mark.parametrize("files", [FILES["values"], FILES["values-dev"]], ids=["values", "values-dev"])
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    derandomize=True,
    database=None,
)
@given(values=VALUES, release=RELEASE)
def test_accepted_values_render_valid_manifests(
    chart: Renderer, files: tuple[str, ...], values: dict[str, Any], release: str
) -> None:
    manifests = chart.template(*files, values=merged(TAGS, values), release=release)
    policies = values.get("networkPolicy", {}).get("enabled", True)
    assert _faults(manifests, policies=policies) == []
