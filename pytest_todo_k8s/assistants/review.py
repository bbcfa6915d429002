"""The review of a proposal: what it may contain at all. It asks nothing of the tool, and trusts nothing it says.

Text that a tool returns may have been dictated by a log line that it read; so commands are judged wherever they stand.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import yaml

from pytest_todo_k8s.analysis import dockerfile
from pytest_todo_k8s.assistants.proposal import Proposal, Review, Status
from pytest_todo_k8s.assistants.text import manifests
from pytest_todo_k8s.cluster import pod_rules
from pytest_todo_k8s.cluster.objects import title
from pytest_todo_k8s.cluster.workloads import containers, workloads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pytest_todo_k8s.assistants.proposal import Subject

KINDS: Final = frozenset({"Deployment", "Service", "ServiceAccount", "NetworkPolicy", "PodDisruptionBudget"})
"""Kinds that a proposal may hold: no Secret, no Role, no Namespace, no bare Pod."""
READS: Final = frozenset({"get", "describe", "logs", "top", "explain", "events", "api-resources", "version"})
"""Verbs of kubectl that only read."""
_SHELL: Final = re.compile(r"[;&|<>`]|\$\(|\n")
_CREDENTIALS: Final = re.compile(r"(?i)^secrets?(?:$|[/.,])|,secrets?\b")
_RAW: Final = ("--raw", "--kubeconfig", "--context", "--server", "--token", "--as", "--as-group", "-s")
_VALUES: Final = frozenset({"resources"})
_AMOUNT: Final = re.compile(r"\d+(?:\.\d+)?(?:m|Ki|Mi|Gi)?")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a proposal has to stay within.

    Attributes:
        namespace: The only namespace it may speak of.
        images: Repositories of images that a manifest may name, and of bases that a Dockerfile may.
        secret_keys: Variables whose values must come from a Secret.
        port: The port of the image that a Dockerfile is for.
    """

    namespace: str
    images: frozenset[str]
    secret_keys: frozenset[str]
    port: int | None = None


def review(proposal: Proposal, bounds: Bounds) -> Review:
    """Judge a proposal; only one that ended well and breaks no rule is allowed."""
    violations = [f"it ended as {proposal.status.value}"] if proposal.status is not Status.OK else []
    violations += [text for command in proposal.commands for text in review_command(command, bounds.namespace)]
    if proposal.content or proposal.subject in {"dockerfile", "manifest"}:
        violations += _CONTENT[proposal.subject](proposal.content, bounds)
    return Review(allowed=not violations, violations=list(dict.fromkeys(violations)))


def review_command(command: str, namespace: str) -> list[str]:
    """Say what is wrong with a command: anything but reading our own namespace, without its secrets."""
    shown = f"`{command[:120]}`"
    if _SHELL.search(command):
        return [f"{shown}: it needs a shell"]
    try:
        words = shlex.split(command)
    except ValueError:
        return [f"{shown}: its quotes do not match"]
    if not words or words[0] != "kubectl":
        return [f"{shown}: only kubectl may be proposed"]
    verb, rest = _verb(words[1:])
    if verb not in READS and not _prints(verb, rest):
        return [f"{shown}: {verb or 'it'} does not only read"]
    found = [f"{shown}: {word.partition('=')[0]} leaves the bounds" for word in rest if word.partition("=")[0] in _RAW]
    if verb in {"get", "describe"} and any(_CREDENTIALS.search(word) for word in rest):
        found.append(f"{shown}: it reads secrets")
    return found + [
        f"{shown}: it leaves the namespace {namespace}" for other in _namespaces(rest) if other != namespace
    ]


def review_manifests(content: str, bounds: Bounds) -> list[str]:
    """Say what is wrong with proposed objects: kinds, namespace, images, and the rules that the chart keeps itself."""
    found = manifests(content)
    if not found:
        return ["it holds no Kubernetes object"]
    violations = [text for each in found for text in _object(each, bounds)]
    if violations:  # the rules below take an object's shape for granted
        return violations
    try:
        violations += [text for each in workloads(found) for text in _images(each.template, bounds.images)]
        checks = pod_rules.check(found, bounds.secret_keys)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return [f"an object is not of its kind's shape: {type(error).__name__} {error}"]
    alone = {"services find pods"} if not any(each["kind"] == "Deployment" for each in found) else set()
    return violations + [
        f"{check.name}: {check.detail}"
        for check in checks
        if not check.ok and check.name.removeprefix("golden rule: ") not in alone
    ]


def review_dockerfile(content: str, bounds: Bounds) -> list[str]:
    """Say what is wrong with a proposed Dockerfile: the rules that ours keep, and where its bases come from."""
    try:
        file = dockerfile.parse(content)
    except dockerfile.DockerfileError as error:
        return [f"it is no Dockerfile: {error}"]
    broken = [f"{each.rule}: {each.detail}" for each in dockerfile.check(file, bounds.port) if each.objection]
    foreign = dockerfile.foreign_bases(file, bounds.images)
    return broken + [f"base from elsewhere: {text}" for text in foreign]


def review_values(content: str, _bounds: Bounds) -> list[str]:
    """Say what is wrong with proposed values: anything but amounts of CPU and memory."""
    try:
        values = yaml.safe_load(content)
    except yaml.YAMLError:
        return ["the values are no YAML"]
    if not isinstance(values, dict) or not values:
        return ["the values are no mapping"]
    return [text for part, given in values.items() for text in _part(str(part), given)]


def review_health(content: str, _bounds: Bounds) -> list[str]:
    """Refuse any content: a summary of health is words."""
    return ["a summary holds nothing to apply"] if content else []


_CONTENT: Final[Mapping[Subject, Callable[[str, Bounds], list[str]]]] = {
    "dockerfile": review_dockerfile,
    "manifest": review_manifests,
    "resources": review_values,
    "health": review_health,
}


def _part(part: str, given: object) -> Iterator[str]:
    if not isinstance(given, dict) or set(given) - _VALUES or not isinstance(given.get("resources"), dict):
        yield f"{part}: only resources may be proposed"
        return
    for kind, amounts in given["resources"].items():
        if kind not in {"requests", "limits"} or not isinstance(amounts, dict):
            yield f"{part}.resources.{kind}: only requests and limits may be proposed"
            continue
        for name, amount in amounts.items():
            if name not in {"cpu", "memory"} or not _AMOUNT.fullmatch(str(amount)):
                yield f"{part}.resources.{kind}.{name}: {amount!r} is no amount of cpu or memory"


def _object(manifest: Mapping[str, Any], bounds: Bounds) -> Iterator[str]:
    name = title(manifest)
    metadata = manifest.get("metadata")
    if manifest["kind"] not in KINDS:
        yield f"{name}: the kind {manifest['kind']} may not be proposed"
    if not isinstance(metadata, dict) or not metadata.get("name"):
        yield f"{name}: it has no name"
        return
    if metadata.get("namespace", bounds.namespace) != bounds.namespace:
        yield f"{name}: it is for the namespace {metadata['namespace']}"
    spec = manifest.get("spec")
    if manifest["kind"] == "Service" and isinstance(spec, dict):
        if spec.get("type", "ClusterIP") not in {"ClusterIP", "NodePort"}:
            yield f"{name}: a service of type {spec.get('type')}"
        if spec.get("externalIPs") or spec.get("externalName"):
            yield f"{name}: it leads out of the cluster"


def _images(template: Mapping[str, Any], known: frozenset[str]) -> Iterator[str]:
    for container in containers(template):
        image = str(container.get("image"))
        if dockerfile.repository(image) not in known:
            yield f"image from elsewhere: {image}"


def _verb(words: list[str]) -> tuple[str, list[str]]:
    """Split kubectl's words into its verb and the rest, whatever options stand first."""
    position = next((number for number, word in enumerate(words) if not word.startswith("-")), None)
    if position is None:
        return "", words
    earlier = words[:position]
    if earlier and earlier[-1] in {"-n", "--namespace"}:  # the word after it is its value
        verb, rest = _verb(words[position + 1 :])
        return verb, [*earlier, words[position], *rest]
    return words[position], [*earlier, *words[position + 1 :]]


def _prints(verb: str, rest: Iterable[str]) -> bool:
    """Whether it is `create --dry-run=client -o yaml`, which only prints."""
    words = list(rest)
    return verb == "create" and "--dry-run=client" in words and sum(w.startswith("--dry-run") for w in words) == 1


def _namespaces(rest: list[str]) -> Iterator[str]:
    for number, word in enumerate(rest):
        name, equals, value = word.partition("=")
        if name in {"-A", "--all-namespaces"}:
            yield "*"
        elif name in {"-n", "--namespace"}:
            yield value if equals else next(iter(rest[number + 1 : number + 2]), "")
        elif re.fullmatch(r"-n\S+", word):
            yield word[2:]
        elif re.fullmatch(r"(?:namespaces?|ns)(?:/.*)?", word):
            yield word
