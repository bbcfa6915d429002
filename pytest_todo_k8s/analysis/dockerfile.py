"""Reads a Dockerfile and asks it the rules of a small, closed image.

The grammar is Docker's ("Dockerfile reference"): instructions over continued lines, comments between them, and
here-documents that belong to their instruction. Only what the rules ask is understood; nothing is run.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from pytest_todo_k8s.analysis.results import RuleResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_HEREDOC: Final = re.compile(r"<<-?\s*['\"]?([A-Za-z_]\w*)['\"]?")
_VARIABLE: Final = re.compile(r"\$\{?(\w+)(?::-([^}]*))?\}?")
_SECRET: Final = re.compile(r"(?i)(?:^|_)(?:secret|password|passwd|token|api_?key|private_?key|credentials?)(?:_|$)")
_PIPED: Final = re.compile(r"\b(?:curl|wget)\b[^\n;&]*\|\s*(?:sudo\s+)?(?:\S*/)?(?:ba|da|z)?sh\b")
_OFFICIAL: Final = re.compile(r"(?:docker\.io/)?(?:library/)?[a-z0-9._-]+")
"""Repositories of Docker's official images: no registry, no owner."""


class DockerfileError(ValueError):
    """The text is no Dockerfile; the message says where."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its upper-case name, its arguments on one line, and the line on which it begins."""

    name: str
    arguments: str
    line: int


@dataclass(slots=True)
class Stage:
    """One build stage: the base as written with build arguments filled in, its name, and its instructions."""

    base: str
    name: str
    line: int
    instructions: list[Instruction] = field(default_factory=list)

    def all(self, name: str) -> list[Instruction]:
        """Return the stage's instructions of one name."""
        return [each for each in self.instructions if each.name == name]


@dataclass(slots=True)
class Dockerfile:
    """A Dockerfile: global arguments with their defaults, and stages in order."""

    arguments: dict[str, str]
    stages: list[Stage]

    @property
    def final(self) -> Stage:
        """The stage that becomes the image."""
        return self.stages[-1]


def parse(text: str) -> Dockerfile:
    """Read a Dockerfile.

    Raises:
        DockerfileError: It has no FROM, or an instruction before it that can't be there.
    """
    file = Dockerfile({}, [])
    for each in _instructions(text):
        if each.name == "FROM":
            words = [word for word in each.arguments.split() if not word.startswith("--")]
            if not words:
                raise DockerfileError(f"line {each.line}: FROM names no image")
            named = words[2] if len(words) > 2 and words[1].upper() == "AS" else ""  # noqa: PLR2004  FROM x AS y
            file.stages.append(Stage(_filled(words[0], file.arguments), named, each.line))
        elif file.stages:
            file.stages[-1].instructions.append(each)
        elif each.name == "ARG":
            name, _, default = each.arguments.partition("=")
            file.arguments[name.strip()] = default.strip().strip("\"'")
        else:
            raise DockerfileError(f"line {each.line}: {each.name} stands before the first FROM")
    if not file.stages:
        raise DockerfileError("it has no FROM")
    return file


def check(file: Dockerfile, port: int | None) -> list[RuleResult]:
    """Ask all rules; `port` is the one the application listens on (None: it is not known)."""
    results = [_result(name, rule(file)) for name, rule in RULES.items()]
    if port is not None:
        exposed = [word.partition("/")[0] for each in file.final.all("EXPOSE") for word in each.arguments.split()]
        wrong = "" if exposed == [str(port)] else f"EXPOSE names {', '.join(exposed) or 'nothing'}"
        results.append(_result(f"EXPOSE is the port {port}", [wrong] if wrong else []))
    return results


def foreign_bases(file: Dockerfile, known: Iterable[str]) -> list[str]:
    """Name the bases that are neither Docker's official images nor among the known repositories."""
    known, names = set(known), {stage.name for stage in file.stages}
    return [
        f"line {stage.line}: {stage.base}"
        for stage in file.stages
        if stage.base not in names
        and stage.base != "scratch"
        and not _OFFICIAL.fullmatch(repository(stage.base))
        and repository(stage.base) not in known
    ]


def repository(reference: str) -> str:
    """Return the repository of an image reference, without tag and digest."""
    bare = reference.partition("@")[0]
    head, slash, last = bare.rpartition("/")
    return head + slash + last.partition(":")[0]


def _fixed(reference: str) -> bool:
    tag = reference.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return "@sha256:" in reference or tag not in {"", "latest"}


def _bases(file: Dockerfile) -> Iterator[Stage]:
    names = {stage.name for stage in file.stages if stage.name}
    return (stage for stage in file.stages if stage.base not in names and stage.base != "scratch")


def _loose_bases(file: Dockerfile) -> list[str]:
    return [f"line {stage.line}: {stage.base}" for stage in _bases(file) if not _fixed(stage.base)]


def _one_stage(file: Dockerfile) -> list[str]:
    return [] if len(file.stages) > 1 else ["there is one stage: what builds is shipped"]


def _user(file: Dockerfile) -> list[str]:
    users = file.final.all("USER")
    if not users:
        return ["the last stage has no USER"]
    user = users[-1].arguments.partition(":")[0]
    good = user.isdecimal() and int(user) > 0
    return [] if good else [f"line {users[-1].line}: USER {users[-1].arguments}"]


def _adds(file: Dockerfile) -> list[str]:
    return [f"line {each.line}: ADD {each.arguments}" for stage in file.stages for each in stage.all("ADD")]


def _secrets(file: Dockerfile) -> list[str]:
    named = [
        (each.line, name)
        for stage in file.stages
        for each in stage.instructions
        if each.name in {"ARG", "ENV"}
        for name in _names(each)
    ]
    named += [(1, name) for name in file.arguments]
    return [f"line {line}: {name}" for line, name in named if _SECRET.search(name)]


def _names(each: Instruction) -> list[str]:
    """Return the variables that ARG or ENV sets; ENV has an old form, `ENV name value`."""
    words = re.findall(r"(\w+)=(?:\"(?:\\.|[^\"])*\"|'[^']*'|(?:\\.|\S)*)", each.arguments)
    return words or each.arguments.split()[:1]


def _health(file: Dockerfile) -> list[str]:
    checks = file.final.all("HEALTHCHECK")
    if not checks:
        return ["the last stage has no HEALTHCHECK"]
    return [] if re.search(r"\bCMD\b", checks[-1].arguments) else [f"line {checks[-1].line}: it is switched off"]


def _shell_form(file: Dockerfile) -> list[str]:
    starts = [*file.final.all("ENTRYPOINT"), *file.final.all("CMD")]
    if not starts:
        return ["the last stage has neither ENTRYPOINT nor CMD"]
    return [f"line {each.line}: {each.name} {each.arguments}" for each in starts if not _is_list(each.arguments)]


def _is_list(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except ValueError:
        return False


def _relative_folders(file: Dockerfile) -> list[str]:
    return [
        f"line {each.line}: {each.arguments}"
        for stage in file.stages
        for each in stage.all("WORKDIR")
        if not each.arguments.strip("\"'").startswith(("/", "$"))
    ]


def _piped(file: Dockerfile) -> list[str]:
    runs = [each for stage in file.stages for each in stage.all("RUN")]
    return [f"line {each.line}" for each in runs if _PIPED.search(each.arguments)]


def _privileged(file: Dockerfile) -> list[str]:
    runs = [each for stage in file.stages for each in stage.all("RUN")]
    return [
        f"line {each.line}"
        for each in runs
        if "--security=insecure" in each.arguments or "--network=host" in each.arguments
    ]


RULES: Final[Mapping[str, Callable[[Dockerfile], list[str]]]] = {
    "bases have a fixed tag or digest": _loose_bases,
    "several stages": _one_stage,
    "numeric user that is not root": _user,
    "COPY, never ADD": _adds,
    "no secret in ARG or ENV": _secrets,
    "health check": _health,
    "exec form, so that signals arrive": _shell_form,
    "absolute working folders": _relative_folders,
    "nothing piped from the network into a shell": _piped,
    "no privileged step": _privileged,
}
"""Rules by what they ask for; each names its offenders."""


def _result(rule: str, offenders: list[str]) -> RuleResult:
    return RuleResult(rule=rule, ok=not offenders, detail="; ".join(offenders)[:500])


def _filled(text: str, arguments: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: arguments.get(match[1]) or match[2] or "", text)


def _instructions(text: str) -> Iterator[Instruction]:
    lines = enumerate(text.splitlines(), 1)
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        parts = [line.strip()]
        while parts[-1].endswith("\\"):
            parts[-1] = parts[-1][:-1]
            following = next((each for _, each in lines if each.strip() and not each.lstrip().startswith("#")), None)
            if following is None:
                break
            parts.append(following.strip())
        whole = " ".join(part.strip() for part in parts)
        name, _, arguments = whole.partition(" ")
        if not name.isalpha():
            raise DockerfileError(f"line {number}: {name[:40]!r} is no instruction")
        for mark in _HEREDOC.findall(arguments) if name.upper() in {"RUN", "COPY", "ADD"} else ():
            body = []
            for _, each in lines:
                if each.strip() == mark:
                    break
                body.append(each)
            arguments += "\n" + "\n".join(body)
        yield Instruction(name.upper(), arguments.strip(), number)
